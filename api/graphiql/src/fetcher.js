// Posts to /graphql with the session cookie; refreshes a session that ran out, then tries again.

// As the page has them (web/src/services): the lock of whoever changes the cookies, and the count of changes.
const COOKIES = "todos.cookies";
const GENERATION = "todos.generation";

const notice = document.getElementById("notice");

export async function fetcher(parameters, options) {
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

function post(parameters, options) {
  return fetch("/graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: {
      accept: "application/json",
      ...options?.headers,
      "content-type": "application/json",
      rid: "anti-csrf",
    },
    body: JSON.stringify(parameters),
  });
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

// Gets new cookies, unless another tab has done so since the count was `seen` or is doing so now: a refresh
// token serves once.
async function refresh(seen) {
  const renew = async () => {
    if (generation() !== seen) {
      return true;
    }
    const response = await fetch("/auth/session/refresh", {
      method: "POST",
      credentials: "same-origin",
      headers: { rid: "anti-csrf", "st-auth-mode": "cookie" },
    });
    if (response.ok) {
      localStorage.setItem(GENERATION, String(seen + 1));
    }
    return response.ok;
  };
  // Pages on plain http that are not on loopback have no locks.
  if (!navigator.locks) {
    return renew();
  }
  const { locks } = navigator;
  const free = await locks.request(COOKIES, { ifAvailable: true }, async (lock) => lock && { renewed: await renew() });
  return free ? free.renewed : locks.request(COOKIES, () => true);
}

function generation() {
  return Number(localStorage.getItem(GENERATION) ?? 0);
}

async function answer(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500)}` }] };
  }
}
