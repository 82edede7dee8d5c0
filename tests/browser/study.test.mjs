// Stories of single requests: from the list, from a dot, from a chart; step by step; followed; exported.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { becomes, openPage } from "./harness.mjs";
import { clean, nanoseconds, playTo } from "./steps.mjs";

const loaded = (page) =>
  page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /study/.test(name)).length);

test("the slowest request: its waterfall, its steps, its file", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await playTo(page, 8);
  assert.equal(await loaded(page), 0, "nothing of it is loaded before it is asked for");
  await page.locator("#canvas").focus();
  await page.keyboard.press("t");
  const slowest = page.locator("[data-kind=slowest] [data-request]").first();
  await slowest.waitFor();
  await clean(page, "list");
  const name = await slowest.getAttribute("data-request");
  await slowest.click();
  const story = page.locator(`.story[data-request="${name}"]`);
  await story.waitFor();
  await clean(page, "story");
  assert.ok((await page.locator("[data-span]").count()) >= 4, "client, balancer and what is behind it");
  assert.match(await story.innerText(), /on the way for [\d.]+ ms/);
  assert.match(await story.innerText(), /answered after [\d.]+ ms in all/);

  // A step takes the run to its moment and shows its station.
  const [issued] = name.split("@").slice(1).map(Number);
  await page.getByTestId("next-step").click();
  await becomes(async () => page.locator(".story-step.here span").innerText().then((text) => /on the way/.test(text)), true);
  await page.waitForFunction((least) => {
    const now = Number(document.querySelector("[data-testid=sim-time]").dataset.ns);
    return now > least && now < least + 1e9;
  }, issued);
  assert.equal(await page.locator("[data-edge][aria-pressed=true], [data-edge].selected, [data-part].selected").count() > 0, true);

  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId("otlp").click()]);
  assert.match(file.suggestedFilename(), /^request-[0-9a-f]{16}\.otlp\.json$/);
  const saved = JSON.parse(await readFile(await file.path(), "utf8"));
  const spans = saved.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  assert.equal(spans.length, await page.locator("[data-span]").count());
});

test("a request is followed from hop to hop, in both languages", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await playTo(page, 3);
  await page.locator("#canvas").focus();
  await page.keyboard.press("t");
  const first = page.locator("[data-kind=sample] [data-request]").first();
  await first.waitFor();
  const issued = Number((await first.getAttribute("data-request")).split("@")[1]);
  await first.click();
  await page.getByTestId("follow").click();
  await page.getByTestId("stop-following").waitFor();
  const texts = new Set();
  const times = [];
  for (let at = 0; at < 20; at += 1) {
    texts.add(await page.locator(".story-step.here").innerText());
    times.push(await nanoseconds(page));
    await page.waitForTimeout(150);
  }
  assert.ok(texts.size >= 3, `${[...texts]}`);
  const inside = times.filter((at) => at >= issued && at < issued + 500e6);
  assert.ok(inside.length > 10 && inside.every((at, index) => index === 0 || at >= inside[index - 1]), `${issued}: ${times}`);
  await page.getByTestId("stop-following").click();
  await page.getByTestId("look-again").waitFor();
  await page.locator("[data-testid=language]").click();
  await page.waitForFunction(() => /처리합니다/.test(document.querySelector(".story")?.innerText ?? ""));
  await clean(page, "Korean");
});

test("a dot that is clicked tells its request's story", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
  await page.waitForTimeout(500);
  await page.getByTestId("play").click();
  await page.waitForSelector("[data-testid=play][data-playing=false]");
  await page.waitForTimeout(300);
  // The brightest place of the layer is a message.
  const dots = await page.locator(".dots-canvas").evaluate((canvas) => {
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const bounds = canvas.getBoundingClientRect();
    const scale = canvas.width / bounds.width;
    const found = [];
    for (let at = 3; at < data.length; at += 4) {
      if (data[at] < 250) continue;
      const pixel = (at - 3) / 4;
      const [x, y] = [bounds.left + (pixel % width) / scale, bounds.top + Math.floor(pixel / width) / scale];
      if (found.every(([a, b]) => Math.hypot(a - x, b - y) > 14)) found.push([x, y]);
    }
    return found;
  });
  assert.ok(dots.length > 0);
  let told = false;
  for (const [x, y] of dots) {
    const free = await page.evaluate(([x, y]) => {
      const hit = document.elementFromPoint(x, y);
      return hit?.closest("#canvas") !== null && hit?.closest("[data-part], button") === null;
    }, [x, y]);
    if (!free) continue;
    await page.mouse.click(x, y);
    await page.waitForSelector(".story, .study [role=alert]");
    if ((await page.locator(".story").count()) > 0) { told = true; break; }
  }
  assert.ok(told, "one of the dots belongs to a request");
  const now = await nanoseconds(page);
  const issued = Number((await page.locator(".story").getAttribute("data-request")).split("@")[1]);
  assert.ok(issued <= now, `${issued} ${now}`);
});

test("a point of a chart shows the requests of its moment", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await playTo(page, 8);
  const box = await page.locator(".chart canvas").nth(1).boundingBox();
  // The charts' axis is the whole run: a little right of its beginning is within the first seconds.
  await page.mouse.move(box.x + 45, box.y + 30);
  await page.mouse.click(box.x + 45, box.y + 30);
  const slowest = page.locator("[data-kind=slowest] [data-request]");
  await slowest.first().waitFor();
  assert.ok((await slowest.count()) > 0);
});

test("on a phone the panel is a sheet", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 390, height: 844 } });
  await page.waitForSelector("[data-part]");
  await playTo(page, 4);
  await page.getByTestId("more").click();
  await page.click("[role=menu] [data-action=stories]");
  await page.locator("[data-kind=slowest] [data-request]").first().click();
  await page.locator(".story").waitFor();
  await clean(page, "phone");
});

test("an empty canvas says where the parts are, also beside the stories and on a phone", { timeout: 120_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.click("[data-action=new]");
  await page.waitForSelector(".canvas-empty");
  const text = () => page.innerText(".canvas-empty");
  assert.match(await text(), /from the left/);
  assert.ok(await page.isVisible(".palette"));
  await page.keyboard.press("t");
  await page.waitForSelector("[data-testid=study]");
  await page.waitForFunction(() => !document.querySelector(".canvas-empty").innerText.includes("left"));
  assert.ok(!(await page.isVisible(".palette")), "the stories have its place");
  await clean(page, "an empty canvas");
  await page.click("[data-testid=show-parts]");
  await page.waitForSelector(".palette", { state: "visible" });
  assert.match(await text(), /from the left/);
  await page.click("[data-kind=web]");
  await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 1);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.keyboard.press("Control+z");
  await page.waitForFunction(() => document.querySelector(".canvas-empty")?.innerText.includes("list"));
  await page.keyboard.press("Escape");
  await page.click("[data-testid=show-parts]");
  await page.waitForSelector(".lab[data-sheet=palette] .palette", { state: "visible" });
});
