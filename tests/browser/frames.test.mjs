// Sites, zones and machines around parts: grouped by hand, dragged into and out of, moved as a whole, by mouse and keys.

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

const box = (page, part) => page.locator(`[data-part="${part}"]`).boundingBox();
const around = (outer, inner) => inner.x > outer.x && inner.y > outer.y
  && inner.x + inner.width < outer.x + outer.width && inner.y + inner.height < outer.y + outer.height;

async function drag(page, from, to) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 8 });
  await page.mouse.up();
}

/** Parts 4 and 5 selected and put into a site; its id. */
async function grouped(page) {
  await page.click('[data-part="4"]');
  await page.click('[data-part="5"]', { modifiers: ["Shift"] });
  await page.keyboard.press("Control+g");
  await page.waitForSelector(".card.frame[aria-current=true]");
  return page.getAttribute(".card.frame", "data-part");
}

test("a selection is put into a site, moved with it, and set free again", { timeout: 60_000 }, async (t) => {
  const page = await started(t);
  const site = await grouped(page);
  const frame = await box(page, site);
  for (const part of [4, 5]) assert.ok(around(frame, await box(page, part)), `${part} is in the frame`);
  assert.match(await page.getAttribute('[data-part="4"]', "aria-label"), /inside site-1/);
  assert.match(await page.getAttribute(`[data-part="${site}"]`, "aria-label"), /site-1, Site, .*with 2 parts inside/);
  assert.equal(await page.inputValue("#inspector-name"), "site-1");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);

  // By its head it takes along what is in it, and the run goes on.
  const before = await box(page, 4);
  const answered = await page.textContent("[data-testid=answered]");
  await drag(page, [frame.x + 60, frame.y + 12], [frame.x + 60, frame.y + 92]);
  const moved = async () => [(await box(page, 4)).y - before.y, (await box(page, site)).y - frame.y];
  await becomes(async () => (await moved()).every((by) => Math.abs(by - 80) < 6), true, "to the grid");
  await page.waitForFunction((before) => document.querySelector("[data-testid=answered]").textContent !== before, answered);
  await page.keyboard.press("Control+z");
  await becomes(async () => Math.round((await box(page, 4)).y - before.y), 0, "one step back");

  // Killed, all that is inside is down.
  await page.click(`[data-part="${site}"]`, { button: "right", position: { x: 60, y: 12 } });
  await page.click("[role=menu] [data-action=kill]");
  await page.waitForSelector('[data-part="4"][data-state=down]');
  await page.waitForSelector('[data-part="5"][data-state=down]');
  await page.keyboard.press("Control+z");
  await page.waitForSelector('[data-part="4"]:not([data-state=down])');

  await page.keyboard.press("Control+Shift+G");
  await page.waitForFunction(() => !document.querySelector(".card.frame"));
  assert.equal(await page.locator("[data-part][aria-current]").count(), 2, "what was in it is selected");
  await page.keyboard.press("Control+z");
  await page.waitForSelector(".card.frame");
  await page.keyboard.press("Control+z");
  await page.waitForFunction(() => !document.querySelector(".card.frame"));
});

test("parts are dragged into a frame and out of it; a click beside them selects the frame", { timeout: 60_000 }, async (t) => {
  const page = await started(t);
  const site = await grouped(page);
  const label = (part) => page.getAttribute(`[data-part="${part}"]`, "aria-label");
  const isInside = async (part) => /inside site-1/.test(await label(part));
  await page.keyboard.press("Escape");
  const [frame, app] = [await box(page, site), await box(page, 6)];
  // While it hangs over the frame, the frame says so.
  await page.mouse.move(app.x + 20, app.y + 20);
  await page.mouse.down();
  await page.mouse.move(frame.x + frame.width / 2, frame.y + frame.height / 2, { steps: 8 });
  await page.waitForSelector(`[data-part="${site}"].target`);
  await page.mouse.up();
  await becomes(() => isInside(6), true);
  await page.keyboard.press("Control+z");
  await becomes(() => isInside(6), false);

  const web = await box(page, 4);
  await drag(page, [web.x + 20, web.y + 20], [web.x + 20, web.y - 160]);
  await becomes(() => isInside(4), false, "dragged out");
  await becomes(() => isInside(5), true);
  await page.keyboard.press("Control+z");
  await becomes(() => isInside(4), true);

  await page.mouse.click(frame.x + 8, frame.y + frame.height - 8);
  await page.waitForSelector(`[data-part="${site}"][aria-current=true]`);
  // A machine in the zone, and a region around it: by keys alone.
  await page.click('[data-part="4"]');
  await page.keyboard.press("Control+Shift+P");
  await page.keyboard.type("new server");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll(".card.frame").length === 2);
  await page.click(`[data-part="${site}"]`, { position: { x: 60, y: 12 } });
  await page.keyboard.press("Control+g");
  await page.waitForFunction(() => document.querySelectorAll(".card.frame").length === 3);
  const [machine, region] = [await box(page, Number(site) + 1), await box(page, Number(site) + 2)];
  assert.ok(around(await box(page, site), machine), "the machine is in the zone");
  assert.ok(around(region, await box(page, site)), "the zone is in the region");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);

  // Laid out, what belongs together stays together.
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
  await becomes(async () => around(await box(page, site), await box(page, 5)), true);
  await becomes(async () => around(await box(page, Number(site) + 1), await box(page, 4)), true);
  // Deleted, a frame takes what is in it along; undone, it comes back with it.
  await page.click(`[data-part="${site}"]`, { position: { x: 60, y: 12 } });
  await page.keyboard.press("Delete");
  await page.waitForFunction(() => !document.querySelector('[data-part="4"], [data-part="5"]'));
  await page.keyboard.press("Control+z");
  await page.waitForSelector('[data-part="4"]');
});

test("by the panel of details a part is put into a frame, without a pointer", { timeout: 60_000 }, async (t) => {
  const page = await started(t);
  await grouped(page);
  await page.focus('[data-part="7"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-param=inside]");
  await page.selectOption("[data-param=inside]", { label: "site-1" });
  await becomes(async () => /inside site-1/.test(await page.getAttribute('[data-part="7"]', "aria-label")), true);
  await page.focus("#canvas");
  await page.keyboard.press("Control+z");
  await becomes(async () => /inside site-1/.test(await page.getAttribute('[data-part="7"]', "aria-label")), false);
});

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark, in Korean", { colorScheme: "dark", locale: "ko-KR" }],
  ["on a phone", { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "ko-KR" }],
]) {
  test(`frames within frames, ${name}: nothing that axe or the eye objects to`, { timeout: 60_000 }, async (t) => {
    const page = await started(t, options);
    const document = {
      version: 1,
      name: "Regions",
      parts: [
        { id: 1, type: "client", name: "Users", at: [0, 200] },
        { id: 2, type: "site", name: "eu-west" },
        { id: 3, type: "site", name: "eu-west-1a", inside: 2 },
        { id: 4, type: "site", name: "eu-west-1b", inside: 2, at: [520, 420] },
        { id: 5, type: "lb", name: "Balancer", inside: 2, at: [240, 200] },
        { id: 6, type: "server", name: "machine", inside: 3, params: { cores: 2 } },
        { id: 7, type: "web", name: "web-1", inside: 6, at: [540, 100] },
        { id: 8, type: "app", name: "app-1", inside: 6, at: [740, 100] },
      ],
      edges: [
        { id: 11, from: 1, to: 5 },
        { id: 12, from: 5, to: 7 },
        { id: 13, from: 7, to: 8 },
      ],
    };
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    }, JSON.stringify(document));
    await page.waitForFunction(() => document.querySelectorAll(".card.frame").length === 4);
    await page.waitForTimeout(500);
    for (const [outer, inner] of [[2, 3], [2, 4], [2, 5], [3, 6], [6, 7], [6, 8]]) {
      assert.ok(around(await box(page, outer), await box(page, inner)), `${inner} is in ${outer}`);
    }
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/frames-${name.replaceAll(/\W+/g, "-")}.png` });
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(await accessibilityViolations(page), []);
  });
}
