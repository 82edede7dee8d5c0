// A frame in a page of another origin, driven by messages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, frame, kinds } from "./host.mjs";

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
  await page.waitForTimeout(500);
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
