// Documents in the visitor's own storage: kept without asking, several of them, with earlier versions and their history;
// two tabs do not overwrite each other; a browser that refuses is told of, and nothing on the screen is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

const PARTS = "[data-part]";
const count = (page) => page.locator(PARTS).count();
const hasParts = (page, wanted) =>
  page.waitForFunction((wanted) => document.querySelectorAll("[data-part]").length === wanted, wanted);

async function started(t, options = {}) {
  const opened = await openPage(t, { viewport: { width: 1280, height: 800 }, ...options });
  await opened.page.waitForSelector(PARTS);
  return opened;
}

/** The documents in storage, as lists of the names of their parts. */
const kept = (page) => page.evaluate(() => Object.keys(localStorage)
  .filter((key) => key.startsWith("brownout.doc."))
  .map((key) => JSON.parse(localStorage.getItem(key).split("\n").slice(1).join("\n")).parts.map((part) => part.name)));

const isKept = (page, name) => page.waitForFunction((name) => Object.keys(localStorage)
  .some((key) => key.startsWith("brownout.doc.") && localStorage.getItem(key).includes(`"${name}"`)), name);

/** Adds a database from the palette. */
async function addDatabase(page) {
  const before = await count(page);
  await page.click("[data-kind=db]");
  await hasParts(page, before + 1);
}

async function perform(page, action) {
  await page.click("[data-testid=more]");
  await page.click(`[role=menu] [data-action=${action}]`);
}

test("every step back survives a reload, even one in mid-edit", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t);
  await addDatabase(page);
  await page.click('[data-part="6"]');
  await page.fill("#inspector-name", "application");
  await page.press("#inspector-name", "Enter");
  await page.click('[data-part="4"]');
  await page.keyboard.press("k");
  await page.waitForSelector('[data-part="4"][data-state=down]');
  await page.keyboard.press("Delete");
  await hasParts(page, 7);
  // At once: what was done a moment ago is kept by the leaving page.
  await page.reload();
  await hasParts(page, 7);
  await page.click("#canvas", { position: { x: 20, y: 200 } });
  await page.keyboard.press("Control+Z");
  await hasParts(page, 8);
  assert.match(await page.getAttribute('[data-part="6"]', "aria-label"), /application/);
  await page.keyboard.press("Control+Z");
  await page.waitForFunction(() => !document.querySelector('[data-part="6"]').ariaLabel.includes("application"));
  await page.keyboard.press("Control+Z");
  await hasParts(page, 7);
  assert.ok(await page.isDisabled("[data-action=undo]"), "what was killed belonged to the run before");
  for (const parts of [8, 8, 7]) {
    await page.keyboard.press("Control+Shift+Z");
    await hasParts(page, parts);
  }
});

test("two hundred steps back survive a reload, and so does what is half typed", { timeout: 180_000 }, async (t) => {
  const { page } = await started(t);
  await page.focus('[data-part="6"]');
  await page.keyboard.press("Enter");
  const flag = page.locator(".inspector input.switch").first();
  await flag.focus();
  const given = await flag.isChecked();
  const STEPS = 211;
  for (let step = 0; step < STEPS; step += 1) await page.keyboard.press("Space");
  await becomes(() => flag.isChecked(), !given);
  // Typed, neither confirmed nor left.
  await page.focus("#inspector-name");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("half typed");
  await page.reload();
  await page.waitForFunction(() => document.querySelector('[data-part="6"]')?.getAttribute("aria-label")?.startsWith("half typed"));
  await page.focus('[data-part="6"]');
  await page.keyboard.press("Enter");
  await becomes(() => flag.isChecked(), !given, "as it was left");
  await page.focus("#canvas");
  const presses = async (key, times) => {
    for (let time = 0; time < times; time += 1) await page.keyboard.press(key);
  };
  await presses("Control+z", STEPS + 1);
  await page.waitForSelector("[data-action=undo]:disabled");
  await page.waitForFunction(() => document.querySelector('[data-part="6"]').getAttribute("aria-label").startsWith("app"));
  await becomes(() => flag.isChecked(), given, "every step is taken back");
  await presses("Control+Shift+z", STEPS + 1);
  await page.waitForSelector("[data-action=redo]:disabled");
  await becomes(() => flag.isChecked(), !given);
});

test("several documents: begun, listed, opened, deleted", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t);
  assert.deepEqual(await kept(page), [], "what was only looked at is not kept");
  await addDatabase(page);
  await isKept(page, "db-1");
  await perform(page, "templates");
  assert.ok(await page.locator("[data-template]").count() >= 10);
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.click("[data-template=retry-storm]");
  await hasParts(page, 3);
  assert.equal((await kept(page)).length, 1, "a template is kept once it is changed");
  await addDatabase(page);
  await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.startsWith("brownout.doc.")).length === 2);
  await page.keyboard.press("Control+Shift+O");
  const rows = page.locator("[data-document]");
  assert.equal(await rows.count(), 2);
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await rows.nth(1).locator(".shelf-main").click();
  await hasParts(page, 8);
  await page.reload();
  await hasParts(page, 8);
  await page.keyboard.press("Control+Shift+O");
  const storm = page.locator("[data-document]", { hasText: "Retry storm" });
  // Another document runs beside the open one, in step.
  await storm.getByTestId("compare-document").click();
  await page.frameLocator("[data-testid=beside] iframe").locator("[data-part]").nth(2).waitFor();
  await page.getByTestId("differences").waitFor();
  await page.getByTestId("close-beside").click();
  await page.keyboard.press("Control+Shift+O");
  await storm.locator("[data-testid=delete-document]").click();
  assert.equal(await rows.count(), 2, "the first press asks");
  await storm.locator("[data-testid=delete-document]").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-document]").length === 1);
  assert.deepEqual((await kept(page)).map((parts) => parts.length), [8]);
});

test("an earlier version is restored, and that is undone", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t);
  await addDatabase(page);
  await isKept(page, "db-1");
  // A reload opens it anew: what was there before the first change since becomes a version.
  await page.reload();
  await hasParts(page, 8);
  await addDatabase(page);
  await isKept(page, "db-2");
  await perform(page, "documents");
  await page.click("[data-testid=documents-versions]");
  assert.deepEqual(await findings(page), []);
  await page.click("[data-testid=restore-version]");
  await hasParts(page, 8);
  await page.keyboard.press("Control+Z");
  await hasParts(page, 9);
  assert.equal((await kept(page)).length, 1);
});

test("two tabs with one document do not overwrite each other", { timeout: 120_000 }, async (t) => {
  const { page: first, context, url } = await started(t);
  await addDatabase(first);
  await isKept(first, "db-1");
  const second = await context.newPage();
  await second.goto(url);
  await hasParts(second, 8);
  await addDatabase(second);
  await isKept(second, "db-2");
  await first.waitForSelector("[data-testid=newer]");
  assert.deepEqual(await findings(first), []);
  await first.click("[data-kind=web]");
  await first.waitForSelector("[data-testid=parted]");
  await isKept(first, "web-3");
  const documents = (await kept(first)).map((parts) => parts.filter((name) => /db-|web-3/.test(name)).sort());
  assert.deepEqual(documents.sort(), [["db-1", "db-2"], ["db-1", "web-3"]]);
  // The other way: a tab that has changed nothing takes over what the other made.
  const third = await context.newPage();
  await third.goto(url);
  await third.waitForSelector(PARTS);
  await addDatabase(first);
  await third.click("[data-testid=newer] button");
  await hasParts(third, 10);
});

test("a browser that refuses is told of, and the work stays on the screen", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t);
  await addDatabase(page);
  await isKept(page, "db-1");
  const before = await kept(page);
  await page.evaluate(() => {
    globalThis.keep = Storage.prototype.setItem;
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
  });
  await addDatabase(page);
  await page.waitForSelector("[data-testid=not-kept]");
  assert.equal(await count(page), 9);
  assert.deepEqual(await kept(page), before, "what was kept before is still there");
  assert.deepEqual(await findings(page), []);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.click("[data-testid=not-kept] [data-action=save], [data-testid=not-kept] button >> nth=0"),
  ]);
  assert.match(download.suggestedFilename(), /\.json$/);
  // Leaving now would lose it: the browser asks.
  const asked = new Promise((done) => page.once("dialog", (dialog) => { done(dialog.type()); dialog.dismiss(); }));
  page.reload().catch(() => {});
  assert.equal(await asked, "beforeunload");
  assert.equal(await count(page), 9);
  // Room again: the next change is kept, and the notice goes.
  await page.evaluate(() => { Storage.prototype.setItem = globalThis.keep; });
  await addDatabase(page);
  await page.waitForFunction(() => !document.querySelector("[data-testid=not-kept]"));
  assert.deepEqual((await kept(page)).map((parts) => parts.length), [10]);
});

test("a storage that is really full is told of, nothing kept is lost, and room makes it good again", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t);
  await addDatabase(page);
  await isKept(page, "db-1");
  const fill = () => page.evaluate(() => {
    for (let size = 1_000_000, place = 0; size >= 1; place += 1) {
      try {
        localStorage.setItem(`junk.${place}`, "x".repeat(size));
      } catch {
        size = Math.floor(size / 2);
      }
    }
  });
  await fill();
  await addDatabase(page);
  await page.waitForSelector("[data-testid=not-kept]");
  assert.equal(await count(page), 9);
  assert.ok((await kept(page)).some((parts) => parts.includes("db-1")), "what was kept is still there");
  await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("junk.")).forEach((key) => localStorage.removeItem(key)));
  await addDatabase(page);
  await isKept(page, "db-3");
  await page.waitForSelector("[data-testid=not-kept]", { state: "detached" });
  await page.reload();
  await hasParts(page, 10);
});

test("the dialog in Korean, in the dark and on a phone", { timeout: 120_000 }, async (t) => {
  const { page } = await started(t, { viewport: { width: 390, height: 844 }, colorScheme: "dark", locale: "ko-KR" });
  await page.click("[data-testid=more]");
  await page.click("[role=menu] [data-action=templates]");
  await page.waitForSelector("[data-template]");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
});
