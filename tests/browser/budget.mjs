// What the page costs, measured in the page: `node budget.mjs frames seek many`.
//
// frames: milliseconds per frame of the page's thread and of all threads together, with 1,000, 10,000 and 50,000 requests
// in view on 60 parts, every one drawn (aggregation off) and as the page draws them by itself.
// seek: milliseconds from asking for a moment of ten minutes to the frame that shows it, and from changing something there
// (the future forks) to its first frame, of `fixtures/parts60.json` or the document named by SEEK_DOCUMENT.
// many: milliseconds from asking for 30 replications of 60 s of 20 parts at 1,000 requests/s to their table, with progress.

import { readFile } from "node:fs/promises";
import { launch, serve } from "./harness.mjs";
import { frames, percentile, trace } from "./trace.mjs";

const SECONDS = Number(process.env.BUDGET_SECONDS ?? 4);
const SEEKS = Number(process.env.BUDGET_SEEKS ?? 40);
const FAR_S = 600;
const FORKS = 16;
const ROUNDS = 3;

/** Sixty parts; so many requests are on their way between the first two columns. */
function crowd(count) {
  const rows = 20;
  const type = ["client", "web", "db"];
  const params = [{ rate_rps: count / 20 / rows, static_share: 0 }, { workers: 512 }, { workers: 64 }];
  const parts = type.flatMap((type, column) => Array.from({ length: rows }, (_, row) => (
    { id: 1 + column * rows + row, type, at: [column * 700, row * 110], params: params[column] })));
  const edges = [0, 1].flatMap((column) => Array.from({ length: rows }, (_, row) => ({
    id: 100 + column * rows + row, from: 1 + column * rows + row, to: 1 + (column + 1) * rows + row,
    net: { latency_ms: column === 0 ? 10000 : 1 }, policy: { timeout_ms: 60000 },
  })));
  return { version: 1, name: `${count} requests`, duration_s: 600, parts, edges };
}

async function opened(document) {
  const server = await serve();
  const browser = await launch({ viewport: { width: 1440, height: 900 } });
  const page = browser.context.pages()[0];
  await page.goto(server.url);
  await page.waitForSelector("[data-part]");
  await page.keyboard.press("Control+O");
  await page.fill("[data-testid=open-text]", JSON.stringify(document));
  await page.click("[data-testid=open-go]");
  await page.waitForFunction((parts) => document.querySelectorAll("[data-part]").length === parts, document.parts.length);
  await page.keyboard.press("Shift+!");
  await page.getByTestId("run-details").click();
  return { page, context: browser.context, close: async () => { await browser.close(); await server.close(); } };
}

/** Goes to a moment; milliseconds until the frame that shows it, by the page's own clock. */
function goTo(page, second) {
  return page.evaluate((second) => new Promise((done) => {
    const field = document.querySelector("[data-testid=go-to]");
    const time = document.querySelector("[data-testid=sim-time]");
    const wanted = String(Math.round(second * 1e9));
    field.value = String(second);
    const started = performance.now();
    field.dispatchEvent(new Event("change", { bubbles: true }));
    const look = () => (time.dataset.ns === wanted ? done(performance.now() - started) : requestAnimationFrame(look));
    look();
  }), second);
}

const said = (list) => `median ${percentile(list, 0.5).toFixed(1)} ms, 99th ${percentile(list, 0.99).toFixed(1)} ms`;

/** Milliseconds of all threads of all processes in each of these frames. */
function together(heard, perFrame) {
  const tasks = heard.filter((event) => event.ph === "X" && event.name.endsWith("RunTask")).sort((a, b) => a.ts - b.ts);
  return perFrame.map(({ from, until }) => tasks.filter(({ ts }) => ts >= from && ts < until)
    .reduce((sum, { dur = 0, tdur = dur }) => sum + Math.min(dur, tdur) / 1000, 0));
}

async function measureFrames() {
  for (const count of [1_000, 10_000, 50_000]) {
    const { page, context, close } = await opened(crowd(count));
    await goTo(page, 30);
    for (const [limit, name] of [["60000", "every one drawn"], ["5000", "as drawn"]]) {
      await page.getByTestId("drawn").selectOption(limit);
      await page.locator(".speed input").fill("0");
      await page.getByTestId("play").click();
      await page.waitForTimeout(500);
      const stop = await trace(context, page);
      await page.waitForTimeout(SECONDS * 1000);
      const heard = await stop();
      await page.getByTestId("play").click();
      const perFrame = frames(heard);
      console.log(`${count} in view, ${name}: ${perFrame.length} frames in ${SECONDS} s; `
        + `page's thread ${said(perFrame.map(({ all }) => all))}; all threads ${said(together(heard, perFrame))}`);
    }
    await close();
  }
  const { page, close } = await opened(crowd(1_000));
  const [painted, shown] = await page.evaluate(async () => [...(await import("./brownout.js")).measure_painting(50_000)]);
  console.log(`50,000 painted in ${painted.toFixed(1)} ms, on the canvas after ${shown.toFixed(1)} ms`);
  await close();
}

async function measureSeeks() {
  const file = process.env.SEEK_DOCUMENT ?? new URL("../../fixtures/parts60.json", import.meta.url);
  const document = { ...JSON.parse(await readFile(file, "utf8")), duration_s: FAR_S };
  const { page, close } = await opened(document);
  console.log(`ten minutes simulated in ${((await goTo(page, FAR_S - 1)) / 1000).toFixed(1)} s`);
  const [seeks, forks] = [[], []];
  let random = 1;
  for (let at = 0; at < SEEKS; at += 1) {
    random = (random * 48271) % 2147483647;
    const second = 1 + (random / 2147483647) * (FAR_S - 2);
    seeks.push(await goTo(page, Number(second.toFixed(3))));
  }
  const parts = page.locator("[data-type=app], [data-type=web], [data-type=db], [data-type=cache]");
  const count = await parts.count();
  for (let at = 0; at < FORKS; at += 1) {
    // Further and further: what was done before has then happened, and another part is killed each time.
    await goTo(page, 40 + at * ((FAR_S - 80) / FORKS));
    await parts.nth(at % count).focus();
    await page.keyboard.press("Enter");
    forks.push(await page.evaluate((key) => new Promise((done) => {
      const digest = () => document.querySelector("[data-testid=digest]")?.textContent;
      const before = digest();
      const started = performance.now();
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code: `Key${key.toUpperCase()}`, bubbles: true }));
      const look = () => {
        if (digest() !== before) done(performance.now() - started);
        else if (performance.now() - started > 5000) done(null);
        else requestAnimationFrame(look);
      };
      look();
    }), "k"));
  }
  const worst = (list) => Math.max(...list).toFixed(0);
  console.log(`seek to any moment of ${FAR_S} s: median ${percentile(seeks, 0.5).toFixed(0)} ms, worst ${worst(seeks)} ms, of ${seeks.length}`);
  const seen = forks.filter((ms) => ms !== null);
  console.log(`change something there, until the new future's first frame: median ${percentile(seen, 0.5).toFixed(0)} ms, worst ${worst(seen)} ms, of ${seen.length}`);
  await close();
}

/** Twenty parts: six web servers and six applications behind a balancer, two caches, four databases; 1,000 requests/s. */
function twenty() {
  const part = (id, type, column, row, params = {}, rest = {}) => ({ id, type, at: [column * 220, row * 110], params, ...rest });
  const several = (count, make) => Array.from({ length: count }, (_, at) => make(at));
  const parts = [
    part(1, "client", 0, 2, { rate_rps: 1000 }), part(2, "lb", 1, 2),
    ...several(6, (at) => part(3 + at, "web", 2, at, { workers: 64 })), ...several(6, (at) => part(9 + at, "app", 3, at, { threads: 64 })),
    ...several(2, (at) => part(15 + at, "cache", 4, at * 3)), ...several(4, (at) => part(17 + at, "db", 5, at, { workers: 32 })),
  ];
  let id = 100;
  const edge = (from, to, weight) => ({ id: (id += 1), from, to, ...(weight && { weight }) });
  const edges = [
    edge(1, 2), ...several(6, (at) => edge(2, 3 + at)), ...several(6, (at) => edge(3 + at, 9 + at)),
    ...several(6, (at) => edge(9 + at, 15 + (at % 2))), ...several(4, (at) => edge(15 + (at % 2), 17 + at, 0.5)),
  ];
  return { version: 1, name: "Twenty parts", duration_s: 60, warmup_s: 5, parts, edges };
}

async function measureMany() {
  const { page, close } = await opened(twenty());
  await goTo(page, 2);
  await page.locator("#canvas").focus();
  await page.keyboard.press("t");
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.getByTestId("tab-forms").click();
    await page.waitForFunction(() => document.querySelector("[data-testid=field-runs]")?.value === "30");
    const [ms, steps] = await page.evaluate(() => new Promise((done) => {
      const seen = new Set();
      const started = performance.now();
      document.querySelector("[data-testid=runs]").click();
      const look = () => {
        const bar = document.querySelector(".study-progress")?.getAttribute("aria-valuenow");
        if (bar) seen.add(bar);
        const over = document.querySelector("[data-testid=replications]");
        if (over || performance.now() - started > 120_000) done([over ? performance.now() - started : null, seen.size]);
        else requestAnimationFrame(look);
      };
      look();
    }));
    console.log(`30 replications x 60 s x 20 parts at 1,000 requests/s: ${ms?.toFixed(0)} ms, ${steps} steps of progress were shown`);
    if (round === 0) console.log((await page.getByTestId("replications").innerText()).split("\n").slice(0, 8).join("; "));
  }
  await close();
}

for (const what of process.argv.slice(2)) await { frames: measureFrames, seek: measureSeeks, many: measureMany }[what]();
