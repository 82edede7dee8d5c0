// The whole loop in a real browser with real mouse events: build, run, break, watch it being noticed, repair, undo.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./harness.mjs";

/** The number in an element of the page. */
async function figure(page, name) {
  const text = await page.textContent(`[data-testid=${name}]`);
  return Number(text.replaceAll(",", "").match(/[\d.]+/)?.[0] ?? 0);
}

/** Waits until `check` holds, asking several times a second. */
async function until(what, check, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await check()) return;
    if (Date.now() > end) assert.fail(`waited ${seconds} s in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function middle(page, selector) {
  const box = await page.locator(selector).boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

async function drag(page, from, to) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, { steps: 4 });
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up();
}

/** Drags a type from the palette to a place on the canvas; the new part's id. */
async function place(page, kind, x, y) {
  const canvas = await page.locator("#canvas").boundingBox();
  const before = await parts(page);
  await drag(page, await middle(page, `[data-kind=${kind}]`), [canvas.x + x, canvas.y + y]);
  await until(`a new ${kind}`, async () => (await parts(page)).length === before.length + 1, 5);
  return (await parts(page)).find((id) => !before.includes(id));
}

async function parts(page) {
  return page.$$eval("[data-part]", (cards) => cards.map((card) => card.dataset.part));
}

async function wire(page, from, to) {
  const before = await page.locator("[data-edge]").count();
  await drag(page, await middle(page, `[data-part="${from}"] [data-port=out]`), await middle(page, `[data-part="${to}"]`));
  await until(`an edge from ${from} to ${to}`, async () => (await page.locator("[data-edge]").count()) === before + 1, 5);
}

async function choose(page, part, action) {
  await page.click(`[data-part="${part}"]`, { button: "right" });
  await page.click(`[role=menu] [data-action=${action}]`);
}

async function setSpeed(page, step) {
  await page.locator(".speed input").fill(String(step));
}

async function state(page, part) {
  return page.getAttribute(`[data-part="${part}"]`, "data-state");
}

async function open(t) {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.click("[data-action=new]");
  await until("an empty canvas", async () => (await parts(page)).length === 0, 5);
  return page;
}

async function build(page) {
  const client = await place(page, "client", 90, 300);
  const dns = await place(page, "dns", 200, 130);
  const lb = await place(page, "lb", 300, 300);
  const web1 = await place(page, "web", 480, 180);
  const web2 = await place(page, "web", 480, 420);
  const app = await place(page, "app", 650, 300);
  const db = await place(page, "db", 820, 300);
  for (const [from, to] of [[client, dns], [dns, lb], [lb, web1], [lb, web2], [web1, app], [web2, app], [app, db]]) {
    await wire(page, from, to);
  }
  return { client, dns, lb, web1, web2, app, db };
}

test("build, run, break, notice, repair, undo, redo", { timeout: 180_000 }, async (t) => {
  const page = await open(t);
  const { web1, web2 } = await build(page);

  await setSpeed(page, 0);
  await page.click("[data-testid=play]");
  await until("answered requests", async () => (await figure(page, "answered")) > 20);
  assert.equal(await figure(page, "failed"), 0, "nothing fails while everything is up");

  await choose(page, web1, "kill");
  await until("the part shows that it is down", async () => (await state(page, web1)) === "down", 5);
  await until("errors", async () => (await figure(page, "failed")) > 0);
  await setSpeed(page, 3);
  await until("the log says that the checks have noticed", async () =>
    (await page.textContent(".dock-log")).includes("web-1"), 30);
  // Three checks five seconds apart, and then nothing more may fail.
  const noticed = await page.getAttribute("[data-testid=sim-time]", "data-ns");
  await until("20 s of simulated time", async () =>
    Number(await page.getAttribute("[data-testid=sim-time]", "data-ns")) > Number(noticed) + 25e9, 60);
  const failed = await figure(page, "failed");
  const answered = await figure(page, "answered");
  await until("10 s more", async () => (await figure(page, "answered")) > answered + 200, 60);
  assert.equal(await figure(page, "failed"), failed, "errors stop once the health checks have noticed");

  await choose(page, web2, "kill");
  await until("goodput is zero", async () => (await page.textContent("[data-testid=goodput]")).startsWith("0"), 30);

  await choose(page, web1, "restore");
  await choose(page, web2, "restore");
  await until("goodput is back", async () => (await figure(page, "goodput")) > 20, 60);

  await undoAndRedo(page);
});

async function undoAndRedo(page) {
  await page.locator("#canvas").focus();
  for (let steps = 0; (await parts(page)).length > 0; steps += 1) {
    assert.ok(steps < 60, "undo leads back to the empty canvas");
    await page.keyboard.press("Control+z");
    await page.waitForTimeout(20);
  }
  assert.equal(await page.getAttribute("[data-testid=play]", "data-playing"), "true", "it goes on running meanwhile");
  assert.equal(await page.locator("[data-edge]").count(), 0);
  for (let steps = 0; steps < 60 && (await page.isEnabled("[data-action=redo]")); steps += 1) {
    await page.keyboard.press("Control+Shift+z");
    await page.waitForTimeout(20);
  }
  assert.equal((await parts(page)).length, 7, "redo brings everything back");
  assert.equal(await page.locator("[data-edge]").count(), 7);
  const answered = await figure(page, "answered");
  await until("requests are answered again", async () => (await figure(page, "answered")) > answered, 60);
}
