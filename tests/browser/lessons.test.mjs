// Every lesson of the table of contents: that it opens by its name in the page and in a frame.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openPage } from "./harness.mjs";

const CONTENTS = new URL("../../crates/course/lessons/contents.json", import.meta.url);
/** From the address to the lesson's first document on the canvas. Times are told; what they must be holds on a machine
 * that does nothing else: `OPEN_STRICT=1 node --test lessons.test.mjs`. */
const SOON_MS = process.env.OPEN_STRICT ? 1_500 : Infinity;

for (const [place, path] of [["page", ""], ["frame", "?embed=1"]]) {
  test(`every lesson opens by its name in the ${place}`, { timeout: 300_000 }, async (t) => {
    const lessons = JSON.parse(await readFile(CONTENTS, "utf8"));
    const { page } = await openPage(t, { path });
    await page.waitForSelector("[data-part]");
    const late = [];
    const times = [];
    for (const { id, title } of lessons) {
      const open = () => page.evaluate(async ([id, title]) => {
        const since = performance.now();
        location.hash = `#lesson=${id}`;
        const isOpen = () => [...document.querySelectorAll(".course h2")].some((head) => head.innerText.includes(title))
          && document.querySelector("[data-run].here") && document.querySelector("[data-part]");
        while (!isOpen() && performance.now() - since < 20_000) await new Promise((done) => setTimeout(done, 10));
        return isOpen() ? performance.now() - since : Infinity;
      }, [id, title.en]);
      let ms = await open();
      assert.ok(ms < Infinity, `${id} does not open`);
      if (ms >= SOON_MS) {
        // Another look: a loaded machine may have been busy with something else.
        await page.evaluate(() => { location.hash = "#lesson=story-retry-storm"; });
        await page.waitForFunction(() => document.querySelector("[data-run=storm].here"));
        ms = await open();
      }
      if (ms >= SOON_MS) late.push(`${id}: ${Math.round(ms)} ms`);
      times.push(ms);
    }
    times.sort((one, other) => one - other);
    t.diagnostic(`${times.length} lessons: median ${Math.round(times[times.length >> 1])} ms, longest ${Math.round(times.at(-1))} ms`);
    assert.deepEqual(late, []);
  });
}
