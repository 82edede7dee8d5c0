// A built site on a free port and Chromium looking at it; everything that is started here ends with `close`.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { chromium } from "playwright-core";

const BROWSER_NAMES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ROOT = new URL("../../", import.meta.url).pathname;

export const BROWSER_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** The folder with the built site: named by `cargo xtask test`, or what `cargo xtask dist` left. */
export const site = process.env.BROWNOUT_SITE ?? join(ROOT, "dist");

/** Chromium's path: named by `cargo xtask test` or by hand in CHROME, or where systems put it. */
async function browserPath() {
  if (process.env.CHROME) return process.env.CHROME;
  for (const path of BROWSER_NAMES) {
    if (await stat(path).catch(() => null)) return path;
  }
  return chromium.executablePath();
}

/**
 * Serves a folder on 127.0.0.1 and any free port, under `prefix`, as a static file host would.
 * `pages` adds or replaces files: path below the prefix to HTML.
 */
export async function serve(folder = site, { prefix = "/", pages = {} } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    const name = path.startsWith(prefix) ? path.slice(prefix.length) || "index.html" : null;
    const file = name === null ? null : normalize(join(folder, name));
    if (name !== null && pages[name] !== undefined) {
      response.writeHead(200, { "content-type": TYPES[".html"] });
      response.end(pages[name]);
    } else if (file?.startsWith(folder + sep) && (await stat(file).catch(() => null))?.isFile()) {
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "cache-control": "no-cache" });
      if (request.method === "HEAD") response.end();
      else createReadStream(file).pipe(response);
    } else {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("not found\n");
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}${prefix}`,
    close: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
  };
}

/**
 * A browser with a profile of its own. Options are Playwright's for a persistent context, such as `viewport`,
 * `colorScheme`, `locale`, `reducedMotion`.
 */
export async function launch(options = {}) {
  const profile = await mkdtemp(join(tmpdir(), "brownout-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await browserPath(),
    headless: true,
    args: BROWSER_FLAGS,
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    // Kept files would outlive a server; the test of them says so.
    serviceWorkers: "block",
    ...options,
  });
  return {
    context,
    close: async () => {
      await context.close();
      // Chromium's last files may still be on their way to the disk.
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** Collects what goes wrong in a page without anybody looking: console errors, exceptions, failed requests. */
export function watchErrors(page) {
  const errors = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => errors.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    // A frame that is taken away gives up what it was loading.
    if (reason === "net::ERR_ABORTED" && request.frame() !== page.mainFrame()) return;
    errors.push(`request failed: ${request.url()} ${reason}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) errors.push(`status ${response.status()}: ${response.url()}`);
  });
  page.on("crash", () => errors.push("the page crashed"));
  return errors;
}

/**
 * For a test: server, browser and one page, opened at `path`; ends with the test `t`, which fails if the page
 * reported errors. A test that provokes errors empties `errors` itself.
 */
export async function openPage(t, { path = "", pages, prefix, folder, ...options } = {}) {
  const server = await serve(folder, { prefix, pages });
  const browser = await launch(options);
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  const errors = watchErrors(page);
  t.after(async () => {
    await browser.close();
    await server.close();
    if (errors.length > 0) throw new Error(`the page reported errors:\n${errors.join("\n")}`);
  });
  await page.goto(server.url + path);
  return { page, errors, url: server.url, context: browser.context };
}

/** Holds when `measured()` is `expected` within five seconds: the page draws a change a frame or more after the key. */
export async function becomes(measured, expected, message) {
  const until = Date.now() + 20_000;
  let seen = await measured();
  while (!isDeepStrictEqual(seen, expected) && Date.now() < until) {
    await new Promise((again) => setTimeout(again, 20));
    seen = await measured();
  }
  assert.deepEqual(seen, expected, message);
}

/** Axe's violations on the page as sentences; `rules` switches single rules off or on, as axe's own option. */
export async function accessibilityViolations(page, rules = {}) {
  const source = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  // The page's policy forbids script elements; an evaluation by the driver is not subject to it.
  await page.evaluate(source);
  // What is still fading in is paler than it will be.
  await page.evaluate(() => {
    const ends = (one) => one.playState === "running" && Number.isFinite(one.effect?.getComputedTiming().endTime);
    return Promise.all(document.getAnimations().filter(ends).map((one) => one.finished.catch(() => null)));
  });
  const result = await page.evaluate((rules) => globalThis.axe.run(document, { rules }), rules);
  return result.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${violation.help}: ${node.target.join(" ")}`),
  );
}
