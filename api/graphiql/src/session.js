// Gets new cookies for a session that ran out.

// As the page has them (web/src/auth): the lock of whoever changes the cookies, and the count of changes.
const COOKIES = "todos.cookies";
const GENERATION = "todos.generation";
const ANTI_CSRF = "todos.anti-csrf";

// Gets new cookies, unless another tab has done so since the count was `seen` or is doing so now: a refresh
// token serves once.
export async function refresh(seen) {
  const renew = async () => {
    if (generation() !== seen) {
      return true;
    }
    const response = await fetch("/auth/session/refresh", {
      method: "POST",
      credentials: "same-origin",
      headers: { rid: "anti-csrf", "st-auth-mode": "cookie", ...antiCsrf() },
    });
    keepAntiCsrf(response);
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

export function generation() {
  return Number(localStorage.getItem(GENERATION) ?? 0);
}

// The session's secret against CSRF as a header, if it has one (`ANTI_CSRF=via-token`).
export function antiCsrf() {
  const secret = localStorage.getItem(ANTI_CSRF);
  return secret === null ? {} : { "anti-csrf": secret };
}

// Takes the secret that a response hands out, as the page does.
export function keepAntiCsrf({ headers }) {
  const secret = headers.get("anti-csrf");
  if (secret !== null) {
    localStorage.setItem(ANTI_CSRF, secret);
  } else if (headers.get("front-token") === "remove") {
    localStorage.removeItem(ANTI_CSRF);
  }
}
