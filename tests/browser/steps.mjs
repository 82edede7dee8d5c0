// What several journeys do: look whether a screen is in order, and play to a moment.

import assert from "node:assert/strict";
import { findings } from "./checks.mjs";
import { accessibilityViolations } from "./harness.mjs";

/** Nothing that a careful eye or axe would complain about. */
export async function clean(page, where) {
  assert.deepEqual(await findings(page), [], where);
  assert.deepEqual(await accessibilityViolations(page), [], where);
}

/** Where the run is. */
export const nanoseconds = (page) =>
  page.getByTestId("sim-time").evaluate((time) => Number(time.dataset.ns ?? 0));

/** Plays at this place of the speed's slider until this second, and pauses. */
export async function playTo(page, second, speed = "4") {
  await page.locator(".speed input").fill(speed);
  await page.waitForFunction(
    (least) => Number(document.querySelector("[data-testid=sim-time]").dataset.ns ?? 0) >= least * 1e9,
    second,
  );
  await page.getByTestId("play").click();
  await page.waitForSelector("[data-testid=play][data-playing=false]");
}
