// Hostile input, every way in: typed into the dialog, as a file, as a link in the address, as a message to a frame.
// Each is refused in a sentence that names the step, the field or the limit, and the visitor's work stays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./harness.mjs";
import { ask, frame } from "./host.mjs";
import { HOSTILE_DOCUMENTS, HOSTILE_LINKS } from "./hostile-cases.mjs";

async function started(t, options) {
  const { page } = await openPage(t, options);
  await page.waitForSelector("[data-part]");
  return page;
}

/** What the visitor has: the parts on the canvas and the work in storage. */
async function work(page) {
  return page.evaluate(() => [
    [...document.querySelectorAll("[data-part]")].map((part) => part.dataset.part).join(),
    Object.entries(localStorage).filter(([key]) => key.startsWith("brownout.doc.")).join(),
  ]);
}

/** The sentence of the refusal; the dialog is closed again. */
async function refusal(page) {
  const error = page.locator("[data-testid=open-error]");
  await error.waitFor({ timeout: 10_000 });
  const sentence = await error.textContent();
  await page.click("[data-testid=close-dialog]");
  return sentence;
}

/** The heap after everything that can be let go has been. */
async function heap(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

test("by the dialog", { timeout: 120_000 }, async (t) => {
  const page = await started(t);
  const before = await work(page);
  const memory = await heap(page);
  for (const [what, text, sentence] of [["no link at all", "hello", /JSON|link/], ...HOSTILE_LINKS, ...HOSTILE_DOCUMENTS]) {
    await page.keyboard.press("Control+o");
    await page.evaluate((text) => {
      const field = document.querySelector("[data-testid=open-text]");
      field.value = text;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, text);
    await page.click("[data-testid=open-go]");
    assert.match(await refusal(page), sentence, what);
    assert.deepEqual(await work(page), before, `${what}: the work stays`);
  }
  assert.ok((await heap(page)) < memory + (32 << 20), "no growth of memory");
});

test("as a file", { timeout: 120_000 }, async (t) => {
  const page = await started(t);
  const before = await work(page);
  const files = [["ten megabytes", "[".repeat(10 << 20), /larger than 8 MiB/], ...HOSTILE_DOCUMENTS];
  for (const [what, text, sentence] of files) {
    await page.keyboard.press("Control+o");
    await page.setInputFiles("[data-testid=open-file]", {
      name: "design.json", mimeType: "application/json", buffer: Buffer.from(text),
    });
    assert.match(await refusal(page), sentence, what);
    assert.deepEqual(await work(page), before, `${what}: the work stays`);
  }
});

test("as a link in the address", { timeout: 120_000 }, async (t) => {
  const page = await started(t);
  const before = await work(page);
  for (const [what, fragment, sentence] of HOSTILE_LINKS) {
    await page.evaluate((fragment) => { location.hash = fragment; }, fragment);
    assert.match(await refusal(page), sentence, what);
    assert.deepEqual(await work(page), before, `${what}: the work stays`);
  }
});

test("as the link that the page is opened with", async (t) => {
  const page = await started(t, { path: "#v1.broken!" });
  assert.match(await refusal(page), /base64/);
  assert.ok((await page.locator("[data-part]").count()) > 0, "the visitor's own work is open");
});

test("as a message to a frame", { timeout: 120_000 }, async (t) => {
  const { page } = await frame(t);
  const before = (await ask(page, { type: "query", what: "scenario" })).result;
  for (const [what, text, sentence] of [...HOSTILE_LINKS, ...HOSTILE_DOCUMENTS]) {
    const answer = await ask(page, { type: "load", scenario: text });
    assert.equal(answer.ok, false, what);
    assert.match(answer.error, sentence, what);
  }
  for (const scenario of [null, 7, [], { version: 1, parts: 3 }, { version: 1, seed: -1 }]) {
    const answer = await ask(page, { type: "load", scenario });
    assert.equal(answer.ok, false, JSON.stringify(scenario));
    assert.ok(answer.error.length > 10, answer.error);
  }
  assert.deepEqual((await ask(page, { type: "query", what: "scenario" })).result, before, "it stays as it was");
});
