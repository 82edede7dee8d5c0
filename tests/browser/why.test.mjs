// Why, charts, replications and sweeps: what the panel beside stories shows.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { becomes, openPage } from "./harness.mjs";
import { clean, playTo } from "./steps.mjs";

// One queue, four workers of 10 ms: the load at which throughput over mean response is largest is Erlang C's.
const MM4 = "#v1.Nc6xDoMgEAbgd_nnS0RqHW7u6tipccBKExNrGqHtQHh3D5AFLnf_fbmAH7glzOBeEb7gK2EDY2iGpgPhA34ELDnkpf9cF7t5lNDd2d2VUMAO1koM58DyyYDbSDACdIraXo2RsqSLNE-ncjPeTMbZCv3Bnez7VNv0vEVSMVZMn9pIaVyuuxBe9Uad2YBValkb4wE";
const KNEE = 266.0;
const PANEL = { timeout: 60_000 };

/** Opens the panel at one of its tabs, with the run standing still at this second or later. */
async function open(page, tab, second = 8) {
  await page.waitForSelector("[data-part]");
  await playTo(page, second);
  await page.locator("#canvas").focus();
  await page.keyboard.press("t");
  await page.getByTestId(`tab-${tab}`).waitFor(PANEL);
  await page.getByTestId(`tab-${tab}`).click();
}

test("why: claims with numbers lead to their part, and every part dies once", { timeout: 180_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await open(page, "why");
  const why = page.getByTestId("why");
  await why.waitFor(PANEL);
  assert.match(await why.innerText(), /Nothing is wrong: of [\d,]+ requests/);
  assert.match(await why.innerText(), /components\.\d+\.utilisation = 0\.\d+/);
  await clean(page, "why");
  await why.locator("[data-kind=limit] button").first().click();
  await becomes(async () => (await page.locator("[data-part].selected").count()) > 0, true);
  await page.getByTestId("scan").click();
  const damages = page.getByTestId("damages");
  await damages.waitFor(PANEL);
  assert.match(await damages.innerText(), /is a single point of failure: dead, \d+ % of the requests fail for good/);
  await clean(page, "scan");
  await page.locator("[data-testid=language]").click();
  await page.waitForFunction(() => /단일 장애점/.test(document.querySelector("[data-testid=damages]")?.innerText ?? ""));
});

test("all charts: percentiles are switched, and everything is saved", { timeout: 180_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await open(page, "charts", 12);
  await page.getByTestId("all-charts").waitFor(PANEL);
  await clean(page, "charts");
  assert.ok((await page.locator("[data-testid=heat] svg").count()) >= 4, "a row for every part with workers");
  const shown = page.getByTestId("percentile-99.9");
  assert.equal(await shown.getAttribute("aria-pressed"), "false");
  await shown.click();
  await becomes(() => page.getByTestId("percentile-99.9").getAttribute("aria-pressed"), "true");
  for (const [kind, start] of [["csv", /^t_s,goodput_rps/], ["svg", /^<svg xmlns/], ["png", /^.PNG/]]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId(`save-${kind}`).click()]);
    assert.equal(file.suggestedFilename(), `charts.${kind}`);
    assert.match(await readFile(await file.path(), "latin1"), start);
  }
});

test("thirty replications, with progress and cancel", { timeout: 240_000 }, async (t) => {
  const { page } = await openPage(t, { path: MM4, viewport: { width: 1440, height: 900 } });
  await open(page, "forms");
  await page.getByTestId("field-runs").fill("300");
  await page.getByTestId("field-seconds").fill("600");
  await page.getByTestId("runs").click();
  await page.waitForFunction(() => Number(document.querySelector(".study-progress")?.getAttribute("aria-valuenow")) >= 1);
  await page.getByTestId("cancel").click();
  await page.getByText("Cancelled.").waitFor();
  await becomes(() => page.locator(".study-progress").count(), 0);

  await page.getByTestId("tab-forms").click();
  // The form stands as at first once it has come anew.
  await becomes(() => page.getByTestId("field-runs").inputValue(), "30");
  await page.getByTestId("field-seconds").fill("20");
  await page.getByTestId("runs").click();
  const figures = page.getByTestId("replications");
  await figures.waitFor({ timeout: 120_000 });
  assert.match(await figures.innerText(), /30 × 20 s\. Means with 95 % confidence intervals/);
  const goodput = await figures.locator("[data-kind=goodput_rps] b").innerText();
  const [mean, half] = goodput.match(/[\d.]+/g).map(Number);
  // 200 requests a second over 15 s: a run's rate has a standard deviation of 3.7, the mean of thirty of 0.7.
  assert.ok(Math.abs(mean - 200) < 5 && half > 0.3 && half < 4, goodput);
  assert.match(await figures.locator("[data-kind=p999_ms]").innerText(), /too few samples/);
  assert.ok((await figures.locator(".band").count()) >= 2);
  await clean(page, "replications");
});

test("a sweep finds the knee of an M/M/4", { timeout: 240_000 }, async (t) => {
  const { page } = await openPage(t, { path: MM4, viewport: { width: 1440, height: 900 } });
  await open(page, "forms");
  assert.equal(await page.getByTestId("field-path").inputValue(), "parts.1.rate_rps");
  await page.getByTestId("field-values").fill("60..380");
  await page.getByTestId("field-each").fill("3");
  await page.getByTestId("sweep").click();
  const knee = page.getByTestId("knee");
  await knee.waitFor({ timeout: 180_000 });
  const found = Number(await knee.getAttribute("data-span"));
  assert.ok(Math.abs(found - KNEE) < 0.05 * KNEE, `${found} beside ${KNEE}`);
  await clean(page, "sweep");
});
