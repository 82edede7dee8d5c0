// Before a room: larger, richer in contrast, without panels; and the summary in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

const shot = async (page, name) => {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
};

const size = (page, selector) => page.$eval(selector, (element) => parseFloat(getComputedStyle(element).fontSize));

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark-korean", { colorScheme: "dark", locale: "ko-KR" }],
  ["phone", { colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
]) {
  test(`presenter mode, ${name}`, { timeout: 60_000 }, async (t) => {
    const { page } = await openPage(t, { viewport: { width: 1280, height: 720 }, ...options });
    await page.waitForSelector("[data-part]");
    await page.waitForTimeout(400);
    const [clock, goodput] = [await size(page, ".clock"), await size(page, "[data-testid=goodput]")];
    const card = (await page.locator('[data-part="4"]').boundingBox()).width;
    await page.keyboard.press("Alt+z");
    await page.waitForSelector(":root[data-presenter]");
    await page.waitForTimeout(400);
    await shot(page, `presenter-${name}`);
    assert.equal(await page.locator(".palette, .side, .dock").count(), 0, "no panels");
    const larger = name === "phone" ? 1.2 : 1.5;
    assert.ok(await size(page, ".clock") > clock * larger && await size(page, "[data-testid=goodput]") > goodput * larger, "large figures");
    if (name !== "phone") {
      assert.ok((await page.locator('[data-part="4"]').boundingBox()).width > card * 1.1, "large parts");
    }
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(await accessibilityViolations(page), []);
    assert.ok(await page.isVisible("[data-testid=play]"), "the run is in reach");
    await page.click(".canvas-tools [data-action=presenter]");
    await page.waitForSelector(":root:not([data-presenter])");
    await becomes(() => size(page, ".clock"), clock, "as before");
    await becomes(async () => Math.round((await page.locator('[data-part="4"]').boundingBox()).width - card), 0, "all of it in view again");

    // Drawn and told: nothing to object to.
    await page.keyboard.press("i");
    await page.waitForSelector("[data-testid=summary]");
    await shot(page, `summary-${name}`);
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(await accessibilityViolations(page), []);
  });
}
