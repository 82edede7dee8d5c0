// After the first visit the page works without a network, and a new version is taken without losing work.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, openPage, site } from "./harness.mjs";

const controlled = (page) => page.waitForFunction(async () => (await navigator.serviceWorker.ready).active.state === "activated");
const parts = (page, count) =>
  page.waitForFunction((count) => document.querySelectorAll("[data-part]").length === count, count);

test("the page works without a network, templates and work included", { timeout: 120_000 }, async (t) => {
  const { page, context, errors } = await openPage(t, { serviceWorkers: "allow" });
  await parts(page, 7);
  await controlled(page);
  const manifest = await page.evaluate(async () => (await fetch(document.querySelector("link[rel=manifest]").href)).json());
  assert.equal(manifest.display, "standalone");
  assert.ok(manifest.icons.length > 0 && manifest.name === "Brownout");
  const client = await context.newCDPSession(page);
  const { installabilityErrors } = await client.send("Page.getInstallabilityErrors");
  assert.deepEqual(installabilityErrors, [], "the browser offers to install it");
  await page.click("[data-kind=db]");
  await parts(page, 8);
  await context.setOffline(true);
  await page.reload();
  await parts(page, 8);
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
  await page.click("[data-testid=more]");
  await page.click("[role=menu] [data-action=templates]");
  await page.click("[data-template=two-regions]");
  await parts(page, 10);
  // A link works as well: what it holds is in its address.
  await page.goto(`${page.url()}?theme=dark`);
  await parts(page, 8);
  // The browser looks for a newer worker and finds no network.
  errors.length = 0;
});

test("a new version waits until the visitor takes it, and the work is still there", { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "brownout-site-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(site, folder, { recursive: true });
  const { page } = await openPage(t, { serviceWorkers: "allow", folder });
  await parts(page, 7);
  await controlled(page);
  await page.reload();
  await parts(page, 7);
  const publish = async (name, from, to) => {
    const path = join(folder, name);
    await writeFile(path, (await readFile(path, "utf8")).replace(from, to));
  };
  await publish("index.html", "<title>Brownout</title>", "<title>Brownout</title><meta name=next content=yes>");
  await publish("offline.js", /VERSION = "/, 'VERSION = "next-');
  await page.evaluate(async () => { await (await navigator.serviceWorker.getRegistration()).update(); });
  await page.waitForSelector("[data-testid=update]");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.click("[data-kind=db]");
  await parts(page, 8);
  assert.equal(await page.locator("meta[name=next]").count(), 0, "nothing changes under the visitor's hands");
  await page.click("[data-testid=update] button");
  await page.waitForSelector("meta[name=next]", { state: "attached" });
  await parts(page, 8);
});
