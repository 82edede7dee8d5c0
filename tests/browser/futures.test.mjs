// Two futures: a fork beside its parent, in step, and what differs; and how many messages are drawn one by one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, openPage } from "./harness.mjs";

const ns = (page) => page.getByTestId("sim-time").evaluate((time) => Number(time.dataset.ns ?? 0));

async function open(t, options = {}) {
  const { page, context } = await openPage(t, { viewport: { width: 1440, height: 900 }, ...options });
  await page.waitForSelector("[data-part]");
  return { page, context };
}

/** Lets so many seconds pass, and pauses. The starter's run may begin anywhere. */
async function passes(page, seconds) {
  const second = (await ns(page)) / 1e9 + seconds;
  await page.locator(".speed input").fill("0");
  if ((await page.getByTestId("play").getAttribute("data-playing")) !== "true") await page.getByTestId("play").click();
  await page.waitForFunction(
    (least) => Number(document.querySelector("[data-testid=sim-time]").dataset.ns ?? 0) >= least * 1e9,
    second,
    { timeout: 60_000 },
  );
  await page.getByTestId("play").click();
  await page.waitForSelector("[data-testid=play][data-playing=false]");
}

const digest = (page) => page.getByTestId("digest").textContent();

test("a fork runs beside its parent, in step, and the tables say what differs", { timeout: 180_000 }, async (t) => {
  const { page } = await open(t);
  await passes(page, 1.2);
  await page.locator("#canvas").focus();
  await page.keyboard.press("f");
  const parent = page.frameLocator("[data-testid=beside] iframe");
  await parent.locator("[data-part]").first().waitFor();
  // Nothing was changed yet.
  await page.getByTestId("same").waitFor();
  await page.locator('[data-part="4"]').first().click();
  await page.keyboard.press("k");
  await passes(page, 3);
  const differences = page.getByTestId("differences");
  await differences.getByText("kill", { exact: false }).waitFor();
  const failed = page.getByTestId("results").locator("[role=row]", { hasText: "Failed requests" }).locator("span");
  // The table of an earlier moment stands until that of now is made.
  await becomes(async () => {
    const [, here, there, change] = await failed.allTextContents();
    return Number(here) > Number(there) && change.startsWith("+");
  }, true, "more fail here");
  assert.equal(await page.locator(".compare .plot .line").count(), 4);
  // The parent's card of the killed server is up, ours is down.
  await becomes(() => page.locator('.canvas [data-part="4"]').first().getAttribute("data-state"), "down");
  await becomes(async () => (await parent.locator('[data-part="4"]').getAttribute("data-state")) === "down", false);
  // In step: the other stands at the same nanosecond.
  await page.getByTestId("run-details").click();
  const inside = page.frames().at(-1);
  await becomes(
    async () => inside.evaluate(() => document.querySelector(".dots-canvas") !== null),
    true,
  );
  assert.ok((await digest(page)).length === 32);
  await page.getByTestId("close-beside").click();
  await becomes(() => page.getByTestId("beside").count(), 0);
});

test("the reader says how many messages are drawn one by one; above, links are streams and the factor is told", { timeout: 120_000 }, async (t) => {
  const { page } = await open(t);
  // Three thousand requests a second over a second of wire.
  const document_ = {
    version: 1,
    parts: [
      { id: 1, type: "client", at: [0, 0], params: { rate_rps: 3000 } },
      { id: 2, type: "web", at: [500, 0], params: { workers: 1000 } },
    ],
    edges: [{ id: 3, from: 1, to: 2, net: { latency_ms: 1000 }, policy: { timeout_ms: 10000 } }],
  };
  await page.keyboard.press("Control+O");
  await page.fill("[data-testid=open-text]", JSON.stringify(document_));
  await page.click("[data-testid=open-go]");
  await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 2);
  await passes(page, 2.6);
  await becomes(() => page.locator(".dots-note").count(), 1, "about 6,000 are more than 5,000");
  assert.match(await page.locator(".dots-note").textContent(), /1 of 2 messages/);
  await page.getByTestId("run-details").click();
  await page.getByTestId("drawn").selectOption("20000");
  await becomes(() => page.locator(".dots-note").count(), 0, "all are drawn");
  await page.getByTestId("drawn").selectOption("500");
  await becomes(async () => /1 of 1[0-9] messages/.test(await page.locator(".dots-note").textContent()), true);
  assert.ok((await ns(page)) > 2.5e9);
});

test("the log is filtered by kind and by words", { timeout: 120_000 }, async (t) => {
  const { page } = await open(t);
  await passes(page, 0.2);
  await page.locator('[data-part="4"]').first().click();
  await page.keyboard.press("k");
  await becomes(() => page.locator('[data-part="4"]').first().getAttribute("data-state"), "down");
  await passes(page, 9);
  const lines = () => page.locator(".log-line").count();
  await becomes(async () => (await lines()) >= 3, true, `the kill, failed checks, the last straw: ${await page.locator(".dock-log").innerText()}`);
  const all = await lines();
  await page.getByTestId("log-show").selectOption("bad");
  await becomes(async () => (await lines()) < all && (await lines()) > 0, true, "failures alone");
  await page.getByTestId("log-words").fill("KILLED");
  await becomes(lines, 1);
  await page.getByTestId("log-words").fill("no such word");
  await becomes(lines, 0);
});
