// The timeline: back to an earlier instant, another future from there, and planned faults placed, moved and stretched on it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";
import { nanoseconds, playTo } from "./steps.mjs";

async function details(page) {
  if ((await page.getByTestId("digest").count()) === 0) await page.getByTestId("run-details").click();
  return page.evaluate(() => ({
    ns: Number(document.querySelector("[data-testid=sim-ns]").textContent.replace(/\D/g, "")),
    digest: document.querySelector("[data-testid=digest]").textContent,
  }));
}

/** A place of the scrubber, as a share of its length; above the lanes of faults. */
async function place(page, share, y = 0.9) {
  const box = await page.getByTestId("scrubber").boundingBox();
  return [box.x + box.width * share, box.y + box.height * y];
}

/** Drags the playhead to a second and waits until the run is there; the time and digest of that moment. */
async function seekTo(page, second) {
  const end = () => page.getByTestId("scrubber").getAttribute("data-end").then(Number);
  const [x, y] = await place(page, (second * 1e9) / (await end()));
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForFunction(
    (at) => Math.abs(Number(document.querySelector("[data-testid=sim-time]").dataset.ns) - at) < 0.06e9
      && !document.querySelector(".replaying"),
    second * 1e9,
  );
  let last = await details(page);
  // Frames of the way there may still come.
  await becomes(async () => {
    const before = last;
    await page.waitForTimeout(100);
    last = await details(page);
    return last.ns === before.ns && last.digest === before.digest;
  }, true, "it stands still");
  return last;
}

/** To an exact moment, where a pixel of the timeline is many. */
async function goTo(page, moment) {
  await details(page);
  await page.getByTestId("go-to").fill(String(moment.ns / 1e9));
  await page.getByTestId("go-to").press("Enter");
  await becomes(async () => (await details(page)).ns, moment.ns, "the moment that was asked for");
  return details(page);
}

async function open(t) {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  return page;
}

test("back to an earlier instant, as a fresh run has it; a change there makes another future", { timeout: 120_000 }, async (t) => {
  const page = await open(t);
  await playTo(page, 6, "1");
  const later = await seekTo(page, 7);
  const earlier = await seekTo(page, 3.1);
  assert.ok(earlier.ns < later.ns && earlier.digest !== later.digest);
  // A fresh run to that instant.
  await page.click("[data-action=reset]");
  await becomes(() => nanoseconds(page), 0);
  assert.deepEqual(await goTo(page, earlier), earlier);
  // Forward again it is the same run; after a change it is another.
  assert.deepEqual(await goTo(page, later), later);
  await seekTo(page, 3.1);
  await page.locator("[data-part]").nth(2).click();
  await page.keyboard.press("k");
  const other = await goTo(page, later);
  assert.notEqual(other.digest, later.digest);
});

test("a planned fault is placed, moved and stretched by mouse, and undone", { timeout: 120_000 }, async (t) => {
  const page = await open(t);
  await playTo(page, 4, "1");
  const before = await seekTo(page, 6);
  await page.locator("[data-part]").nth(2).click();
  await page.mouse.dblclick(...(await place(page, 0.2)));
  const bar = page.locator("[data-entry]");
  await bar.waitFor();
  const label = () => bar.getAttribute("aria-label");
  assert.match(await label(), /at 2 s for 2 s/);
  const struck = await goTo(page, before);
  assert.notEqual(struck.digest, before.digest, "it happened");

  const scrubber = await page.getByTestId("scrubber").boundingBox();
  // What is drawn anew after a fault was planned stands still again before it is taken hold of.
  const still = async () => {
    let last = "null";
    await becomes(async () => {
      const before = last;
      last = JSON.stringify(await bar.boundingBox());
      return last !== "null" && last === before;
    }, true, "the bar stands still");
    return JSON.parse(last);
  };
  const drag = async (x, by) => {
    const box = await still();
    await page.mouse.move(box.x + (x < 0 ? box.width + x : x), box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + (x < 0 ? box.width + x : x) + scrubber.width * by, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
  };
  await drag(12, 0.1);
  await becomes(async () => /at 3 s for 2 s/.test(await label()), true, "moved");
  await drag(-3, 0.15);
  await becomes(async () => /at 3 s for 3\.5 s/.test(await label()), true, "stretched");
  assert.deepEqual(await accessibilityViolations(page), []);
  assert.deepEqual(await findings(page), []);
  await page.locator("#canvas").focus();
  for (const expected of [/at 3 s for 2 s/, /at 2 s for 2 s/]) {
    await page.keyboard.press("Control+z");
    await becomes(async () => expected.test(await label()), true, `${expected}`);
  }
  await page.keyboard.press("Control+z");
  await becomes(() => bar.count(), 0);
  assert.deepEqual(await goTo(page, before), before, "the run is what it was");
});

test("and by keys alone", { timeout: 120_000 }, async (t) => {
  const page = await open(t);
  await playTo(page, 3, "1");
  await page.locator("[data-part]").nth(2).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("p");
  const bar = page.locator("[data-entry]");
  await bar.focus();
  const label = () => bar.getAttribute("aria-label");
  const number = async (pattern) => Number((await label()).match(pattern)?.[1]);
  await becomes(async () => (await nanoseconds(page)) > 2.9e9, true, "where it was");
  const here = await nanoseconds(page);
  const at = await number(/at ([\d.]+) s/);
  await page.keyboard.press("ArrowLeft");
  await becomes(async () => (await number(/at ([\d.]+) s/)) < at, true, "earlier");
  const lasts = await number(/for ([\d.]+) s/);
  await page.keyboard.press("Shift+ArrowRight");
  await becomes(async () => (await number(/for ([\d.]+) s/)) > lasts || `${lasts}: ${await label()} ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 300))}`, true, "longer");
  // One key after another, faster than the run is back.
  for (let press = 0; press < 5; press += 1) await page.keyboard.press("ArrowRight");
  await becomes(() => nanoseconds(page), here, "where it was");
  await page.keyboard.press("Delete");
  await becomes(() => bar.count(), 0);
  assert.equal(await page.locator("[data-part]").count() > 2, true, "only the fault is gone");
});

test("a plan that is changed after the design was holds from the next start on: nothing that was seen is rewritten", { timeout: 120_000 }, async (t) => {
  const page = await open(t);
  await playTo(page, 3);
  await page.locator("[data-part]").nth(2).click();
  await page.keyboard.press("Control+d");
  await becomes(() => page.locator("[data-part].selected").count(), 1);
  const before = await seekTo(page, 6);
  await page.locator("[data-part]").nth(2).click();
  await page.mouse.dblclick(...(await place(page, 0.3)));
  await page.locator("[data-entry]").waitFor();
  await page.getByTestId("hint").filter({ hasText: /holds from the next start on/ }).waitFor();
  assert.deepEqual(await goTo(page, before), before, "the run is what it was");
  // From the start it is another: the fault strikes.
  await page.click("[data-action=reset]");
  await becomes(() => nanoseconds(page), 0);
  assert.notEqual((await goTo(page, before)).digest, before.digest);
});
