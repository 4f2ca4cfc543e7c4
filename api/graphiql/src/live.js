// Subscriptions: over a WebSocket that the session's cookie opens.

import { getOperationAST } from "graphql";
import { createClient } from "graphql-ws";

import { generation, refresh } from "./session.js";

const url = new URL("/graphql/ws", location.href);
url.protocol = url.protocol.replace("http", "ws");

// The socket is opened for the first subscription, and again below where that may help.
const client = createClient({ url: url.href, retryAttempts: 0 });

export function isSubscription(parameters, options) {
  const document = options?.documentAST;
  return document && getOperationAST(document, parameters.operationName)?.operation === "subscription";
}

// An observable of the answers. Goes on with a new token when the session's has run out.
export function subscribe(parameters) {
  return {
    subscribe(observer) {
      let attempts = 0;
      let stopped = false;
      let stop;
      const start = () => {
        const seen = generation();
        stop = client.subscribe(parameters, {
          next(answer) {
            attempts = 0;
            observer.next(answer);
          },
          async error(error) {
            attempts += 1;
            const expired = attempts < 3 && error?.reason === "try refresh token";
            const renewed = expired && (await refresh(seen));
            if (stopped) {
              return;
            }
            if (renewed) {
              start();
            } else {
              observer.next({ errors: told(error) });
              observer.complete();
            }
          },
          complete: () => observer.complete(),
        });
      };
      start();
      const unsubscribe = () => {
        stopped = true;
        stop();
      };
      return { unsubscribe };
    },
  };
}

// Errors of the operation, or why the socket was closed.
function told(error) {
  if (Array.isArray(error)) {
    return error;
  }
  const message = error?.reason ?? error?.message ?? String(error);
  return [{ message: error?.code === 4401 ? `Sign in first (${message})` : message }];
}
