// WCAG 2.2 AA beyond axe, on every screen: docs/accessibility.md has the whole list. SCREENS=word looks at some alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, openPage } from "./harness.mjs";
import { DESK, PHONE, tour } from "./screens.mjs";
import { faintMarks, faintWires, obscuredFocus, tightText, twoWays } from "./wcag.mjs";

const wanted = (screen) => screen.includes(process.env.SCREENS ?? "");

/** Goes through the screens and collects what each of the checks says. */
async function look(page, size, checks) {
  const found = [];
  await tour(page, { size }, async (screen) => {
    for (const check of checks) found.push(...(await check(page)).map((sentence) => `${screen}: ${sentence}`));
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/wcag-${size}-${screen.replaceAll(/\W+/g, "-")}.png` });
  }, wanted);
  return found;
}

for (const colorScheme of ["light", "dark"]) {
  test(`what is drawn is seen, ${colorScheme} (1.4.11)`, { timeout: 300_000 }, async (t) => {
    const { page } = await openPage(t, { viewport: DESK, colorScheme });
    await page.waitForSelector("[data-edge]");
    assert.deepEqual(await faintWires(page), []);
    assert.deepEqual(await look(page, "desk", [faintMarks]), []);
  });
}

for (const [lang, locale, size, viewport] of [["English", "en-US", "desk", DESK], ["Korean", "ko-KR", "phone", PHONE]]) {
  test(`letters and lines may be set apart, nothing lies over the focus, ${lang}, ${size} (1.4.12, 2.4.11)`, { timeout: 300_000 }, async (t) => {
    const { page } = await openPage(t, { viewport, locale, ...(size === "phone" ? { hasTouch: true, isMobile: true } : {}) });
    assert.deepEqual(await look(page, size, [tightText, obscuredFocus]), []);
  });
}

test("in a window of 320 pixels nothing is scrolled both ways (1.4.10)", { timeout: 300_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true });
  assert.deepEqual(await look(page, "phone", [twoWays]), []);
});

test("Tab goes through everything and out again, and shows where it is (2.1.2, 2.4.7, 2.4.11)", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: DESK });
  await page.waitForSelector("[data-edge]");
  const here = () => page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const [box, style] = [element.getBoundingClientRect(), getComputedStyle(element)];
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return {
      what: `${element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 30)} <${element.localName}>`,
      part: element.dataset.part, edge: element.dataset.edge, control: Boolean(element.closest(".bar, .palette, .side, .dock")),
      ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5,
      seen: Boolean(top && (element.contains(top) || top.contains(element) || element.closest("label")?.contains(top))),
    };
  });
  const stops = [];
  for (let presses = 0; presses < 400; presses += 1) {
    await page.keyboard.press("Tab");
    const stop = await here();
    if (!stop) break;
    stops.push(stop);
  }
  assert.ok(stops.length < 400, "the focus is caught");
  assert.equal(stops.filter(({ part }) => part).length, 7, "every part");
  assert.equal(stops.filter(({ edge }) => edge).length, 7, "every connection");
  assert.ok(stops.some(({ control }) => control));
  assert.deepEqual(stops.filter(({ ring, seen }) => !ring || !seen).map(({ what }) => what), []);
});

test("what Tab leads to comes into view, wherever the canvas was (2.4.11)", { timeout: 60_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: DESK });
  await page.waitForSelector("[data-edge]");
  for (let clicks = 0; clicks < 5; clicks += 1) await page.click("[data-action=zoom-in]");
  const seen = (selector) => page.evaluate((selector) => {
    const [box, canvas] = [selector, "#canvas"].map((one) => document.querySelector(one).getBoundingClientRect());
    return box.left >= canvas.left - 1 && box.top >= canvas.top - 1 && box.right <= canvas.right + 1 && box.bottom <= canvas.bottom + 1;
  }, selector);
  await becomes(() => seen('[data-part="1"]'), false);
  await becomes(() => seen('[data-part="7"]'), false);
  for (const selector of ['[data-part="1"]', '[data-part="7"]', '[data-edge="8"]', '[data-edge="14"]']) {
    for (let presses = 0; presses < 300; presses += 1) {
      if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) break;
      await page.keyboard.press("Tab");
    }
    await becomes(() => page.evaluate((selector) => document.activeElement?.matches(selector), selector), true, selector);
    await becomes(() => seen(selector), true, selector);
    assert.deepEqual(await page.evaluate(() => [document.querySelector("#canvas").scrollLeft, document.scrollingElement.scrollLeft]), [0, 0]);
  }
});

test("whatever is dragged can be done by single clicks (2.5.7)", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: DESK });
  await page.waitForSelector("[data-edge]");
  const place = async (id) => { const box = await page.locator(`[data-part="${id}"]`).boundingBox(); return [box.x, box.y].map(Math.round); };
  const count = (what) => page.locator(`[data-${what}]`).count();
  const middle = async (selector) => { const box = await page.locator(selector).boundingBox(); return [box.x + box.width / 2, box.y + box.height / 2]; };
  const command = async (id) => {
    await page.click("[data-testid=more]");
    await page.click("[role=menu] [data-action=commands]");
    await page.click(`[data-row="${id}"]`);
    await page.waitForSelector("[data-testid=finder-text]", { state: "detached" });
  };
  // Parts are added and moved.
  await page.click("[data-kind=db]");
  await becomes(() => count("part"), 8);
  await page.click('[data-part="4"]');
  const [x, y] = await place(4);
  await command("leap-up");
  await becomes(async () => (await place(4))[1] < y, true, "up");
  assert.equal((await place(4))[0], x);
  // Connected.
  await page.mouse.click(...(await middle('[data-part="4"] [data-port=out]')));
  await page.waitForSelector('[data-part="7"][data-wire=yes]');
  await page.mouse.click(...(await middle('[data-part="7"]')));
  await becomes(() => count("edge"), 8);
  // Several are selected.
  await page.click("[data-action=select-mode]");
  await page.click('[data-part="5"]');
  await page.click('[data-part="6"]');
  await becomes(() => page.locator(".card.selected").count(), 2);
  await page.click("[data-action=select-mode]");
  // The view is moved.
  for (let clicks = 0; clicks < 3; clicks += 1) await page.click("[data-action=zoom-in]");
  await page.waitForSelector("[data-testid=minimap]");
  const before = await place(4);
  const map = await page.locator("[data-testid=minimap]").boundingBox();
  await page.mouse.click(map.x + 12, map.y + map.height / 2);
  await becomes(async () => (await place(4))[0] > before[0], true, "a click in the overview");
  await page.click("[data-action=fit]");
  // Another time, and a fault planned there.
  await page.click("[data-testid=play]");
  await page.waitForSelector("[data-testid=play][data-playing=false]");
  const bar = await page.locator("[data-testid=scrubber]").boundingBox();
  // The axis ends a little after what was simulated: once the run is back there, it may end earlier.
  const end = Number(await page.getAttribute("[data-testid=scrubber]", "data-end"));
  await page.mouse.click(bar.x + bar.width / 2, bar.y + bar.height / 2);
  await page.waitForFunction((end) => Math.abs(Number(document.querySelector("[data-testid=sim-time]").dataset.ns) / end - 0.5) < 0.02, end);
});

test("what moves stops with the run (2.2.2)", { timeout: 60_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: DESK });
  const painted = async () => (await page.locator("#canvas").screenshot()).toString("base64");
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
  await page.click("[data-testid=play]");
  await page.waitForSelector("[data-testid=play][data-playing=false]");
  const time = () => page.getAttribute("[data-testid=sim-time]", "data-ns");
  const at = await time();
  const frames = (many) => page.evaluate((many) => new Promise((done) => {
    const next = (left) => (left > 0 ? requestAnimationFrame(() => next(left - 1)) : done());
    next(many);
  }), many);
  await frames(30);
  const still = await painted();
  await frames(60);
  assert.ok((await painted()) === still, "nothing is painted anew");
  assert.equal(await time(), at);
  const moving = await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length);
  assert.equal(moving, 0, "no animation of a style sheet runs on");
});

test("what the pointer rests on brings up nothing that lies over anything (1.4.13)", { timeout: 60_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: DESK });
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
  await page.click("[data-testid=play]");
  await page.waitForSelector("[data-testid=play][data-playing=false]");
  const over = () => page.evaluate(() => [...document.querySelectorAll("body *")].filter((element) =>
    /absolute|fixed/.test(getComputedStyle(element).position) && element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && element.innerText?.trim()).length);
  await page.mouse.move(2, 2);
  const before = await over();
  for (const what of ["[data-action=share]", "[data-testid=more]", "[data-kind=web]", '[data-part="4"]', '[data-part="4"] [data-port=out]', '[data-edge="12"]',
    ".scoreboard", "[data-action=fit]", ".charts canvas", "[data-testid=scrubber]", "[data-testid=run-details]", ".row-label"]) {
    const box = await page.locator(what).first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 3 });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const cursor = page.locator("[data-testid=canvas-cursor]");
    if (what === ".charts canvas") await cursor.waitFor();
    if ((await cursor.count()) > 0) {
      // The instant that is pointed at is told in all charts: Escape takes it away, and the pointer need not move.
      await page.keyboard.press("Escape");
      await page.waitForSelector("[data-testid=canvas-cursor]", { state: "detached" });
    }
    assert.equal(await over(), before, what);
  }
});

test("a value that cannot be is told beside its field, in words, and changes nothing (3.3.1, 3.3.2, 3.3.3)", { timeout: 60_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: DESK });
  await page.waitForSelector("[data-part]");
  await page.click('[data-part="4"]');
  const field = page.locator("[data-param=workers]");
  const given = await field.inputValue();
  for (const wrong of ["many", "-3", "1e99"]) {
    await field.fill(wrong);
    await field.press("Enter");
    await page.waitForSelector("[data-param=workers][aria-invalid=true]");
    const said = await field.evaluate((field) => document.getElementById(field.getAttribute("aria-describedby"))?.textContent);
    assert.match(said, /\d.*\d/, "the limits are named");
    assert.equal(await field.inputValue(), wrong, "what was typed can be mended");
    assert.ok(await page.isDisabled("[data-action=undo]"), "nothing was changed");
  }
  await field.fill("9");
  await field.press("Enter");
  await page.waitForSelector("[data-param=workers]:not([aria-invalid])");
  assert.ok(!(await page.isDisabled("[data-action=undo]")));
  assert.notEqual(given, "9");
  // Every field has a name of its own.
  const nameless = await page.evaluate(() => [...document.querySelectorAll("input:not([type=hidden]), textarea, select")]
    .filter((field) => field.checkVisibility() && !(field.ariaLabel || field.labels?.length || field.getAttribute("aria-labelledby"))).map((field) => field.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
});
