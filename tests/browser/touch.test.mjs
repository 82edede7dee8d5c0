// A phone: fingers, sheets, and the design from top to bottom.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, smallTargets } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

async function touch(page, type, points) {
  page.touches ??= await page.context().newCDPSession(page);
  await page.touches.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
}

async function middle(page, selector) {
  const box = await page.locator(selector).boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

test("tap selects, a long touch opens the menu, two fingers zoom, a tap in the palette adds", async (t) => {
  const { page } = await openPage(t, PHONE);
  await page.waitForSelector("[data-part]");
  await page.waitForTimeout(500);
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);

  await page.tap('[data-part="4"]');
  await page.waitForSelector('[data-part="4"][aria-current=true]');

  const held = await middle(page, '[data-part="5"]');
  await touch(page, "touchStart", [held]);
  await page.waitForSelector("[role=menu]");
  await touch(page, "touchEnd", []);
  await page.tap("[role=menu] [data-action=kill]");
  await page.waitForSelector('[data-part="5"][data-state=down]');

  const before = (await page.locator('[data-part="4"]').boundingBox()).width;
  await touch(page, "touchStart", [[150, 150], [200, 150]]);
  for (const apart of [10, 20, 30, 40]) await touch(page, "touchMove", [[150 - apart, 150], [200 + apart, 150]]);
  await touch(page, "touchEnd", []);
  await page.waitForFunction((width) => document.querySelector('[data-part="4"]').getBoundingClientRect().width > width * 1.3, before);

  for (const sheet of ["inspector", "charts", "log", "palette"]) {
    await page.tap(`[data-sheet-tab=${sheet}]`);
    await page.waitForSelector(`.lab[data-sheet=${sheet}]`);
    await page.waitForTimeout(300);
    assert.deepEqual(await accessibilityViolations(page), [], sheet);
    assert.ok(await page.isVisible("[data-testid=play]"), "the transport stays in reach");
  }
  await page.tap("[data-kind=db]");
  await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 8);
});

test("with a finger: a box in select mode, taps that add, and parts moved together", async (t) => {
  const { page } = await openPage(t, PHONE);
  await page.waitForSelector("[data-part]");
  await page.waitForTimeout(500);
  const selected = () => page.$$eval("[data-part][aria-current=true]", (cards) => cards.map((card) => card.dataset.part));
  await page.tap("[data-action=select-mode]");
  const [web1, web2] = [await page.locator('[data-part="4"]').boundingBox(), await page.locator('[data-part="5"]').boundingBox()];
  const start = [web1.x - 12, web1.y - 12];
  const end = [web2.x + web2.width - 4, web2.y + web2.height + 10];
  await touch(page, "touchStart", [start]);
  for (const share of [0.3, 0.6, 1]) {
    await touch(page, "touchMove", [[start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share]]);
  }
  await touch(page, "touchEnd", []);
  await page.waitForFunction(() => document.querySelectorAll("[data-part][aria-current=true]").length === 2);
  await becomes(selected, ["4", "5"]);
  await page.tap('[data-part="7"]');
  await page.waitForFunction(() => document.querySelectorAll("[data-part][aria-current=true]").length === 3);
  await page.tap('[data-part="7"]');
  await page.waitForFunction(() => document.querySelectorAll("[data-part][aria-current=true]").length === 2);
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);

  const held = [web1.x + 30, web1.y + 12];
  await touch(page, "touchStart", [held]);
  for (const by of [8, 16, 24]) await touch(page, "touchMove", [[held[0], held[1] + by]]);
  await touch(page, "touchEnd", []);
  await page.waitForFunction((y) => document.querySelector('[data-part="4"]').getBoundingClientRect().y > y + 10, web1.y);
  const moved = await page.locator('[data-part="5"]').boundingBox();
  assert.ok(moved.y > web2.y + 10, "the other moved along");
  await page.tap("[data-action=undo]");
  await page.waitForFunction((y) => Math.abs(document.querySelector('[data-part="4"]').getBoundingClientRect().y - y) < 1.5, web1.y);
});

test("with a finger: from a port to a target, two fingers pan, every button is large enough", { timeout: 60_000 }, async (t) => {
  const { page } = await openPage(t, PHONE);
  await page.waitForSelector("[data-part]");
  const edges = () => page.locator("[data-edge]").count();
  const tap = async (point) => {
    await touch(page, "touchStart", [point]);
    await touch(page, "touchEnd", []);
  };
  await becomes(edges, 7);
  // The port is where its circle is drawn; a target lights up; what cannot be one says why.
  await tap(await middle(page, '[data-part="4"] [data-port=out]'));
  await page.waitForSelector('[data-part="4"][data-wire=source]');
  await page.waitForSelector('[data-part="7"][data-wire=yes]');
  await tap(await middle(page, '[data-part="1"]'));
  await page.waitForFunction(() => /only sends/.test(document.querySelector("[data-testid=hint]")?.textContent));
  await tap(await middle(page, '[data-part="4"] [data-port=out]'));
  await page.waitForSelector('[data-part="7"][data-wire=yes]');
  await tap(await middle(page, '[data-part="7"]'));
  await becomes(edges, 8);
  await page.tap("[data-action=undo]");
  await becomes(edges, 7);
  await page.tap("[data-action=redo]");
  await becomes(edges, 8);

  const before = await page.locator('[data-part="4"]').boundingBox();
  await touch(page, "touchStart", [[150, 600], [250, 600]]);
  for (const by of [20, 40, 60]) await touch(page, "touchMove", [[150, 600 - by], [250, 600 - by]]);
  await touch(page, "touchEnd", []);
  await page.waitForFunction((y) => Math.abs(document.querySelector('[data-part="4"]').getBoundingClientRect().y - y + 60) < 3, before.y);
  const after = await page.locator('[data-part="4"]').boundingBox();
  assert.ok(Math.abs(after.width - before.width) < 2 && Math.abs(after.x - before.x) < 3, "panned, and no larger");
  assert.deepEqual(await smallTargets(page, 40), []);
});
