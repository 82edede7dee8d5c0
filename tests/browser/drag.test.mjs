// Fifty of two hundred parts dragged while traffic flows: what it costs the page's thread.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./harness.mjs";
import { frames, kinds, percentile, trace } from "./trace.mjs";

const SECONDS = Number(process.env.DRAG_SECONDS ?? 6);

/** A lattice of 200 parts: clients in front, apps in rows, databases behind, each calling two of the next column. */
function lattice() {
  const [columns, rows] = [20, 10];
  const type = (column) => (column === 0 ? "client" : column === columns - 1 ? "db" : "app");
  const parts = Array.from({ length: columns * rows }, (_, index) => {
    const [column, row] = [Math.floor(index / rows), index % rows];
    const params = column === 0 ? { rate_rps: 20, static_share: 0 } : column === columns - 1 ? {} : { service_time: { exp: { mean_ms: 2 } } };
    return { id: index + 1, type: type(column), name: `p${index + 1}`, at: [column * 200, row * 120], params };
  });
  const edges = [];
  for (const part of parts.slice(0, -rows)) {
    for (const step of [rows, part.id % rows === 0 ? rows - 1 : rows + 1]) {
      edges.push({ id: 1000 + edges.length, from: part.id, to: part.id + step, weight: 0.5, policy: { timeout_ms: 5000 } });
    }
  }
  return { version: 1, name: "Lattice", parts, edges };
}

const answered = (page) => page.evaluate(() =>
  Number(document.querySelector("[data-testid=answered]")?.textContent.replace(/\D/g, "") ?? 0));

test("fifty of two hundred parts are dragged while the run goes on", { timeout: 180_000 }, async (t) => {
  const { page, context } = await openPage(t, { viewport: { width: 1600, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.keyboard.press("Control+O");
  await page.fill("[data-testid=open-text]", JSON.stringify(lattice()));
  await page.click("[data-testid=open-go]");
  await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 200);
  await page.keyboard.press("Shift+!");
  await page.keyboard.press("v");
  // Five columns of ten.
  const box = async (id) => page.locator(`[data-part="${id}"]`).boundingBox();
  const [from, to] = [await box(51), await box(100)];
  await page.mouse.move(from.x - 4, from.y - 4);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width + 3, to.y + to.height + 3, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelectorAll(".card.selected").length === 50);
  await page.keyboard.press("v");

  const before = await answered(page);
  const grip = await box(75);
  const [x, y] = [grip.x + grip.width / 2, grip.y + grip.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 8, y + 8);
  const stop = await trace(context, page);
  await page.evaluate(() => {
    globalThis.frames = [];
    const next = (at) => { globalThis.frames.push(at); globalThis.dragging = requestAnimationFrame(next); };
    globalThis.dragging = requestAnimationFrame(next);
  });
  const end = Date.now() + SECONDS * 1000;
  for (let step = 0; Date.now() < end; step += 1) {
    await page.mouse.move(x + 60 * Math.cos(step / 20), y + 60 * Math.sin(step / 20));
  }
  const times = await page.evaluate(() => { cancelAnimationFrame(globalThis.dragging); return globalThis.frames; });
  const heard = await stop();
  await page.mouse.up();

  const perFrame = frames(heard);
  const [all, script] = [perFrame.map((frame) => frame.all), perFrame.map((frame) => frame.script)];
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const smooth = gaps.filter((gap) => gap <= 17.5).length / gaps.length;
  const figures = (list) => `median ${percentile(list, 0.5).toFixed(1)} ms, 99th percentile ${percentile(list, 0.99).toFixed(1)} ms`;
  t.diagnostic(`${perFrame.length} frames in ${SECONDS} s; ${(smooth * 100).toFixed(1)} % of their intervals at most 17.5 ms`);
  t.diagnostic(`main thread per frame: ${figures(all)}; of that the page's own code: ${figures(script)}`);
  if (process.env.DRAG_KINDS) {
    for (const [name, ms] of kinds(heard).slice(0, 12)) t.diagnostic(`${name}: ${(ms / perFrame.length).toFixed(2)} ms per frame`);
    for (const { from, until, all } of [...perFrame].sort((a, b) => b.all - a.all).slice(0, 6)) {
      const parts = kinds(heard, from, until).slice(0, 8).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
      t.diagnostic(`a slow one, ${all.toFixed(1)} ms: ${parts.join(", ")}`);
    }
  }
  assert.ok(perFrame.length > SECONDS * 10, `only ${perFrame.length} frames`);
  // The budgets of frames (95 % within 17.5 ms, 10 ms of the thread) are for a machine of one's own; that of the page's own
  // code holds on shared ones, too. DRAG_STRICT=1 asks for all of them.
  assert.ok(percentile(script, 0.99) < 10, `${percentile(script, 0.99)} ms of the page's own code`);
  if (process.env.DRAG_STRICT) {
    assert.ok(percentile(all, 0.99) <= 10, `${percentile(all, 0.99)} ms of the page's thread`);
    assert.ok(smooth >= 0.95, `${smooth} of the frames`);
  }
  await page.waitForFunction((before) => Number(document.querySelector("[data-testid=answered]").textContent.replace(/\D/g, "")) > before, before);
  const moved = await box(75);
  assert.ok(Math.hypot(moved.x - grip.x, moved.y - grip.y) > 5, "the parts are where they were dropped");
  await page.keyboard.press("Control+Z");
  await page.waitForFunction(([id, x]) => Math.abs(document.querySelector(`[data-part="${id}"]`).getBoundingClientRect().x - x) < 2, [75, grip.x]);
});
