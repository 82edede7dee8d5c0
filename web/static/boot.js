import init, { start_app } from "./brownout.js";

// Before the wasm is there, so that the page never flashes in the wrong colours.
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
let chosen = new URLSearchParams(location.search).get("theme");
try {
  chosen ??= localStorage.getItem("brownout.theme");
} catch {
  // A frame without storage.
}
document.documentElement.dataset.theme = chosen === "dark" || (chosen !== "light" && dark) ? "dark" : "light";

await init();
start_app();
