// The canvas under a mouse: pan, zoom, select, move, wire, refuse, cut.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, openPage } from "./harness.mjs";

async function started(t) {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.waitForTimeout(300);
  return page;
}

const box = (page, part) => page.locator(`[data-part="${part}"]`).boundingBox();

async function drag(page, from, to, { button = "left", key } = {}) {
  if (key) await page.keyboard.down(key);
  await page.mouse.move(...from);
  await page.mouse.down({ button });
  await page.mouse.move(...to, { steps: 8 });
  await page.mouse.up({ button });
  if (key) await page.keyboard.up(key);
  await page.waitForTimeout(100);
}

const near = (one, other, what) => assert.ok(Math.abs(one - other) < 1.5, `${what}: ${one} and ${other}`);

test("pan and zoom", async (t) => {
  const page = await started(t);
  const before = await box(page, 4);
  await drag(page, [700, 620], [760, 590]);
  const panned = await box(page, 4);
  near(panned.x - before.x, 60, "a drag of the empty canvas moves it");
  near(panned.y - before.y, -30, "down and up");
  await drag(page, [700, 620], [640, 650], { button: "middle" });
  near((await box(page, 4)).x, before.x, "so does the middle button");
  await page.mouse.wheel(0, 50);
  await page.waitForTimeout(100);
  near((await box(page, 4)).y, before.y - 50, "and the wheel");
  await page.mouse.wheel(0, -50);

  const at = [before.x + before.width / 2, before.y + before.height / 2];
  await page.mouse.move(...at);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await page.waitForTimeout(100);
  const zoomed = await box(page, 4);
  assert.ok(zoomed.width > before.width * 1.2, "Ctrl and the wheel zoom");
  near(zoomed.x + zoomed.width / 2, at[0], "about the pointer");
  await page.keyboard.press("Shift+Digit1");
  await page.waitForTimeout(100);
  near((await box(page, 4)).x, before.x, "Shift+1 shows everything again");

  // Space held and dragged pans, even from a part; it does not play or pause.
  const playing = await page.getAttribute("[data-testid=play]", "data-playing");
  await drag(page, at, [at[0] + 40, at[1]], { key: "Space" });
  near((await box(page, 4)).x - before.x, 40, "Space and a drag");
  assert.equal(await page.getAttribute("[data-testid=play]", "data-playing"), playing);
});

test("select a box, move together, one step back", async (t) => {
  const page = await started(t);
  const [web1, web2] = [await box(page, 4), await box(page, 5)];
  await drag(page, [web1.x - 20, web1.y - 20], [web1.x + 150, web2.y + 90], { key: "Shift" });
  assert.equal(await page.locator("[data-part][aria-current]").count(), 2);
  await drag(page, [web1.x + 30, web1.y + 30], [web1.x + 30, web1.y - 50]);
  const [moved1, moved2] = [await box(page, 4), await box(page, 5)];
  assert.ok(moved1.y < web1.y - 60 && moved2.y < web2.y - 60, "both have moved");
  near(moved1.y - web1.y, moved2.y - web2.y, "by the same");
  await page.keyboard.press("Control+z");
  await page.waitForTimeout(150);
  near((await box(page, 4)).y, web1.y, "undo");
  near((await box(page, 5)).y, web2.y, "undo of both");
});

test("what cannot be connected is told in words", async (t) => {
  const page = await started(t);
  const port = await page.locator('[data-part="4"] [data-port=out]').boundingBox();
  const client = await box(page, 1);
  const edges = await page.locator("[data-edge]").count();
  await page.mouse.move(port.x + port.width / 2, port.y + port.height / 2);
  await page.mouse.down();
  await page.mouse.move(client.x + 50, client.y + 30, { steps: 8 });
  await page.waitForSelector('[data-part="1"][data-wire=no]');
  await page.waitForSelector('[data-part="7"][data-wire=yes]');
  assert.match(await page.textContent("[data-testid=hint]"), /only sends/);
  await page.mouse.up();
  await page.waitForTimeout(150);
  assert.equal(await page.locator("[data-edge]").count(), edges);
});

test("an edge is selected where it is drawn, cut and restored by its menu", async (t) => {
  const page = await started(t);
  const handle = await page.locator('[data-edge="14"]').boundingBox();
  const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
  // Beside the handle, on the line itself.
  await page.mouse.click(x + 18, y + 1);
  await page.waitForSelector('[data-edge="14"][aria-pressed=true]');
  await page.mouse.click(x + 18, y + 1, { button: "right" });
  await page.click("[role=menu] [data-action=cut]");
  await page.waitForSelector('[data-edge="14"][data-cut=true]');
  assert.match(await page.getAttribute('[data-edge="14"]', "aria-label"), /app to Primary, calls, cut/);
  await page.click('[data-edge="14"]', { button: "right" });
  await page.click("[role=menu] [data-action=restore]");
  await page.waitForSelector('[data-edge="14"]:not([data-cut])');
  await page.keyboard.press("Escape");
  await page.click('[data-edge="14"]');
  await page.keyboard.press("Delete");
  await page.waitForFunction(() => !document.querySelector('[data-edge="14"]'));
});

test("an overview shows where one is while something is out of view, and leads elsewhere", async (t) => {
  const page = await started(t);
  assert.equal(await page.locator("[data-testid=minimap]").count(), 0, "everything is in view");
  await drag(page, [700, 620], [100, 620]);
  const map = await page.locator("[data-testid=minimap]").boundingBox();
  const drawn = await page.$$eval("[data-testid=minimap] path", (paths) => paths.map((path) => path.getAttribute("d")).join(""));
  assert.equal(drawn.split("M").length - 1, 7, "seven parts");
  assert.equal(await page.locator("[data-testid=minimap] rect").count(), 1, "and the view");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  // The leftmost card is the client's.
  const canvas = await page.locator("#canvas").boundingBox();
  assert.ok((await box(page, 1)).x < canvas.x, "out of view");
  await page.mouse.click(map.x + 16, map.y + map.height / 2);
  await page.waitForTimeout(100);
  const client = await box(page, 1);
  assert.ok(client.x > canvas.x && client.x + client.width < canvas.x + canvas.width, "in view");
  await page.focus("#canvas");
  await page.keyboard.press("m");
  await page.waitForFunction(() => !document.querySelector("[data-testid=minimap]"));
});
