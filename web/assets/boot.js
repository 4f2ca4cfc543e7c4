// Fetches the app and lets it take over the shell.
import init from "./app.js";

try {
  await init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) });
} catch (error) {
  document.getElementById("no-app").hidden = false;
  console.error(error);
}
