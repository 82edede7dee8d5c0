// One list of actions: the command palette has them all, help has their keys, and every one of them can be performed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

async function started(t, options = {}) {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 }, ...options });
  await page.waitForSelector("[data-part]");
  return page;
}

/** Opens the palette and reads it. */
async function commands(page) {
  await page.keyboard.press("Control+Shift+P");
  await page.waitForSelector("[data-testid=finder-text]:focus");
  return page.$$eval("[data-row]", (rows) => rows.map((row) => ({
    id: row.dataset.row,
    label: row.querySelector(".finder-label").textContent,
    key: row.querySelector("kbd")?.textContent ?? "",
    enabled: row.getAttribute("aria-disabled") !== "true",
  })));
}

const gone = (page) => page.waitForFunction(() => !document.querySelector("[role=dialog]"));

test("the command palette finds an action by its words in either language, and performs it", async (t) => {
  const page = await started(t);
  await page.click('[data-part="4"]');
  const all = await commands(page);
  assert.ok(all.length > 40, `only ${all.length} commands`);
  assert.deepEqual(await accessibilityViolations(page), []);
  assert.deepEqual(await findings(page), []);

  await page.keyboard.type("zoom");
  const zooms = await page.$$eval("[data-row]", (rows) => rows.map((row) => row.dataset.row));
  assert.deepEqual(zooms, ["zoom-in", "zoom-out"]);
  const width = (await page.locator('[data-part="4"]').boundingBox()).width;
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await gone(page);
  await page.waitForFunction((width) => document.querySelector('[data-part="4"]').getBoundingClientRect().width > width * 1.1, width);

  await commands(page);
  await page.keyboard.type("강제 종료");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-part="4"][data-state=down]');

  // What makes no sense now is there, and does nothing.
  await page.keyboard.press("Escape");
  await commands(page);
  await page.keyboard.type("duplicate");
  await page.waitForSelector('[data-row=duplicate][aria-disabled=true]');
  await page.keyboard.press("Enter");
  await page.waitForTimeout(100);
  assert.equal(await page.locator("[data-part]").count(), 7);
  await page.keyboard.press("Escape");
  await gone(page);
});

test("help shows the keys of the list, in both languages", { timeout: 90_000 }, async (t) => {
  for (const locale of ["en-US", "ko-KR"]) {
    const page = await started(t, { locale });
    const all = await commands(page);
    await page.keyboard.press("Escape");
    await gone(page);
    await page.keyboard.press("F1");
    await page.waitForSelector(".keys-table");
    const shown = await page.$$eval(".keys-table kbd", (keys) => keys.map((key) => key.textContent));
    for (const { id, key } of all.filter(({ key }) => key && !key.startsWith("Shift+"))) {
      // Arrows with the same keys held are written together: Ctrl+←↑→↓.
      const [held, last] = [key.slice(0, -1), key.at(-1)];
      const together = (text) => text.startsWith(held) && text.slice(held.length).includes(last);
      assert.ok(shown.includes(key) || shown.some(together), `${locale}: help does not show ${key} of ${id}`);
    }
    for (const share of [0, 0.5, 1]) {
      await page.locator(".dialog-body").evaluate((body, share) => body.scrollTo(0, body.scrollHeight * share), share);
      assert.deepEqual(await findings(page), [], `${locale}, scrolled to ${share}`);
    }
    assert.deepEqual(await accessibilityViolations(page), []);
    assert.deepEqual(await findings(page), []);
  }
});

test("every action can be performed from the palette, with everything selected and with nothing", { timeout: 180_000 }, async (t) => {
  const page = await started(t);
  // Files are saved, clipboards written: nothing of that may end in an error of the page.
  for (const selected of [true, false]) {
    const all = await commands(page);
    await page.keyboard.press("Escape");
    for (const { id, label } of all) {
      await gone(page);
      await page.focus("#canvas");
      await page.keyboard.press(selected ? "Control+a" : "Escape");
      await page.keyboard.press("Control+Shift+P");
      await page.waitForSelector("[data-testid=finder-text]:focus");
      await page.keyboard.insertText(label);
      const row = page.locator(`[data-row="${id}"]`);
      if ((await row.getAttribute("aria-disabled")) === null) await row.click();
      await page.keyboard.press("Escape");
      // Otherwise nothing could be edited from here on.
      if (id === "view-only") await page.keyboard.press("Alt+r");
      await page.keyboard.press("Escape");
      await page.waitForTimeout(30);
      assert.ok(await page.isVisible("#canvas"), `${id} left no canvas`);
    }
  }
});

test("a search shows parts and connections, selects one and brings it into view", async (t) => {
  const page = await started(t);
  await page.mouse.move(700, 620);
  await page.mouse.down();
  await page.mouse.move(-900, 620, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.press("Control+f");
  await page.waitForSelector("[data-testid=finder-text]:focus");
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.keyboard.type("web server 2");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-part="5"][aria-current=true]:focus');
  const [card, canvas] = [await page.locator('[data-part="5"]').boundingBox(), await page.locator("#canvas").boundingBox()];
  assert.ok(card.x > canvas.x && card.x + card.width < canvas.x + canvas.width, "in view");
  await page.keyboard.press("Control+f");
  await page.waitForSelector("[data-testid=finder-text]:focus");
  await page.keyboard.type("app primary");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-edge="14"][aria-pressed=true]:focus');
});

test("keys of a single letter can be switched off, and stay so", async (t) => {
  const page = await started(t);
  await page.keyboard.press("?");
  await page.click("[data-testid=letters]");
  await page.keyboard.press("Escape");
  await page.click('[data-part="4"]');
  await page.keyboard.press("k");
  await page.waitForLoadState("networkidle");
  await page.reload();
  await page.waitForSelector('[data-part="4"]');
  await page.click('[data-part="4"]');
  await page.keyboard.press("k");
  await page.keyboard.press("?");
  await page.waitForTimeout(300);
  assert.notEqual(await page.getAttribute('[data-part="4"]', "data-state"), "down");
  assert.equal(await page.locator("[role=dialog]").count(), 0);
  await page.keyboard.press("F1");
  await page.click("[data-testid=letters]");
  await page.keyboard.press("Escape");
  await page.click('[data-part="4"]');
  await page.keyboard.press("k");
  await page.waitForSelector('[data-part="4"][data-state=down]');
});

test("the menu at the end of the bar obeys the arrows and gives the focus back", async (t) => {
  const page = await started(t);
  await page.focus("[data-testid=more]");
  await page.keyboard.press("Enter");
  const focused = () => page.$$eval("[role=menu] [data-action]", (items) => items.indexOf(document.activeElement));
  await becomes(focused, 0, "the first entry");
  await page.keyboard.press("ArrowUp");
  await becomes(focused, (await page.locator("[role=menu] [data-action]").count()) - 1, "around to the last");
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.keyboard.press("Escape");
  await page.waitForSelector("[data-testid=more]:focus");
});

test("looking only: nothing can be changed until the visitor says so", { timeout: 60_000 }, async (t) => {
  const page = await started(t);
  const parts = () => page.locator("[data-part]").count();
  await page.focus("#canvas");
  await page.keyboard.press("Alt+r");
  await page.waitForSelector("[data-action=view-only][aria-pressed=true]");
  await page.waitForFunction(() => /Alt\+R/.test(document.querySelector(".toast[role=status]")?.textContent));
  assert.equal(await page.locator(".palette").count(), 0);
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.press("Control+d");
  const at = await page.locator('[data-part="4"]').boundingBox();
  await page.mouse.move(at.x + 40, at.y + 12);
  await page.mouse.down();
  await page.mouse.move(at.x + 140, at.y + 112, { steps: 5 });
  await page.mouse.up();
  // The run goes on, and can be broken and repaired.
  await page.click('[data-part="4"]');
  await page.keyboard.press("k");
  await page.waitForSelector('[data-part="4"][data-state=down]');
  assert.equal(await parts(), 7);
  assert.ok(await page.locator(".inspector input:enabled, .inspector select:enabled").count() === 0, "nothing to fill in");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.click(".canvas-tools [data-action=view-only]");
  await page.waitForSelector(".palette");
  await page.click('[data-part="5"]');
  await page.keyboard.press("Delete");
  await becomes(parts, 6);
});
