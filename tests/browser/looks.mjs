// Pictures of what moves, to be looked at: `node looks.mjs FOLDER [words of names]`. A run in which a server was killed, at a
// thousandth of real time, as it is, and a hundred times as fast, in both themes; two futures; the timeline with everything
// on it; streams; the panel with why, charts and many runs, also in Korean and on a phone; what moves as those see it who lack
// one kind of cones; and a sequence of frames.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, serve } from "./harness.mjs";

const [folder = "looks", ...words] = process.argv.slice(2);

const speed = (page, step) => page.locator(".speed input").evaluate((input, value) => {
  input.value = value;
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
}, String(step));

const passes = (page, second) => page.waitForFunction(
  (until) => Number(document.querySelector("[data-testid=sim-time]").dataset.ns) >= until, second * 1e9, { timeout: 60_000 });

/** Caches, replicas, retries: a system in which there is something to be seen of each. */
const RICH = {
  version: 1, name: "Caches, replicas, retries", duration_s: 600,
  parts: [
    { id: 1, type: "client", name: "Visitors", at: [0, 160], params: { rate_rps: 900 } },
    { id: 2, type: "lb", name: "Balancer", at: [220, 160] },
    { id: 3, type: "web", name: "web-1", at: [440, 60], params: { workers: 8 } },
    { id: 4, type: "web", name: "web-2", at: [440, 260], params: { workers: 8 } },
    { id: 5, type: "cache", name: "Cache", at: [680, 60] },
    { id: 6, type: "db", name: "Database", count: 3, at: [900, 160], params: { replication: "async" } },
  ],
  edges: [
    { id: 11, from: 1, to: 2, net: { latency_ms: 20 }, policy: { timeout_ms: 120, retries: 2 } },
    { id: 12, from: 2, to: 3, net: { latency_ms: 5 } }, { id: 13, from: 2, to: 4, net: { latency_ms: 5 } },
    { id: 14, from: 3, to: 5, net: { latency_ms: 3 } }, { id: 15, from: 4, to: 5, net: { latency_ms: 3 } },
    { id: 16, from: 5, to: 6, net: { latency_ms: 4 } },
  ],
  timeline: [{ id: 20, at_s: 4, do: "kill", target: 3, for_s: 5 }, { id: 21, at_s: 2, do: "slow", target: 6, for_s: 1.5, factor: 8 }],
  goals: [{ id: 30, metric: "latency_ms.p99", op: "<", value: 150, over: [0, 60] }],
};

async function load(page, design) {
  await page.keyboard.press("Control+O");
  await page.fill("[data-testid=open-text]", JSON.stringify(design));
  await page.click("[data-testid=open-go]");
  const parts = design.parts.length;
  await page.waitForFunction((parts) => document.querySelectorAll("[data-part]").length === parts
    || document.querySelector("[role=dialog] .bad, [role=dialog] [role=alert]"), parts, { timeout: 8_000 });
  const refused = await page.locator("[role=dialog] [role=alert]").allTextContents();
  if (refused.length > 0) throw new Error(refused.join());
  await page.keyboard.press("Shift+!");
}

const at = (step, second, rest) => async (page) => {
  await load(page, RICH);
  await speed(page, 0);
  await passes(page, second);
  await speed(page, step);
  await page.waitForTimeout(rest);
};

async function futures(page) {
  await load(page, RICH);
  await speed(page, 0);
  await passes(page, 3);
  await page.getByTestId("play").click();
  await page.keyboard.press("f");
  await page.frameLocator("[data-testid=beside] iframe").locator("[data-part]").first().waitFor();
  await page.locator('[data-part="4"]').first().click();
  await page.keyboard.press("k");
  await page.getByTestId("play").click();
  await passes(page, 7);
  await page.getByTestId("play").click();
  await page.getByTestId("results").waitFor();
  await page.waitForTimeout(1_500);
}

async function streams(page) {
  await load(page, { ...RICH, parts: RICH.parts.map((part) => (part.id === 1 ? { ...part, params: { rate_rps: 40000 } } : part)) });
  await speed(page, -2);
  await passes(page, 0.6);
}

/** The panel beside stories, at one of its tabs, with the run standing still in the middle of its faults. */
const panel = (tab, ready, more = async () => {}) => async (page) => {
  await load(page, RICH);
  await speed(page, 3);
  await passes(page, 8);
  await page.getByTestId("play").click();
  await page.locator("#canvas").focus();
  await page.keyboard.press("t");
  await page.getByTestId(`tab-${tab}`).click({ timeout: 60_000 });
  await page.getByTestId(ready).waitFor({ timeout: 60_000 });
  await more(page);
  await page.waitForTimeout(300);
};

const replicate = async (page) => {
  await page.getByTestId("field-seconds").fill("20");
  await page.getByTestId("runs").click();
  await page.getByTestId("replications").waitFor({ timeout: 120_000 });
};
const point = async (page) => {
  const chart = await page.locator(".study .plot").first().boundingBox();
  await page.mouse.move(chart.x + chart.width * 0.3, chart.y + 30);
};
const why = panel("why", "why");
const charts = panel("charts", "all-charts", point);
const many = panel("forms", "field-runs", replicate);

const SHOTS = [...["dark", "light"].flatMap((theme) => [
  { name: `thousandth-${theme}`, theme, go: at(-9, 4.05, 900) },
  { name: `real-${theme}`, theme, go: at(0, 11, 300) },
  { name: `hundred-${theme}`, theme, go: at(6, 5, 700) },
  { name: `futures-${theme}`, theme, go: futures },
  { name: `streams-${theme}`, theme, go: streams },
  { name: `why-${theme}`, theme, go: why },
  { name: `charts-${theme}`, theme, go: charts },
  { name: `many-${theme}`, theme, go: many },
]),
...["protanopia", "deuteranopia", "tritanopia"].map((vision) => ({ name: `vision-${vision}`, theme: "light", vision, go: at(-9, 4.05, 900) })),
{ name: "korean-why", theme: "light", lang: "ko-KR", go: why },
{ name: "korean-charts", theme: "dark", lang: "ko-KR", go: charts },
{ name: "phone-charts", theme: "light", width: 390, go: charts },
{ name: "phone-why-korean", theme: "dark", lang: "ko-KR", width: 390, go: why },
];

await mkdir(folder, { recursive: true });
const server = await serve();
try {
  for (const { name, theme, lang = "en-US", width = 1440, vision, go } of SHOTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))) {
    const browser = await launch({ viewport: { width, height: width < 600 ? 844 : 900 }, colorScheme: theme, locale: lang });
    const page = browser.context.pages()[0];
    await page.goto(server.url);
    await page.waitForSelector("[data-part]");
    await go(page);
    if (vision) {
      const client = await browser.context.newCDPSession(page);
      await client.send("Emulation.setEmulatedVisionDeficiency", { type: vision });
    }
    await page.screenshot({ path: join(folder, `${name}.png`) });
    if (name === "thousandth-dark") {
      for (let frame = 0; frame < 6; frame += 1) {
        await page.locator(".pane").screenshot({ path: join(folder, `frame-${frame}.png`) });
        await page.waitForTimeout(150);
      }
    }
    console.log(`${name}.png`);
    await browser.close();
  }
} finally {
  await server.close();
}
