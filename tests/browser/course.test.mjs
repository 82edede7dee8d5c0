// The course: contents, steps that wait, a prediction beside what was measured, goals that light up, progress kept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, openPage } from "./harness.mjs";
import { clean } from "./steps.mjs";

const LESSON = "story-retry-storm";
const state = (goal) => `[data-goal=${goal}]`;

/** To the n-th place of the slider. */
async function setSpeed(page, step) {
  await page.locator(".speed input").fill(String(step));
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
  assert.match(await page.locator(`[data-lesson=${LESSON}]`).innerText(), /4 goals met/);
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

/** Tab by Tab to the first element that fits. */
async function tabTo(page, selector) {
  for (let steps = 0; steps < 160; steps += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`no Tab leads to ${selector}`);
}

async function press(page, selector) {
  await tabTo(page, selector);
  await page.keyboard.press("Enter");
}

test("L14 from the first step to all goals met, in Korean, by keyboard", { timeout: 400_000 }, async (t) => {
  const { page } = await openPage(t, { path: "#lesson=L14-load-balancer", locale: "ko-KR", viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-run=rr].here");
  assert.deepEqual(await page.locator("[data-pointed]").evaluateAll((all) => all.map(({ dataset }) => dataset.pointed)), ["2", "13"],
    "the step points at the balancer and the slow server");
  await clean(page, "pointing");
  await press(page, "[data-testid=step-next]");
  await page.waitForSelector("[data-testid=prediction]");
  await tabTo(page, "[data-testid=prediction]");
  await page.keyboard.type("40");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-testid=compared]");
  // As fast as it goes: the slider at its end.
  await tabTo(page, ".speed input");
  await page.keyboard.press("End");

  const met = new Set();
  for (let step = 2; step < 6; step += 1) {
    await press(page, "[data-testid=step-next]");
    await page.waitForFunction((step) => [...document.querySelectorAll(".course-dot")].findIndex((dot) => dot.classList.contains("here")) === step, step);
    for (let runs = 0; runs < 8; runs += 1) {
      const open = await page.evaluate(() => document.querySelector(".course-goal[data-state=open]")?.dataset.goal);
      if (!open) break;
      const state = `[data-goal="${open}"]`;
      // A goal of another system offers that system; then it is played to its end.
      if (await page.locator(`${state} .link-button`).count() > 0) await press(page, `${state} .link-button`);
      await page.waitForSelector(`${state} .link-button`, { state: "detached" });
      await page.keyboard.press(".");
      await page.waitForSelector(`${state}[data-state=met]`, { timeout: 120_000 });
    }
    for (const goal of await page.locator(".course-goal[data-state=met]").evaluateAll((all) => all.map(({ dataset }) => dataset.goal))) met.add(goal);
  }
  assert.equal(met.size, 12, [...met].join(", "));
  await press(page, "[data-testid=step-back]");
  await page.reload();
  await page.waitForSelector(".course h2");
  await page.waitForFunction(() => JSON.parse(localStorage.getItem("brownout.course"))["L14-load-balancer"].met.length === 12);
  await press(page, "[data-testid=contents]");
  await page.waitForSelector("[data-lesson=L14-load-balancer]");
  assert.match(await page.locator("[data-lesson=L14-load-balancer]").innerText(), /목표 12개 달성/);
});

test("a curve drawn beforehand stands beside the measured one; a design beside another", { timeout: 180_000 }, async (t) => {
  const { page } = await openPage(t, { path: `#lesson=${LESSON}&step=2`, viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-testid=sketch]");
  assert.ok(await page.isDisabled("[data-testid=commit-sketch]"));
  const area = await page.locator("[data-testid=sketch]").boundingBox();
  await page.mouse.move(area.x + 4, area.y + area.height / 2);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width - 4, area.y + area.height - 4, { steps: 8 });
  await page.mouse.up();
  await page.focus("[data-testid=sketch]");
  await page.keyboard.press("ArrowUp");
  await clean(page, "sketch");
  await page.click("[data-testid=commit-sketch]");
  assert.match(await page.getByTestId("sketch-compared").innerText(), /not measured yet/);
  await setSpeed(page, 7);
  await page.getByTestId("play").click();
  await becomes(async () => /requests\/s/.test(await page.getByTestId("sketch-compared").innerText()), true);
  await page.waitForFunction(() => document.querySelector(".sketch-measured").getAttribute("d").includes("L"));
  await clean(page, "sketched");

  // A change of the run's design is told beside the lesson's own.
  await page.click(".course-other summary");
  await page.click("[data-compare=budget]");
  await page.waitForSelector("[data-testid=differences]", { timeout: 60_000 });
  assert.match(await page.locator("[data-testid=differences] tbody").innerText(), /0\.05/);
  assert.equal(await page.locator("[data-testid=figures] tbody tr").count(), 5);
  await clean(page, "compared");
  await page.reload();
  await page.waitForSelector("[data-testid=sketch-compared]");
});

test("steps set camera, speed and time, and wait for what is to be done", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.route(`**/lessons/${LESSON}/lesson.json`, async (route) => {
    const lesson = await (await route.fetch()).json();
    const [first, second, third] = lesson.steps;
    Object.assign(first, { wait: { select: 2 } });
    Object.assign(second, { predict: undefined, sketch: undefined, speed: 2, at_s: 30, view: [100, 60, 0.8], wait: { fault: 2 } });
    Object.assign(third, { wait: { edit: 3 }, speed: undefined });
    await route.fulfill({ json: lesson });
  });
  await page.evaluate((lesson) => { globalThis.location.hash = `lesson=${lesson}`; }, LESSON);
  await page.waitForSelector('[data-pointed="2"]');
  const next = page.getByTestId("step-next");
  const waits = async (says) => {
    await becomes(() => next.isDisabled(), true);
    assert.match(await page.locator(".course-wait").innerText(), says);
  };
  const goes = async () => {
    await becomes(() => next.isDisabled(), false);
    await next.click();
  };
  await waits(/Select “Orders”/);
  await page.click('[data-part="2"]');
  await goes();
  await waits(/Break “Orders”/);
  await becomes(() => page.locator(".canvas-tools .zoom-level").innerText(), "80 %", "camera");
  await page.waitForFunction(() => /^0:30/.test(document.querySelector(".clock").textContent), null, { timeout: 10_000 });
  assert.match(await page.locator(".speed").innerText(), /2/);
  await page.focus('[data-part="2"]');
  await page.keyboard.press("k");
  await goes();
  await waits(/Change “Customers → Orders”/);
  await page.locator('[data-edge="3"]').click();
  await page.fill('[data-param="retries"]', "0");
  await page.press('[data-param="retries"]', "Enter");
  await goes();
});
