// Posts to /graphql with the session cookie; refreshes a session that ran out, then tries again.

import { isSubscription, subscribe } from "./live.js";
import { antiCsrf, generation, keepAntiCsrf, refresh } from "./session.js";

const notice = document.getElementById("notice");

export async function fetcher(parameters, options) {
  if (isSubscription(parameters, options)) {
    return subscribe(parameters);
  }
  let response;
  let reason;
  // The second time, another tab's refresh may have come in between.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const seen = generation();
    response = await post(parameters, options);
    reason = await refusal(response);
    if (reason !== "try refresh token" || !(await refresh(seen))) {
      break;
    }
  }
  notice.hidden = reason === undefined;
  if (reason !== undefined) {
    return { errors: [{ message: `Sign in first (${reason})` }] };
  }
  return answer(response);
}

async function post(parameters, options) {
  const response = await fetch("/graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: {
      accept: "application/json",
      ...options?.headers,
      "content-type": "application/json",
      rid: "anti-csrf",
      ...antiCsrf(),
    },
    body: JSON.stringify(parameters),
  });
  keepAntiCsrf(response);
  return response;
}

// Why a request was turned away for want of a session, if it was.
async function refusal(response) {
  if (response.status !== 401) {
    return undefined;
  }
  const body = await response
    .clone()
    .json()
    .catch(() => ({}));
  return body.message ?? "unauthorised";
}

async function answer(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500)}` }] };
  }
}
