// Runs before the first paint, names the shell that fits, and begins what the app will wait for: a classic script,
// because modules come later.
// The mark in storage only says that somebody was signed in here; no credential is within script's reach.
(() => {
  let mark = null;
  let first = null;
  let generation = null;
  let antiCsrf = null;
  try {
    mark = localStorage.getItem("todos.session");
    first = localStorage.getItem("todos.first");
    generation = localStorage.getItem("todos.generation");
    antiCsrf = localStorage.getItem("todos.anti-csrf");
  } catch {
    // Blocked storage: the welcome is right.
  }
  const home = location.pathname === "/";
  const inside = mark !== null && mark.startsWith("in:");
  document.documentElement.dataset.view = !home ? "card" : inside ? "todos" : "welcome";
  // Compiled as it arrives; a failure is boot.js's to tell.
  window.todosApp = Promise.resolve().then(() => WebAssembly.compileStreaming(fetch("/assets/app_bg.wasm")));
  window.todosApp.catch(() => {});
  if (home && inside && first !== null) {
    askEarly(...first.split("\n"));
  }

  // What the app asked for first the last time (client/prefetch.rs), while it is on its way.
  function askEarly(url, ...bodies) {
    const headers = { "content-type": "application/json", rid: "anti-csrf", "st-auth-mode": "cookie" };
    if (antiCsrf !== null) {
      headers["anti-csrf"] = antiCsrf;
    }
    window.todosFirst = { generation };
    for (const body of bodies) {
      const signal = AbortSignal.timeout(20_000);
      const answer = fetch(url, { method: "POST", credentials: "include", headers, body, signal });
      answer.catch(() => {});
      window.todosFirst[body] = answer;
    }
  }
})();
