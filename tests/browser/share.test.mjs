// Links: a shared run is the same run elsewhere; what is broken or hostile is refused in a sentence.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { findings } from "./checks.mjs";
import { accessibilityViolations, openPage } from "./harness.mjs";

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
  const isKept = () => page.waitForFunction(() => Object.keys(localStorage)
    .some((key) => key.startsWith("brownout.doc.") && localStorage.getItem(key).includes("db-1")));
  await isKept();
  await page.reload();
  await page.waitForSelector("[data-part]");
  const count = await page.locator("[data-part]").count();
  assert.equal(count, 8);
  await page.evaluate((text) => { globalThis.location.hash = text; }, await linkOf(page));
  await page.waitForSelector("[data-testid=visiting]");
  await page.click("[data-testid=visiting] button >> nth=0");
  await page.waitForSelector("[data-testid=visiting]", { state: "detached" });
  await page.waitForFunction((count) => globalThis.document.querySelectorAll("[data-part]").length === count, count);
});

async function linkOf(page) {
  await page.click("[data-action=share]");
  const link = await page.inputValue("[data-testid=share-link]");
  await page.click("[data-testid=close-dialog]");
  return link.slice(link.indexOf("#"));
}

test("the link's size, its QR code, the camera and the charts", { timeout: 120_000 }, async (t) => {
  const { page, context, url } = await openPage(t, { viewport: { width: 1280, height: 800 } });
  await page.waitForSelector("[data-part]");
  await page.keyboard.press("Control+Equal");
  await page.click("[data-action=share]");
  const plain = await page.inputValue("[data-testid=share-link]");
  await page.click("[data-testid=show-qr]");
  const view = await page.getAttribute("[data-testid=qr]", "viewBox");
  // Sides of codes are 17 squares and 4 for each version, and the quiet zone.
  const side = Number(view.split(" ")[2]);
  assert.ok((side - 8 - 17) % 4 === 0 && side > 40, view);
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.click("[data-testid=share-camera]");
  await page.click("[data-testid=share-charts]");
  const looking = await page.inputValue("[data-testid=share-link]");
  assert.ok(looking.length > plain.length);
  await page.click("[data-testid=close-dialog]");
  // Within the canvas: above it may be a notice.
  const place = (page) => page.evaluate(() => {
    const [part, canvas] = ['[data-part="4"]', "#canvas"].map((it) => document.querySelector(it).getBoundingClientRect());
    return [part.x - canvas.x, part.y - canvas.y, part.width].map((value) => Math.round(value));
  });
  const here = await place(page);
  await page.keyboard.press("]");
  await page.waitForSelector(".charts", { state: "detached" });
  const other = await context.newPage();
  await other.goto(url + looking.slice(looking.indexOf("#")));
  await other.waitForSelector(".charts");
  assert.deepEqual(await place(other), here);

  // Seventy parts more: too dense for a code.
  await page.bringToFront();
  for (let round = 0; round < 4; round += 1) {
    await page.click("#canvas", { position: { x: 20, y: 300 } });
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Control+D");
  }
  await page.click("[data-action=share]");
  await page.click("[data-testid=show-qr]");
  assert.match(await page.textContent("[data-testid=qr-too-long]"), /1,000/);
  const size = (await page.inputValue("[data-testid=share-link]")).length;
  assert.ok((await page.textContent("[role=dialog] [role=status]")).includes(size.toLocaleString("en")));
});

test("pictures carry the document and open again", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t);
  await page.fill(".document-name", "A picture & more");
  await page.press(".document-name", "Enter");
  for (const [action, ending] of [["save-png", "png"], ["save-svg", "svg"]]) {
    await page.click("[data-action=share]");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[role=dialog] [data-action=${action}]`)]);
    assert.ok(download.suggestedFilename().endsWith(`.${ending}`), download.suggestedFilename());
    const bytes = await readFile(await download.path());
    if (process.env.BROWNOUT_IMAGES) await writeFile(join(process.env.BROWNOUT_IMAGES, `export.${ending}`), bytes);
    await page.click("[data-testid=close-dialog]");
    // Dropped onto the page, as a visitor does it.
    await page.click("[data-action=new]");
    await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 0);
    const data = await page.evaluateHandle(({ bytes, ending }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], `picture.${ending}`));
      return transfer;
    }, { bytes: [...bytes], ending });
    await page.dispatchEvent(".lab", "drop", { dataTransfer: data });
    await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 7);
    assert.equal(await page.inputValue(".document-name"), "A picture & more");
  }
  // A picture of something else says so, and nothing changes.
  const empty = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=", "base64");
  await page.keyboard.press("Control+O");
  await page.setInputFiles("[data-testid=open-file]", { name: "other.png", mimeType: "image/png", buffer: empty });
  assert.match(await page.textContent("[data-testid=open-error]"), /no document/);
  assert.equal(await page.locator("[data-part]").count(), 7);
});
