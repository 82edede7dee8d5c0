// One time axis and one cursor: in every chart, on the timeline, and beside the canvas's own instant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

/** Where everything that has the cursor shows it: the instants, each once, and how many show one. */
const shown = (page) => page.evaluate(() => {
  const charts = [...document.querySelectorAll(".chart canvas, .study [data-end]")].map((chart) => chart.dataset.cursor);
  const line = document.querySelector("[data-testid=timeline-cursor]");
  const all = [...charts, line.hidden ? undefined : line.dataset.ns, document.querySelector("[data-testid=canvas-cursor]")?.dataset.ns];
  return { instants: [...new Set(all)], places: all.length };
});

/** All of them at one instant, which is returned. */
async function together(page, what) {
  await becomes(async () => (await shown(page)).instants.length === 1 && (await shown(page)).instants[0] !== undefined, true, what);
  return Number((await shown(page)).instants[0]);
}

const nowhere = (page) => becomes(async () => (await shown(page)).instants, [undefined], "no cursor");

async function hover(page, locator, share, left = 0) {
  const box = await locator.boundingBox();
  await page.mouse.move(box.x + left + (box.width - left) * share, box.y + box.height / 2);
}

test("pointing or going by keys in one place shows in all", { timeout: 240_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.locator(".speed input").fill("4");
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=sim-time]").dataset.ns ?? 0) >= 12e9);
  await page.getByTestId("play").click();
  await page.waitForSelector("[data-testid=play][data-playing=false]");
  await page.locator("#canvas").focus();
  await page.keyboard.press("t");
  await page.getByTestId("tab-charts").waitFor({ timeout: 60_000 });
  await page.getByTestId("tab-charts").click();
  await page.getByTestId("all-charts").waitFor({ timeout: 60_000 });
  await becomes(() => page.locator(".chart canvas").count(), 3);

  // One axis.
  const ends = () => page.evaluate(() => [...new Set([...document.querySelectorAll(".chart canvas, .study [data-end], [data-testid=scrubber]")]
    .map((one) => one.dataset.end))].length);
  await becomes(ends, 1, "timeline and charts end at the same instant");
  const end = Number(await page.getByTestId("scrubber").getAttribute("data-end"));
  assert.ok((await shown(page)).places >= 12, "three charts, those of the panel with a strip for each part, timeline, canvas");
  await nowhere(page);

  const near = (at, share) => assert.ok(Math.abs(at / end - share) < 0.02, `${at} of ${end} is not at ${share}`);
  await hover(page, page.locator(".chart canvas").first(), 0.5, 38);
  near(await together(page, "a chart beside the canvas"), 0.5);
  await hover(page, page.locator(".study .plot").first(), 0.25);
  near(await together(page, "a chart of the panel"), 0.25);
  await hover(page, page.getByTestId("scrubber"), 0.75);
  near(await together(page, "the timeline"), 0.75);
  // Drawn where it is said to be.
  const drawn = await page.locator(".study .plot .cursor").first().evaluate((line) => {
    const [line_, svg] = [line.getBoundingClientRect(), line.closest("svg").getBoundingClientRect()];
    return (line_.left + line_.width / 2 - svg.left) / svg.width;
  });
  assert.ok(Math.abs(drawn - 0.75) < 0.02, `drawn at ${drawn}`);
  await hover(page, page.locator("#canvas"), 0.5);
  await nowhere(page);

  // Keys alone, wherever the focus is.
  for (const place of [page.locator(".chart canvas").nth(1), page.getByTestId("scrubber"), page.locator(".study .plot").nth(1)]) {
    await place.focus();
    await page.keyboard.press("Home");
    await becomes(async () => (await shown(page)).instants, ["0"], "the beginning");
    await page.keyboard.press("ArrowRight");
    const one = await together(page, "a step");
    assert.ok(Math.abs(one - end / 100) < 2, `${one}`);
    await page.keyboard.press("Control+ArrowRight");
    await becomes(async () => Math.abs(Number((await shown(page)).instants[0]) - 0.11 * end) < 12, true, "ten steps");
  }
  // The run goes to the cursor, and the canvas with it.
  const at = await together(page, "before it goes");
  await page.keyboard.press("Enter");
  await becomes(() => page.getByTestId("sim-time").evaluate((time) => Number(time.dataset.ns)), at, "the instant of the cursor");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.getByTestId("scrubber").focus();
  await page.keyboard.press("Escape");
  await nowhere(page);
});
