// The course: contents, steps that wait, a prediction beside what was measured, goals that light up, progress kept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, openPage } from "./harness.mjs";

const LESSON = "story-retry-storm";
const state = (goal) => `[data-goal=${goal}]`;

/** To the n-th place of the slider. */
async function setSpeed(page, step) {
  await page.locator(".speed input").fill(String(step));
}

async function clean(page, where) {
  assert.deepEqual(await findings(page), [], where);
  assert.deepEqual(await accessibilityViolations(page), [], where);
}

test("a lesson from its question to its goals", { timeout: 180_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  assert.equal(await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /tutor|lessons/.test(name)).length), 0,
    "nothing of the course is loaded before it is opened");
  await page.click("[data-action=course]");
  await page.waitForSelector(`[data-lesson=${LESSON}]`);
  await clean(page, "contents");

  await page.click(`[data-lesson=${LESSON}]`);
  await page.waitForSelector("[data-run=storm].here");
  assert.equal(await page.locator("[data-part]").count(), 2);
  await clean(page, "question");

  await page.getByTestId("step-next").click();
  await page.getByTestId("prediction").fill("280");
  await clean(page, "prediction");
  await page.getByTestId("commit").click();
  assert.match(await page.getByTestId("compared").innerText(), /280 requests\/s\s+Measured\s+not measured yet/);

  // The step waits until the run has come to 150 s.
  await page.getByTestId("step-next").click();
  assert.ok(await page.getByTestId("step-next").isDisabled());
  await setSpeed(page, 6);
  await page.getByTestId("play").click();
  await page.waitForSelector("[data-testid=step-next]:not(:disabled)", { timeout: 60_000 });
  await page.getByTestId("step-next").click();
  await page.waitForSelector(`${state("before")}[data-state=met]`);
  assert.equal(await page.locator(state("stays-down")).getAttribute("data-state"), "open");
  await page.waitForSelector(`${state("stays-down")}[data-state=met]`, { timeout: 60_000 });
  await page.waitForSelector(`${state("twice-the-load")}[data-state=met]`);
  assert.match(await page.getByTestId("compared").innerText(), /280 requests\/s\s+Measured\s+\d(\.\d+)? requests\/s/);
  await clean(page, "goals");

  // A reload finds the goals that were met.
  await page.reload();
  await page.waitForSelector("[data-part]");
  await page.click("[data-action=course]");
  await page.waitForSelector(`[data-lesson=${LESSON}]`);
  assert.match(await page.locator(`[data-lesson=${LESSON}]`).innerText(), /Goals 4/);
});

test("a lesson opens by its name in the address, in Korean and on a phone", { timeout: 90_000 }, async (t) => {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    const { page } = await openPage(t, { path: `#lesson=${LESSON}`, locale: "ko-KR", viewport });
    await page.waitForSelector("[data-run=storm].here");
    assert.match(await page.locator(".course h2").innerText(), /폭풍/);
    await clean(page, `${viewport.width}`);
  }
});

test("a lesson that is not there is said so, and the page goes on", async (t) => {
  const { page, errors } = await openPage(t, { path: "#lesson=no-such-lesson" });
  await page.waitForSelector(".course [role=alert]");
  await page.locator(".course [role=alert] button").click();
  await page.waitForSelector(`[data-lesson=${LESSON}]`);
  assert.ok((await page.locator("[data-part]").count()) > 2);
  assert.ok(errors.every((error) => /no-such-lesson|404/.test(error)), errors.join("\n"));
  errors.length = 0;
});
