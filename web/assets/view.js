// Runs before the first paint and names the shell that fits: a classic script, because modules come later.
// The mark in storage only says that somebody was signed in here; no credential is within script's reach.
(() => {
  let mark = null;
  try {
    mark = localStorage.getItem("todos.session");
  } catch {
    // Blocked storage: the welcome is right.
  }
  const home = location.pathname === "/";
  const inside = mark !== null && mark.startsWith("in:");
  document.documentElement.dataset.view = !home ? "card" : inside ? "todos" : "welcome";
})();
