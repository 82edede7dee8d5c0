// Every picture of the documentation, looked at by measuring: nothing clipped, overlapping, pale or missing, no
// sideways scroll, nothing that axe objects to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, openPage } from "./harness.mjs";
import { SHOTS } from "./shots-list.mjs";

for (const { name, viewport, theme, lang, path, prepare } of SHOTS) {
  test(`${name} has nothing that axe or the eye objects to`, { timeout: 120_000 }, async (t) => {
    const locale = lang === "ko" ? "ko-KR" : "en-US";
    const { page } = await openPage(t, { path, viewport, colorScheme: theme, locale });
    await prepare(page);
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(await accessibilityViolations(page), []);
  });
}
