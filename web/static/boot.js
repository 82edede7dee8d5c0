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

// Once the page is there and idle, it is kept for times without a network. A frame in another page keeps nothing.
if ("serviceWorker" in navigator && !new URLSearchParams(location.search).has("embed")) {
  const ready = () => setTimeout(keep, 2000);
  if (document.readyState === "complete") ready();
  else addEventListener("load", ready, { once: true });
}

async function keep() {
  // Where there is none, or storage is refused, the page needs the network as before.
  const kept = await navigator.serviceWorker.register("./offline.js").catch(() => null);
  if (!kept) return;
  const tell = () => {
    if (kept.waiting && navigator.serviceWorker.controller) dispatchEvent(new Event("brownout-update"));
  };
  tell();
  kept.addEventListener("updatefound", () => kept.installing?.addEventListener("statechange", tell));
  addEventListener("brownout-take-update", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    kept.waiting?.postMessage("take over");
  });
}
