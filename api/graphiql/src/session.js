// Gets new cookies for a session that ran out.

// As the page has them (web/src/services): the lock of whoever changes the cookies, and the count of changes.
const COOKIES = "todos.cookies";
const GENERATION = "todos.generation";

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

export function generation() {
  return Number(localStorage.getItem(GENERATION) ?? 0);
}
