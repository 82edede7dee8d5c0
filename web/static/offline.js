// The service worker: after the first visit the page works without a network. All files of one version are kept together,
// so that nobody ever gets half of one and half of another. A new version waits until the visitor asks for it, or until no
// tab shows the old one any more.

const VERSION = "VERSION";
const FILES = [/* FILES */];
const CACHE = `brownout-${VERSION}`;

addEventListener("install", (event) => {
  // Past the browser's own cache, which may hold files of the version before.
  const fresh = FILES.map((file) => new Request(`./${file}`, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("brownout-") && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name)))));
});

addEventListener("message", (event) => {
  if (event.data === "take over") skipWaiting();
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const scope = new URL("./", location);
  const address = new URL(request.url);
  if (request.method !== "GET" || !address.href.startsWith(scope.href)) return;
  const name = address.pathname.slice(scope.pathname.length) || "index.html";
  if (!FILES.includes(name)) return;
  event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(`./${name}`)) ?? fetch(request)));
});
