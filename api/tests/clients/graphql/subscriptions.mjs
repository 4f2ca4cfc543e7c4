// Subscribes by the snippets of docs/api.md, and prints a line for each event: the client and the event.
import { gql } from '@apollo/client';
import WebSocket from 'ws';
import { apollo } from './snippets/apollo.mjs';
import { connect } from './snippets/graphql-ws.mjs';
import { urql } from './snippets/urql.mjs';

const [api, accessToken, refreshToken] = process.argv.slice(2);
const query = 'subscription { todoChanged { kind todo { task } } }';

/** As supertokens-web-js in header mode. Clients that refresh at once share one refresh. */
const session = {
  tokens: { access: accessToken, refresh: refreshToken },
  getAccessToken: async () => session.tokens.access,
  attemptRefreshingSession: () => (session.refreshing ??= refresh().finally(() => (session.refreshing = null))),
};

async function refresh() {
  const headers = { authorization: `Bearer ${session.tokens.refresh}`, 'st-auth-mode': 'header' };
  const { status, headers: got } = await fetch(`${api}/auth/session/refresh`, { method: 'POST', headers });
  console.log(`refresh ${status}`);
  session.tokens = { access: got.get('st-access-token'), refresh: got.get('st-refresh-token') };
}

const socket = () => connect(`${api.replace('http', 'ws')}/graphql/ws`, session, { webSocketImpl: WebSocket });

const print = (client) => (event) => {
  const { kind, todo } = event.data.todoChanged;
  console.log(`${client} ${kind} ${todo?.task ?? ''}`.trim());
};
const fail = (error) => {
  console.error(error);
  process.exit(1);
};

socket().subscribe({ query }, { next: print('graphql-ws'), error: fail, complete: fail });
urql(`${api}/graphql`, socket()).subscription(query, {}).subscribe((result) => (result.error ? fail(result.error) : print('urql')(result)));
apollo(`${api}/graphql`, socket())
  .subscribe({ query: gql(query) })
  .subscribe({ next: (result) => (result.error ? fail(result.error) : print('apollo')(result)), error: fail, complete: fail });
