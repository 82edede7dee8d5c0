// Links: a shared run is the same run elsewhere; what is broken or hostile is refused in a sentence.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { openPage } from "./harness.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;

async function started(t, options) {
  const { page, errors } = await openPage(t, { viewport: { width: 1280, height: 800 }, ...options });
  await page.waitForSelector("[data-part]");
  return { page, errors };
}

/** Lets the run go on for so much simulated time. */
async function passes(page, seconds) {
  const until = Number(await page.getAttribute("[data-testid=sim-time]", "data-ns")) + seconds * 1e9;
  await page.waitForFunction(
    (until) => Number(document.querySelector("[data-testid=sim-time]").dataset.ns) >= until,
    until,
  );
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
  await passes(first, 0.02);
  await choose(first, 5, "kill");
  await passes(first, 0.01);
  await first.click('[data-part="4"]');
  await first.fill("[data-param=workers]", "12");
  await first.press("[data-param=workers]", "Enter");
  await passes(first, 0.01);
  await choose(first, 5, "restore");
  await passes(first, 0.02);
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

test("work is kept over a reload, and a link does not touch it", async (t) => {
  const { page } = await started(t);
  await page.click("[data-kind=db]");
  await page.waitForFunction(() => globalThis.localStorage.getItem("brownout.work")?.includes("db-1"));
  await page.reload();
  await page.waitForSelector("[data-part]");
  const count = await page.locator("[data-part]").count();
  assert.equal(count, 8);
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
