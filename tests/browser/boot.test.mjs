// The page starts: wasm, worker, no errors, nothing that axe or the eye objects to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, openPage } from "./harness.mjs";

test("the page starts and its worker answers", async (t) => {
  const { page } = await openPage(t);
  // Until the page has requests to show, it says in words that its worker answered.
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0
    || document.querySelector("#worker-state")?.textContent.includes("answered"));
});

test("the page starts from a sub-path, by relative addresses only", async (t) => {
  const { page } = await openPage(t, { prefix: "/some/where/else/" });
  await page.waitForSelector("main");
});

for (const colorScheme of ["dark", "light"]) {
  test(`the ${colorScheme} page has nothing that axe or the eye objects to`, async (t) => {
    const { page } = await openPage(t, { colorScheme });
    await page.waitForSelector("main");
    assert.deepEqual(await accessibilityViolations(page), []);
    assert.deepEqual(await findings(page), []);
  });
}

test("a console error fails the test that did not expect it", async (t) => {
  const { page, errors } = await openPage(t);
  await page.evaluate(() => console.error("planted"));
  assert.match(errors.join(), /console: planted/);
  errors.length = 0;
});

test("the policy stops inline script", async (t) => {
  const { page, errors } = await openPage(t);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "globalThis.inlineScriptRan = true";
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => globalThis.inlineScriptRan), undefined);
  assert.match(errors.join(), /Content Security Policy/);
  errors.length = 0;
});
