// Links: a shared run is the same run elsewhere; what is broken or hostile is refused in a sentence.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { deflateRawSync } from "node:zlib";
import { test } from "node:test";
import { promisify } from "node:util";
import { openPage } from "./harness.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;

async function started(t, options) {
  const { page, errors } = await openPage(t, { viewport: { width: 1280, height: 800 }, ...options });
  await page.waitForSelector("[data-part]");
  return { page, errors };
}

async function choose(page, part, action) {
  await page.click(`[data-part="${part}"]`, { button: "right" });
  await page.click(`[role=menu] [data-action=${action}]`);
}

/** Goes to a time and gives the digest there. */
async function digestAt(page, seconds) {
  if (!(await page.isVisible("[data-testid=go-to]"))) await page.click("[data-testid=run-details]");
  await page.fill("[data-testid=go-to]", String(seconds));
  await page.press("[data-testid=go-to]", "Enter");
  await page.waitForFunction(
    (ns) => document.querySelector("[data-testid=sim-ns]")?.textContent.replaceAll(",", "") === `${ns} ns`,
    seconds * 1e9,
  );
  return page.textContent("[data-testid=digest]");
}

async function shareRun(page) {
  await page.click("[data-action=share]");
  await page.click("[data-testid=share-run]");
  const link = await page.inputValue("[data-testid=share-link]");
  await page.click("[data-testid=close-dialog]");
  return link;
}

test("a shared run is the same run in another browser and in the terminal", { timeout: 300_000 }, async (t) => {
  const { page: first } = await started(t);
  await first.waitForTimeout(500);
  await choose(first, 5, "kill");
  await first.waitForTimeout(300);
  await first.click('[data-part="4"]');
  await first.fill("[data-param=workers]", "12");
  await first.press("[data-param=workers]", "Enter");
  await first.waitForTimeout(300);
  await choose(first, 5, "restore");
  await first.waitForTimeout(500);
  const link = await shareRun(first);
  assert.match(link, /#v1\./);
  const fragment = link.slice(link.indexOf("#"));
  const expected = await digestAt(first, 60);

  const { page: second } = await started(t, { path: fragment });
  assert.ok(await second.isVisible("[data-testid=visiting]"), "the visitor is told whose document this is");
  assert.equal(await digestAt(second, 60), expected);

  const cargo = promisify(execFile);
  const { stdout } = await cargo("cargo", ["run", "--quiet", "--package", "brownout-cli", "--", "run", fragment,
    "--duration", "60s", "--format", "json"], { cwd: ROOT, maxBuffer: 64 << 20 });
  assert.equal(JSON.parse(stdout).digest, expected, "the terminal agrees");
});

const payload = (value) =>
  `#v1.${deflateRawSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")}`;
const document = (change) => JSON.stringify({ version: 1, parts: [{ id: 1, type: "client" }], edges: [], ...change });

const HOSTILE = [
  ["no link at all", "hello", /JSON|link/],
  ["another version", "#v9.AAAA", /version/],
  ["not base64", "#v1.***", /base64/],
  ["not DEFLATE", "#v1._____w", /DEFLATE/],
  ["cut off", payload({ v: 1, p: [], note: "x".repeat(500) }).slice(0, -12), /DEFLATE|base64/],
  ["a bomb", payload(" ".repeat(4 << 20)), /DEFLATE|JSON/],
  ["not JSON", payload("{"), /JSON/],
  ["deep nesting", "[".repeat(100_000), /JSON/],
  ["not a number", `{"version":1,"duration_s":NaN}`, /JSON/],
  ["a number that is too large", `{"version":1,"duration_s":1e999}`, /JSON|duration_s/],
  ["an unknown field", document({ surprise: 1 }), /surprise/],
  ["a newer document", `{"version":99}`, /version/],
  ["10,000 parts", document({ parts: Array.from({ length: 10_000 }, (_, id) => ({ id: id + 1, type: "web" })) }), /parts/],
  ["inside itself", document({ parts: [{ id: 1, type: "web", inside: 2 }, { id: 2, type: "web", inside: 1 }] }), /inside/],
  ["calls in a circle", document({
    parts: [{ id: 1, type: "app" }, { id: 2, type: "app" }],
    edges: [{ id: 3, from: 1, to: 2 }, { id: 4, from: 2, to: 1 }],
  }), /edges\[\d\]/],
];

test("what cannot be opened is refused in a sentence, and the work stays", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t);
  const parts = await page.locator("[data-part]").count();
  for (const [what, text, sentence] of HOSTILE) {
    await page.keyboard.press("Control+o");
    await page.evaluate((text) => {
      const field = globalThis.document.querySelector("[data-testid=open-text]");
      field.value = text;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, text);
    await page.click("[data-testid=open-go]");
    const error = page.locator("[data-testid=open-error]");
    await error.waitFor({ timeout: 5000 });
    assert.match(await error.textContent(), sentence, what);
    await page.click("[data-testid=close-dialog]");
    assert.equal(await page.locator("[data-part]").count(), parts, `${what}: the work stays`);
  }
});

test("a file of ten megabytes is refused by its size", async (t) => {
  const { page } = await started(t);
  await page.keyboard.press("Control+o");
  await page.setInputFiles("[data-testid=open-file]", {
    name: "large.json", mimeType: "application/json", buffer: Buffer.alloc(10 << 20, "["),
  });
  await page.waitForSelector("[data-testid=open-error]");
  assert.match(await page.textContent("[data-testid=open-error]"), /larger than/);
});

test("a broken link in the address leaves the visitor's own work open", async (t) => {
  const { page } = await started(t, { path: "#v1.broken!" });
  assert.match(await page.textContent("[data-testid=open-error]"), /base64/);
  assert.ok((await page.locator("[data-part]").count()) > 0);
});

test("work is kept over a reload, and a link does not touch it", async (t) => {
  const { page } = await started(t);
  await page.click("[data-kind=db]");
  await page.waitForFunction(() => globalThis.localStorage.getItem("brownout.work")?.includes("db-1"));
  await page.reload();
  await page.waitForSelector("[data-part]");
  const count = await page.locator("[data-part]").count();
  assert.equal(count, 8);
  const link = payload({});
  assert.ok(link.startsWith("#v1."));
  await page.evaluate((text) => { globalThis.location.hash = text; }, await linkOf(page));
  await page.waitForSelector("[data-testid=visiting]");
  await page.click("[data-kind=db]");
  await page.waitForTimeout(700);
  await page.click("[data-testid=visiting] button >> nth=0");
  await page.waitForFunction((count) => globalThis.document.querySelectorAll("[data-part]").length === count, count);
});

async function linkOf(page) {
  await page.click("[data-action=share]");
  const link = await page.inputValue("[data-testid=share-link]");
  await page.click("[data-testid=close-dialog]");
  return link.slice(link.indexOf("#"));
}
