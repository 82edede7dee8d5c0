// Wiring: from port to port, by clicks, by keys; what can be connected lights up, what cannot says why.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

async function started(t, options = {}) {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 }, ...options });
  await page.waitForSelector("[data-part]");
  await page.waitForTimeout(300);
  return page;
}

const counts = (page) => page.evaluate(() => [
  document.querySelectorAll("[data-part]").length,
  document.querySelectorAll("[data-edge]").length,
]);
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label")?.split(",")[0] ?? "");

async function middle(page, selector) {
  const box = await page.locator(selector).boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

test("a click on a port, then on a target; a wrong target is refused in words", async (t) => {
  const page = await started(t);
  const [x, y] = await middle(page, '[data-part="4"] [data-port=out]');
  await page.mouse.click(x, y);
  await page.waitForSelector('[data-part="4"][data-wire=source]');
  await page.waitForSelector('[data-part="7"][data-wire=yes]');
  await page.waitForSelector('[data-part="1"][data-wire=no]');
  assert.deepEqual(await accessibilityViolations(page), []);
  // Playwright does not click what is marked as no target; a hand does.
  await page.mouse.click(...(await middle(page, '[data-part="1"]')));
  await page.waitForFunction(() => /only sends/.test(document.querySelector("[data-testid=hint]")?.textContent));
  await becomes(() => counts(page), [7, 7]);
  await page.mouse.click(x, y);
  await page.click('[data-part="7"]');
  await becomes(() => counts(page), [7, 8]);
  await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [7, 7]);

  // With Shift, one target after another.
  await page.mouse.click(x, y);
  await page.click('[data-part="7"]', { modifiers: ["Shift"] });
  await page.click('[data-part="5"]', { modifiers: ["Shift"] });
  await becomes(() => counts(page), [7, 9]);
  await page.waitForSelector('[data-part="4"][data-wire=source]');
  await page.keyboard.press("Escape");
  await page.waitForSelector('[data-part="4"]:not([data-wire])');
});

test("a wire that ends on the empty canvas asks for a type and adds it there, in one step", async (t) => {
  const page = await started(t);
  const [x, y] = await middle(page, '[data-part="7"]');
  const from = await middle(page, '[data-part="6"] [data-port=out]');
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(x, y + 200, { steps: 8 });
  await page.mouse.up();
  await page.waitForSelector("[role=menu] [data-grow=db]:focus");
  assert.deepEqual(await accessibilityViolations(page), []);
  assert.deepEqual(await findings(page), []);
  assert.equal(await page.locator("[role=menu] [data-grow=client]").count(), 0, "nobody calls a client");
  await page.click("[data-grow=db]");
  await becomes(() => counts(page), [8, 8]);
  const [newX, newY] = await middle(page, "[data-part][aria-current=true]");
  assert.ok(Math.abs(newX - x) < 8 && Math.abs(newY - y - 200) < 8, "where the wire ended");
  await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [7, 7]);
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(x, y + 200, { steps: 8 });
  await page.mouse.up();
  await page.waitForSelector("[role=menu]");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("[role=menu]"));
  await becomes(() => counts(page), [7, 7], "Escape adds nothing");
});

test("Alt and the arrows walk the graph", async (t) => {
  const page = await started(t);
  await page.focus('[data-part="1"]');
  const way = [];
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"]) {
    await page.keyboard.press(`Alt+${key}`);
    await page.waitForTimeout(60);
    way.push(await focused(page));
  }
  assert.deepEqual(way.slice(0, 2), ["DNS", "Balancer"]);
  assert.match(way[2], /web-[12]/);
  assert.equal(way[3], "app");
  assert.match(way[4], /web-[12]/);
  await page.focus('[data-part="4"]');
  await page.keyboard.press("Alt+ArrowDown");
  await page.waitForFunction(() => document.activeElement?.dataset.part === "5");
  await page.keyboard.press("Alt+ArrowUp");
  await page.waitForFunction(() => document.activeElement?.dataset.part === "4");
  assert.equal(await page.getAttribute('[data-part="4"]', "aria-current"), "true");
  // From a connection to its end.
  await page.focus('[data-edge="14"]');
  await page.keyboard.press("Alt+ArrowRight");
  await page.waitForFunction(() => document.activeElement?.dataset.part === "7");
});

test("a system is built with Ctrl and the arrows alone, and undone", { timeout: 60_000 }, async (t) => {
  const page = await started(t);
  await page.click("[data-action=new]");
  await page.waitForFunction(() => !document.querySelector("[data-part]"));
  await page.focus("[data-kind=client]");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.dataset.type === "client");
  const add = async (key, kind) => {
    await page.keyboard.press(`Control+${key}`);
    await page.waitForSelector("[role=menu]");
    for (let steps = 0; steps < 20 && (await page.evaluate(() => document.activeElement.dataset.grow)) !== kind; steps += 1) {
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
    await page.waitForFunction((kind) => document.activeElement?.dataset.type === kind, kind);
  };
  await add("ArrowRight", "lb");
  await add("ArrowRight", "web");
  await add("ArrowRight", "db");
  await becomes(() => counts(page), [4, 3]);
  // A second web server with the same connections.
  await page.keyboard.press("Alt+ArrowLeft");
  await page.waitForFunction(() => document.activeElement?.dataset.type === "web");
  await page.keyboard.press("Control+ArrowDown");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label")?.startsWith("web-2"));
  await becomes(() => counts(page), [5, 5]);
  const labels = await page.$$eval("[data-edge]", (edges) => edges.map((edge) => edge.getAttribute("aria-label")));
  assert.ok(labels.includes("lb-1 to web-2, calls") && labels.includes("web-2 to db-1, calls"), labels.join("; "));
  assert.deepEqual(await findings(page), []);

  // It runs.
  await page.keyboard.press("Space");
  await page.locator(".speed input").fill("0");
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=answered]").textContent) > 5);
  assert.equal(await page.textContent("[data-testid=failed]"), "0");
  await page.focus("#canvas");
  for (let steps = 0; steps < 5; steps += 1) await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [0, 0], "each addition is one step");
});

test("the end of a connection is dragged to another part, or led there by the menu", async (t) => {
  const page = await started(t);
  const label = () => page.getAttribute('[data-edge="12"]', "aria-label");
  await page.click('[data-edge="12"]');
  assert.equal(await label(), "web-1 to app, calls");
  const end = await middle(page, "[data-edge-end]");
  await page.mouse.move(...end);
  await page.mouse.down();
  await page.mouse.move(...(await middle(page, '[data-part="7"]')), { steps: 8 });
  await page.waitForSelector('[data-part="7"][data-wire=yes]');
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector('[data-edge="12"]').getAttribute("aria-label") === "web-1 to Primary, calls");
  await page.keyboard.press("Control+z");
  await page.waitForFunction(() => document.querySelector('[data-edge="12"]').getAttribute("aria-label") === "web-1 to app, calls");

  // By keys alone, and a refusal in words.
  await page.focus('[data-edge="12"]');
  await page.keyboard.press("Shift+F10");
  await page.waitForSelector("[role=menu] [data-action=reroute]");
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.focus("[role=menu] [data-action=reroute]");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-part="4"][data-wire=source]');
  await page.focus('[data-part="5"]');
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector('[data-edge="12"]').getAttribute("aria-label") === "web-1 to web-2, calls");
  await page.keyboard.press("Control+z");
  await page.focus('[data-edge="12"]');
  await page.keyboard.press("Enter");
  await page.mouse.move(...end);
  await page.mouse.down();
  await page.mouse.move(...(await middle(page, '[data-part="1"]')), { steps: 8 });
  await page.waitForFunction(() => /only sends/.test(document.querySelector("[data-testid=hint]")?.textContent));
  await page.mouse.up();
  assert.equal(await label(), "web-1 to app, calls");
});

/** How many pixels are painted just above the middle of a connection, where its name stands. */
const letters = (page, id) => page.evaluate((id) => {
  const canvas = document.querySelector("#canvas > canvas");
  const bounds = canvas.getBoundingClientRect();
  const handle = document.querySelector(`[data-edge="${id}"]`).getBoundingClientRect();
  const scale = canvas.width / bounds.width;
  const [x, y] = [handle.x + handle.width / 2 - bounds.x, handle.y + handle.height / 2 - bounds.y];
  const { data } = canvas.getContext("2d").getImageData((x - 50) * scale, (y - 24) * scale, 100 * scale, 20 * scale);
  return data.filter((value, at) => at % 4 === 3 && value > 128).length;
}, id);

test("a connection is called something: shown, found, copied, drawn and taken back", { timeout: 60_000 }, async (t) => {
  const page = await started(t);
  const label = (id) => page.getAttribute(`[data-edge="${id}"]`, "aria-label");
  // Standing still, so that nothing but the name changes what is painted.
  await page.click("[data-testid=play]");
  await page.waitForSelector("[data-testid=play][data-playing=false]");
  await page.focus('[data-edge="12"]');
  await page.keyboard.press("Enter");
  await page.keyboard.press("F2");
  await page.waitForSelector("#inspector-name:focus");
  assert.equal(await page.getAttribute("#inspector-name", "placeholder"), "web-1 → app");
  const plain = await letters(page, 12);
  await page.keyboard.insertText("orders & <carts>");
  await page.keyboard.press("Enter");
  await becomes(() => label(12), "orders & <carts>: web-1 to app, calls");
  await becomes(async () => (await letters(page, 12)) > plain + 60, true, "its letters stand above the line");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);

  // Found by its name and by its ends.
  for (const words of ["carts", "web-1 → app"]) {
    await page.keyboard.press("Escape");
    await page.focus("#canvas");
    await page.keyboard.press("Control+f");
    await page.waitForSelector("[data-testid=finder-text]:focus");
    await page.keyboard.insertText(words);
    await page.waitForFunction(() => document.querySelectorAll("[data-row]").length === 1);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.dataset.edge === "12");
  }

  // It goes along with copies, and a reload finds it.
  await page.focus("#canvas");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+d");
  await becomes(() => counts(page), [14, 14]);
  await page.waitForFunction(() => document.querySelectorAll('[data-edge][aria-label^="orders & <carts>: "]').length === 2);
  await page.keyboard.press("Control+z");
  await page.reload();
  await page.waitForSelector("[data-part]");
  await becomes(() => label(12), "orders & <carts>: web-1 to app, calls");
  await page.focus('[data-edge="12"]');
  await page.keyboard.press("Enter");
  await page.keyboard.press("Delete");
  await becomes(() => counts(page), [7, 6]);
  await page.keyboard.press("Control+z");
  await becomes(() => label(12), "orders & <carts>: web-1 to app, calls", "with its name");
  await page.keyboard.press("Control+z");
  await becomes(() => label(12), "web-1 to app, calls");
});
