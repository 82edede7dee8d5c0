// Everything by keyboard alone: build, connect, run, break, repair, undo.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

test("a system is built, run and broken without a pointer", { timeout: 90_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.focus("[data-action=new]");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector("[data-part]"));

  for (const kind of ["client", "web"]) {
    await page.focus(`[data-kind=${kind}]`);
    await page.keyboard.press("Enter");
    await page.waitForFunction((kind) => document.activeElement?.dataset.type === kind, kind);
  }
  // From the client to the web server: C, then Tab to the other part, then Enter.
  await page.focus("[data-type=client]");
  await page.keyboard.press("Enter");
  await page.keyboard.press("c");
  await page.waitForSelector('[data-type=client][data-wire="source"]');
  await page.waitForSelector('[data-type=web][data-wire="yes"]');
  for (let steps = 0; steps < 6; steps += 1) {
    if (await page.evaluate(() => document.activeElement?.dataset.type === "web")) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("[data-edge]").length === 1);
  assert.equal(await page.getAttribute("[data-edge]", "aria-label"), "client-1 to web-1, calls");

  // The arrows move what has the focus.
  await page.focus("[data-type=web]");
  await page.keyboard.press("Enter");
  const before = await page.locator("[data-type=web]").boundingBox();
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.waitForTimeout(100);
  const after = await page.locator("[data-type=web]").boundingBox();
  assert.ok(Math.abs(after.x - before.x - 32) < 1 && Math.abs(after.y - before.y - 8) < 1, "32 right, 8 down");
  await page.keyboard.press("Control+z");
  await page.waitForTimeout(100);
  const undone = await page.locator("[data-type=web]").boundingBox();
  assert.ok(Math.abs(undone.x - before.x) < 1 && Math.abs(undone.y - before.y) < 1, "moves in a row are one step back");

  // A tap on Space plays; the step of speed is a slider like any other.
  await page.locator(".speed input").focus();
  for (let steps = 0; steps < 6; steps += 1) await page.keyboard.press("ArrowRight");
  await page.focus("[data-type=web]");
  await page.keyboard.press("Space");
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=answered]").textContent) > 5);

  // Every part and every connection is in the accessibility tree, with kind, state and live values.
  await page.waitForFunction(() => /web-1, Web server, .*\/s/.test(document.querySelector("[data-type=web]").getAttribute("aria-label")));
  await page.waitForFunction(() => /\/s/.test(document.querySelector("[data-edge]").getAttribute("aria-description")));
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send("Accessibility.getFullAXTree");
  const named = nodes.filter((node) => !node.ignored).map((node) => `${node.role?.value}: ${node.name?.value}`);
  assert.ok(named.some((one) => /^group: web-1, Web server, /.test(one)), named.join("\n"));
  assert.ok(named.some((one) => /^button: client-1 to web-1, calls/.test(one)), named.join("\n"));

  // The menu key opens the menu of what has the focus.
  await page.keyboard.press("Shift+F10");
  await page.waitForSelector("[role=menu]");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-type=web][data-state="down"]');
  assert.match(await page.getAttribute("[data-type=web]", "aria-label"), /down/);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.waitForFunction(() => document.activeElement?.dataset.type === "web");

  // What there is, what flows and what fails is told in sentences: aloud, and to be read.
  await page.keyboard.press("i");
  await page.waitForSelector("[role=dialog] [data-testid=summary]");
  const told = await page.textContent("[data-testid=summary]");
  for (const sentence of [/2 parts and 1 connection: 1 × User population, 1 × Web server\./, /client-1 asks web-1\./, /Of [\d,]+ requests/, /web-1 is down\./]) {
    assert.match(told, sentence);
  }
  assert.match(await page.textContent("[role=status][data-testid=announced]"), /web-1 is down\./);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "summary", "what has the focus is read");
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement?.dataset.type === "web");
  await page.keyboard.press("r");
  await page.waitForSelector('[data-type=web][data-state="up"]');
  await page.keyboard.press("Space");
  await page.waitForSelector('[data-testid=play][data-playing="false"]');
  await page.keyboard.press("Delete");
  await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 1);
  assert.equal(await page.locator("[data-edge]").count(), 0, "what hung on it is gone too");
  await page.keyboard.press("Control+z");
  await page.waitForFunction(() => document.querySelectorAll("[data-edge]").length === 1);
});

test("while one types, letters are letters", async (t) => {
  const { page } = await openPage(t);
  await page.waitForSelector("[data-part]");
  await page.click('[data-part="4"]');
  await page.keyboard.press("F2");
  await page.waitForFunction(() => document.activeElement?.id === "inspector-name");
  await page.keyboard.type("kxr ");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector('[data-part="4"] .card-name').textContent.trim() === "kxr");
  assert.equal(await page.getAttribute("[data-testid=play]", "data-playing"), "true");
});

test("copy, cut, paste and duplicate, each one step back", async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  const counts = () => page.evaluate(() => [
    document.querySelectorAll("[data-part]").length,
    document.querySelectorAll("[data-edge]").length,
  ]);
  const press = async (key) => {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  };
  await page.focus("#canvas");
  await press("Control+a");
  await press("Control+c");
  await press("Control+v");
  await becomes(counts, [14, 14], "parts and the edges among them");
  await press("Control+x");
  await becomes(counts, [7, 7]);
  await press("Control+v");
  await becomes(counts, [14, 14]);
  await press("Control+d");
  await becomes(counts, [21, 21]);
  for (let steps = 0; steps < 4; steps += 1) await press("Control+z");
  await becomes(counts, [7, 7]);
  assert.ok(await page.isDisabled("[data-action=undo]"), "nothing else was done");
  const names = await page.$$eval(".card-name", (all) => all.map((one) => one.textContent.trim()));
  assert.deepEqual(names, ["Visitors", "DNS", "Balancer", "web-1", "web-2", "app ×3", "Primary"]);
});

test("the starter itself is built, wired, run, broken and read with nothing but keys", { timeout: 180_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  /** Goes by Tab alone, so that what Tab does not reach fails the test. */
  const reach = async (selector, key = "Tab") => {
    for (let steps = 0; steps < 250; steps += 1) {
      if (await page.evaluate((selector) => Boolean(document.activeElement?.matches(selector)), selector)) return;
      await page.keyboard.press(key);
    }
    assert.fail(`${key} does not lead to ${selector}`);
  };
  await page.keyboard.press("Control+Shift+P");
  await page.waitForSelector("[data-testid=finder-text]:focus");
  await page.keyboard.insertText("new");
  for (let steps = 0; steps < 20; steps += 1) {
    if (await page.locator('[data-row=new][aria-selected=true]').count()) break;
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector("[data-part]"));

  const parts = [];
  for (const kind of ["client", "dns", "lb", "web", "web", "app", "db"]) {
    await reach(`[data-kind=${kind}]`, parts.length ? "Shift+Tab" : "Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(({ kind, parts }) =>
      document.activeElement?.dataset.type === kind && !parts.includes(document.activeElement.dataset.part), { kind, parts });
    parts.push(await page.evaluate(() => document.activeElement.dataset.part));
  }
  // As in fixtures/starter.json.
  const edges = [[1, 2], [2, 3], [3, 4], [3, 5], [4, 6], [5, 6], [6, 7]].map((ends) => ends.map((place) => parts[place - 1]));
  for (const [index, [from, to]] of edges.entries()) {
    await reach(`[data-part="${from}"]`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(`[data-part="${from}"][aria-current=true]`);
    await page.keyboard.press("c");
    await page.waitForSelector(`[data-part="${from}"][data-wire=source]`);
    await page.waitForSelector(`[data-part="${to}"][data-wire=yes]`);
    await reach(`[data-part="${to}"]`);
    await page.keyboard.press("Enter");
    await becomes(() => page.locator("[data-edge]").count(), index + 1);
  }
  await reach("#canvas");
  await page.keyboard.press("l");
  // Faster, and on.
  await reach(".speed input");
  for (let steps = 0; steps < 6; steps += 1) await page.keyboard.press("ArrowRight");
  await reach("#canvas");
  await page.keyboard.press("Space");
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=answered]").textContent.replace(/\D/g, "")) > 20);
  await reach(`[data-part="${parts[3]}"]`);
  await page.keyboard.press("k");
  await page.waitForSelector(`[data-part="${parts[3]}"][data-state=down]`);
  await page.keyboard.press("i");
  await page.waitForSelector("[role=dialog] [data-testid=summary]");
  const told = await page.textContent("[data-testid=summary]");
  assert.match(told, /7 parts and 7 connections/);
  assert.match(told, /web-1 is down/);
  await page.keyboard.press("Escape");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  await reach(`[data-part="${parts[3]}"]`);
  await page.keyboard.press("r");
  await page.waitForSelector(`[data-part="${parts[3]}"][data-state=up]`);
  // All of it is taken back, key by key.
  for (let steps = 0; steps < 60 && !(await page.isDisabled("[data-action=undo]")); steps += 1) await page.keyboard.press("Control+z");
  await becomes(() => page.locator("[data-part]").count(), 0);
});
