// The page starts: wasm, worker, no errors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./harness.mjs";

test("the page starts and its worker answers", async (t) => {
  const { page } = await openPage(t);
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
});

test("the page starts from a sub-path, by relative addresses only", async (t) => {
  const { page } = await openPage(t, { prefix: "/some/where/else/" });
  await page.waitForSelector("main");
});

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
