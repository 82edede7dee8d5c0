// Every screen and every dialog, in both themes and both languages, at a desk and on a phone: nothing that axe, the eye
// or a finger objects to. SHOTS=folder keeps a picture of each; SCREENS=word looks at some of them alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { faintFocus, findings, smallTargets } from "./checks.mjs";
import { accessibilityViolations, openPage } from "./harness.mjs";
import { SETTINGS, tour } from "./screens.mjs";

/** WCAG 2.2, 2.5.8, and for fingers the size that makers of phones ask for. */
const LEAST = { desk: 24, phone: 40 };

for (const { name, size, ...options } of SETTINGS) {
  test(`every screen, ${name}`, { timeout: 300_000 }, async (t) => {
    const { page } = await openPage(t, options);
    const found = [];
    await tour(page, { size }, async (screen) => {
      const all = [
        ...(await findings(page)),
        ...(await accessibilityViolations(page)),
        ...(await smallTargets(page, LEAST[size])),
        ...(await faintFocus(page)),
      ];
      found.push(...all.map((sentence) => `${screen}: ${sentence}`));
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}-${screen.replaceAll(/\W+/g, "-")}.png` });
    }, (screen) => screen.includes(process.env.SCREENS ?? ""));
    assert.deepEqual(found, []);
  });
}
