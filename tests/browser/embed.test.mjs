// A frame in a page of another origin, driven by messages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFile } from "node:fs/promises";
import { deflateRawSync } from "node:zlib";
import { findings } from "./checks.mjs";
import { accessibilityViolations, launch, openPage, serve, watchErrors } from "./harness.mjs";
import { ask, frame, kinds } from "./host.mjs";

const heard = (page, type) =>
  page.waitForFunction((type) => globalThis.heard.find((message) => message.type === type), type).then((it) => it.jsonValue());

const SERVER = {
  version: 1,
  name: "From the host",
  parts: [{ id: 1, type: "client" }, { id: 2, type: "web" }],
  edges: [{ id: 3, from: 1, to: 2 }],
  timeline: [{ id: 4, at_s: 1, do: "pause", target: 2, for_s: 1 }],
};

test("ready, load, run, pause, query, error, response", { timeout: 60_000 }, async (t) => {
  const { page, errors } = await frame(t);
  assert.deepEqual((await kinds(page)).slice(0, 2), ["ready", "loaded"]);
  const ready = await page.evaluate(() => globalThis.heard[0]);
  assert.equal(ready.protocol, 1);

  const scenario = {
    version: 1,
    name: "From the host",
    parts: [{ id: 1, type: "client" }, { id: 2, type: "web" }],
    edges: [{ id: 3, from: 1, to: 2 }],
  };
  assert.equal((await ask(page, { type: "load", scenario })).ok, true);
  assert.equal((await ask(page, { type: "run", speed: 10 })).ok, true);
  await page.waitForFunction(async () => (await globalThis.ask({ type: "query", what: "metrics" })).result.succeeded > 50);
  assert.equal((await ask(page, { type: "inject", do: "kill", target: 2 })).ok, true);
  await page.waitForFunction(async () => (await globalThis.ask({ type: "query", what: "metrics" })).result.failed > 0);
  assert.equal((await ask(page, { type: "pause" })).ok, true);
  assert.ok((await kinds(page)).includes("started") && (await kinds(page)).includes("paused"));
  const back = await ask(page, { type: "query", what: "scenario" });
  assert.equal(back.result.name, "From the host");

  const refused = await ask(page, { type: "load", scenario: { version: 1, parts: [{ id: 1, type: "nonsense" }] } });
  assert.equal(refused.ok, false);
  assert.match(refused.error, /parts\[0\]\.type/);
  assert.ok((await kinds(page)).includes("error"));
  assert.match((await ask(page, { type: "dance" })).error, /dance/);
  assert.equal((await ask(page, { type: "query", what: "scenario" })).result.name, "From the host", "it stays as it was");
  assert.deepEqual(errors, []);
});

test("messages from elsewhere are not heard", async (t) => {
  const { page } = await frame(t, "&title=x");
  await page.evaluate(() => {
    const other = document.createElement("iframe");
    document.body.append(other);
    const code = other.contentWindow.Function
      ? 'parent.document.querySelector("#lab").contentWindow.postMessage({brownout:1,type:"run",id:99}, "*")'
      : "";
    other.contentWindow.setTimeout(code, 0);
  });
  // What comes after it is answered: it has been read and dropped by then.
  await ask(page, { type: "query", what: "metrics" });
  assert.ok(!(await kinds(page)).includes("started"), "only the page around the frame is heard");
});

test("unknown parameters are shown, the page around scrolls, and a frame out of sight pauses", async (t) => {
  const { page } = await frame(t, "&run=1&ui=fancy&wheel=page");
  const lab = page.frameLocator("#lab");
  assert.match(await lab.locator("[data-testid=unknown-parameters]").textContent(), /ui=fancy/);
  await page.mouse.move(400, 300);
  await page.mouse.wheel(0, 300);
  await page.waitForFunction(() => globalThis.scrollY > 100);
  await page.evaluate(() => globalThis.scrollTo(0, 1500));
  await page.waitForFunction(() => globalThis.heard.some((message) => message.type === "paused"));
  await page.evaluate(() => globalThis.scrollTo(0, 0));
  await page.waitForFunction(() => globalThis.heard.some((message) => message.type === "started"));
});

test("set, metric, fault, edit, resize", { timeout: 60_000 }, async (t) => {
  const { page, errors } = await frame(t, "&tag=left");
  await ask(page, { type: "load", scenario: SERVER });
  const size = await heard(page, "resize");
  assert.ok(size.width > 300 && size.height > 100, JSON.stringify(size));
  assert.equal(size.tag, "left");
  for (const [path, value] of [["parts.1.rate_rps", 500], ["parts.2.service_time", 1], ["parts.2.count", 2],
    ["parts.2.params.workers", 7], ["parts.2.static_time.exp.mean_ms", 3], ["edges.3.net.latency_ms", 5], ["duration_s", 100]]) {
    const { ok, error } = await ask(page, { type: "set", path, value });
    assert.equal(ok, path !== "parts.2.service_time", `${path}: ${error}`);
    if (!ok) assert.match(error, /parts\[1\]\.params\.service_time/);
  }
  const { result } = await ask(page, { type: "query", what: "scenario" });
  assert.deepEqual(result.parts[1], { id: 2, type: "web", count: 2, params: { workers: 7, static_time: { exp: { mean_ms: 3 } } } });
  assert.deepEqual([result.parts[0].params.rate_rps, result.edges[0].net.latency_ms, result.duration_s], [500, 5, 100]);
  const edit = await heard(page, "edit");
  assert.deepEqual([edit.parts, edit.edges, edit.can_undo, edit.can_redo], [2, 1, true, false]);
  for (const path of ["", "parts", "parts.9.count", "parts.1.", "nonsense.x", "parts.1.rate_rps.deep"]) {
    assert.equal((await ask(page, { type: "set", path, value: 1 })).ok, false, path);
  }
  assert.deepEqual((await ask(page, { type: "query", what: "scenario" })).result, result, "it stays as it was");

  await ask(page, { type: "run", speed: 2 });
  const metric = await heard(page, "metric");
  assert.ok(metric.t_s >= 1 && metric.goodput_rps > 100, JSON.stringify(metric));
  const fault = await heard(page, "fault");
  assert.deepEqual([fault.do, fault.target, fault.t_s], ["pause", "2", 1]);
  await ask(page, { type: "inject", do: "kill", target: "2/1" });
  await page.waitForFunction(() => globalThis.heard.some((message) => message.type === "fault" && message.target === "2/1"));
  assert.deepEqual(errors, []);
});

test("a page of a third origin hears nothing and is not heard", { timeout: 60_000 }, async (t) => {
  const { page } = await frame(t, "&title=x", { origin: "https://elsewhere.example" });
  const lab = page.frameLocator("#lab");
  await lab.locator("[data-part]").first().waitFor();
  await page.evaluate(() => document.querySelector("#lab").contentWindow.postMessage({ brownout: 1, type: "run", id: 1 }, "*"));
  await lab.locator("[data-testid=play][data-playing=false]").waitFor();
  // The browser says aloud that a message was for another origin; nothing of it gets here.
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  assert.deepEqual(await kinds(page), []);
});

test("locked, without a link, with charts, with a fault at once and only some messages", { timeout: 60_000 }, async (t) => {
  const { page } = await frame(t, "&lock=4&links=0&panel=latency&events=fault&edit=1&view=400.0.600.400");
  const lab = page.frameLocator("#lab");
  await lab.locator(".charts canvas").waitFor();
  assert.equal(await lab.locator(".charts canvas").count(), 1);
  assert.equal(await lab.locator(".bar-end a").count(), 0);
  const [first, second] = [lab.locator('[data-part="4"]'), lab.locator('[data-part="5"]')];
  await first.click();
  await page.keyboard.press("Delete");
  await lab.getByText("This is locked").waitFor();
  await second.click();
  await page.keyboard.press("Delete");
  await second.waitFor({ state: "detached" });
  assert.equal(await first.count(), 1);
  assert.deepEqual([...new Set(await kinds(page))].filter((type) => type !== "response"), ["ready"]);
});

test("the element in a page of another origin", { timeout: 90_000 }, async (t) => {
  const lab = await serve();
  const text = await readFile(new URL("../../docs/host.html", import.meta.url), "utf8");
  const host = await serve(undefined, { pages: { "host.html": text.replace('"LAB/', `"${lab.url}`) } });
  const browser = await launch({ viewport: { width: 1000, height: 900 } });
  t.after(async () => { await browser.close(); await lab.close(); await host.close(); });
  const page = browser.context.pages()[0];
  const errors = watchErrors(page);
  await page.goto(`${host.url}host.html`);
  const inside = page.frameLocator("brownout-lab iframe");
  await inside.locator("[data-part]").nth(1).waitFor();
  await page.waitForFunction(async () => (await document.querySelector("#lab").query("scenario")).name === "One server");
  await page.click("#play");
  await page.waitForFunction(() => /good answers/.test(document.querySelector("#figures").textContent));
  await page.fill("#rate", "150");
  await page.waitForFunction(async () => (await document.querySelector("#lab").query("scenario")).parts[0].params.rate_rps === 150);
  await page.click("#kill");
  await page.waitForFunction(async () => (await document.querySelector("#lab").query("metrics")).failed > 0);
  const refusal = await page.evaluate(() => document.querySelector("#lab").inject("dance", 2).catch((error) => error.message));
  assert.match(refusal, /dance/);
  assert.ok(await page.evaluate(() => document.querySelector("#lab").clientHeight) >= 320);
  assert.deepEqual(errors, []);
});

test("the dialog builds address and code, and shows what they give", { timeout: 90_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1280, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.click("[data-testid=more]");
  await page.click("[role=menu] [data-action=embed]");
  const preview = page.frameLocator("[data-testid=embed-preview]");
  await preview.locator("[data-part]").first().waitFor();
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  assert.equal(await page.inputValue("[data-embed-field=ui]"), "controls", "the defaults are shown");
  assert.equal(await page.inputValue("[data-embed-field=theme]"), "auto");
  const code = () => page.inputValue("[data-testid=embed-code]");
  assert.match(await code(), /^<iframe src="http[^"]*\?embed=1#v1\.[^"]*" title="Three tiers" width="800" height="460" loading="lazy"/);
  await page.selectOption("[data-embed-field=ui]", "none");
  await page.selectOption("[data-embed-field=panel]", "latency");
  await page.selectOption("[data-embed-field=lang]", "ko");
  await page.click("[data-embed-field=run]");
  await page.click("[data-embed-field=view]");
  await page.fill("[data-embed-field=speed]", "1/20");
  await page.press("[data-embed-field=speed]", "Enter");
  await page.waitForFunction(() => document.querySelector("[data-testid=embed-code]").value.includes("speed=1/20"));
  assert.match(await code(), /embed=1&amp;ui=none&amp;panel=latency&amp;lang=ko&amp;speed=1\/20&amp;run=0&amp;view=-?\d+\.-?\d+\.\d+\.\d+#v1/);
  await preview.locator(".charts").waitFor();
  await page.fill("[data-embed-field=speed]", "fast");
  await page.press("[data-embed-field=speed]", "Enter");
  assert.match(await page.textContent("[data-testid=embed-unknown]"), /speed=fast/);
  await page.fill("[data-embed-field=speed]", "");
  await page.press("[data-embed-field=speed]", "Enter");
  await page.click("[data-testid=embed-element]");
  assert.match(await code(), /embed\/brownout-lab\.js" defer><\/script>\n<brownout-lab ui="none" panel="latency" lang="ko" run="0"/);
  assert.deepEqual(await findings(page), []);
});

test("a step of a lesson in a frame tells the page around it which goals are met", { timeout: 120_000 }, async (t) => {
  const { page, errors } = await frame(t, "&run=1&speed=10000#lesson=story-retry-storm&step=4");
  const first = await heard(page, "loaded");
  assert.match(first.name, /300 orders/, "the lesson's own document is the first");
  const goal = async (id) => {
    const found = await page.waitForFunction((id) => globalThis.heard.findLast((message) => message.type === "goal" && message.id === id), id, { timeout: 60_000 });
    return found.jsonValue();
  };
  const before = await goal("before");
  assert.equal(before.brownout, 1);
  assert.deepEqual([before.lesson, before.run, before.passed], ["story-retry-storm", "storm", true]);
  assert.ok(before.value > 100 && typeof before.bound === "number", JSON.stringify(before));
  assert.equal((await goal("stays-down")).passed, true);
  const inside = page.frameLocator("#lab");
  await inside.locator("[data-goal=stays-down][data-state=met]").waitFor();
  assert.equal(await inside.locator(".course-foot, [data-testid=contents]").count(), 0, "one step alone");
  assert.match(await inside.locator(".bar a").getAttribute("href"), /#lesson=story-retry-storm&step=4$/, "the link leads into the lesson");
  const stored = await page.frames().at(-1).evaluate(() => localStorage.length);
  assert.equal(stored, 0, "a frame keeps nothing");

  // Whoever takes the retries out does not meet the goal any more.
  assert.equal((await ask(page, { type: "reset" })).ok, true);
  assert.equal((await ask(page, { type: "set", path: "edges.3.policy.retries", value: 0 })).ok, true);
  assert.equal((await ask(page, { type: "run", speed: 10_000 })).ok, true);
  await page.waitForFunction(() => globalThis.heard.findLast((message) => message.type === "goal" && message.id === "stays-down")?.passed === false, null, { timeout: 60_000 });
  assert.deepEqual(errors, []);
});

const lastGoal = async (page, id) => {
  const found = await page.waitForFunction((id) => globalThis.heard.findLast((message) => message.type === "goal" && message.id === id), id, { timeout: 60_000 });
  return found.jsonValue();
};

test("a document's own goals are told to the page around it", { timeout: 120_000 }, async (t) => {
  const { page, errors } = await frame(t, "");
  const { result: scenario } = await ask(page, { type: "query", what: "scenario" });
  scenario.goals = [
    { id: 901, metric: "availability", op: ">=", value: 0.9, over: [1, 3] },
    { id: 902, metric: "latency_ms.p50", op: "<", value: 0.001, over: [1, 4] },
  ];
  assert.equal((await ask(page, { type: "load", scenario })).ok, true);
  assert.equal((await ask(page, { type: "run", speed: 100 })).ok, true);
  const met = await lastGoal(page, "901");
  assert.deepEqual([met.lesson, met.run, met.passed, met.bound], ["", "", true, 0.9]);
  assert.ok(met.value > 0.9, JSON.stringify(met));
  const missed = await lastGoal(page, "902");
  assert.ok(missed.passed === false && missed.value > 0.001, JSON.stringify(missed));
  // Run again without the client's load, nothing is measured and nothing is met.
  assert.equal((await ask(page, { type: "reset" })).ok, true);
  assert.equal((await ask(page, { type: "set", path: "parts.1.rate_rps", value: 0 })).ok, true);
  assert.equal((await ask(page, { type: "run", speed: 100 })).ok, true);
  await page.waitForFunction(() => globalThis.heard.findLast((message) => message.type === "goal" && message.id === "901")?.passed === false, null, { timeout: 60_000 });
  assert.deepEqual(errors, []);
});

test("an assignment in a frame tells which of its goals are met", { timeout: 120_000 }, async (t) => {
  const assignment = JSON.parse(await readFile(new URL("../../fixtures/assignment.json", import.meta.url)));
  delete assignment.hidden;
  const payload = deflateRawSync(JSON.stringify(assignment)).toString("base64url");
  const { page, errors } = await frame(t, `&run=1&speed=10000#a1.${payload}`);
  for (const { id } of assignment.goals) {
    const told = await lastGoal(page, id);
    assert.match(told.lesson, /^assignment-[0-9a-f]{16}$/);
    assert.equal(told.run, "design");
    assert.equal(typeof told.passed, "boolean");
  }
  assert.deepEqual(errors, []);
});

test("the dialog offers the open lesson and its step", { timeout: 60_000 }, async (t) => {
  const { page } = await openPage(t, { path: "#lesson=story-retry-storm&step=3", viewport: { width: 1280, height: 900 } });
  await page.waitForSelector("[data-run=storm].here");
  await page.keyboard.press("Control+Shift+p");
  await page.keyboard.type("Embed");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-testid=embed-code]");
  assert.match(await page.inputValue("[data-testid=embed-code]"), /#lesson=story-retry-storm"/);
  await page.click("[data-testid=embed-what-2]");
  assert.match(await page.inputValue("[data-testid=embed-code]"), /#lesson=story-retry-storm&amp;step=3"/);
  await page.click("[data-testid=embed-what-0]");
  assert.match(await page.inputValue("[data-testid=embed-code]"), /#v1\./);
});

test("every parameter is in the dialog, and a page that is opened with all of them knows them all", { timeout: 120_000 }, async (t) => {
  const { page, context, url } = await openPage(t, { viewport: { width: 1280, height: 900 } });
  await page.waitForSelector("[data-part]");
  await page.keyboard.press("Control+O");
  await page.fill("[data-testid=open-text]", JSON.stringify(SERVER));
  await page.click("[data-testid=open-go]");
  await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 2);
  await page.click("[data-testid=more]");
  await page.click("[role=menu] [data-action=embed]");
  await page.waitForSelector("[data-embed-field]");
  const fields = await page.$$eval("[data-embed-field]", (all) => all.map((one) => one.dataset.embedField));
  // ux.md A.4, as the documentation has them.
  const docs = await readFile(new URL("../../docs/embed.md", import.meta.url), "utf8");
  const documented = [...docs.slice(docs.indexOf("| Parameter |"), docs.indexOf("| Type |")).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  assert.ok(documented.length >= 17, documented.join());
  assert.deepEqual(documented.filter((name) => !["embed", ...fields].includes(name)), [], "all can be set");
  const set = {
    ui: "full", panel: "latency", theme: "dark", lang: "ko", wheel: "zoom", signal: "4", speed: "1/20", at: "2", seed: "7", title: "A title",
    lock: "2", origin: "https://example.org", events: "metric,fault", tag: "left",
  };
  for (const [name, value] of Object.entries(set)) {
    const field = page.locator(`[data-embed-field=${name}]`);
    if (await field.evaluate((field) => field.localName === "select")) await field.selectOption(value);
    else {
      await field.fill(value);
      await field.press("Enter");
    }
  }
  for (const name of ["run", "edit", "fit", "links"]) await page.click(`[data-embed-field=${name}]`);
  const code = () => page.inputValue("[data-testid=embed-code]");
  await page.waitForFunction(() => document.querySelector("[data-testid=embed-code]").value.includes("links=0"));
  const address = (await code()).match(/src="([^"]*)"/)[1].replaceAll("&amp;", "&");
  const query = new URL(address).searchParams;
  for (const [name, value] of Object.entries({ ...set, run: "0", edit: "1", fit: "0", links: "0" })) assert.equal(query.get(name), value, name);
  assert.equal(await page.locator("[data-testid=embed-unknown]").count(), 0);

  // Opened by itself: what can be seen of them is seen.
  const frame = await context.newPage();
  await frame.goto(url + address.slice(address.indexOf("?")));
  await frame.waitForSelector("[data-part]");
  assert.equal(await frame.locator("[data-testid=unknown-parameters]").count(), 0);
  assert.equal(await frame.getAttribute("html", "lang"), "ko");
  assert.equal(await frame.getAttribute("html", "data-theme"), "dark");
  assert.equal(await frame.textContent(".embed-title"), "A title");
  await frame.waitForSelector("[data-testid=play][data-playing=false]");
});

test("seek, finished, and what can be asked about", { timeout: 120_000 }, async (t) => {
  const { page, errors } = await frame(t);
  assert.equal((await ask(page, { type: "load", scenario: { ...SERVER, duration_s: 3, warmup_s: 0, timeline: [] } })).ok, true);
  assert.equal((await ask(page, { type: "seek", t_s: 1.5 })).ok, true);
  await page.waitForFunction(async () => (await globalThis.ask({ type: "query", what: "metrics" })).result.t_s === 1.5);
  for (const t_s of [-1, "soon", null, 1e300]) {
    const { ok, error } = await ask(page, { type: "seek", t_s });
    assert.ok(!ok && /t_s/.test(error), String(t_s));
  }
  const topology = (await ask(page, { type: "query", what: "topology" })).result;
  assert.deepEqual([topology.parts.length, topology.edges.length], [2, 1]);
  const image = (await ask(page, { type: "query", what: "image" })).result;
  assert.match(typeof image === "string" ? image : JSON.stringify(image), /svg/);
  await ask(page, { type: "run", speed: 100 });
  await heard(page, "finished");
  assert.deepEqual(errors, []);
});
