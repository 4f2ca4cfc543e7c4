// Fetches the app and lets it take over the shell; where it cannot start or cannot go on, says so.

const notice = document.getElementById("no-app");

document.getElementById("reload").addEventListener("click", () => location.reload());

function say(id) {
  document.getElementById(id).hidden = false;
  notice.hidden = false;
}

// A panic ends in a trap, and whatever is pressed afterwards does nothing or panics again.
function onFault(fault) {
  if (fault instanceof WebAssembly.RuntimeError) {
    say("crashed");
  }
}
addEventListener("error", (event) => onFault(event.error));
addEventListener("unhandledrejection", (event) => onFault(event.reason));

try {
  // Not a static import: a download that fails would take this file down with it.
  const { default: init } = await import("./app.js");
  await init({ module_or_path: await window.todosApp });
} catch (error) {
  say(error instanceof WebAssembly.RuntimeError ? "crashed" : "not-loaded");
  console.error(error);
}
