// A page of another origin with the lab in a frame.

import { launch, serve, watchErrors } from "./harness.mjs";

const HOST = `<!doctype html><html lang="en"><title>host</title><link rel="icon" href="data:,"><body style="margin:0">
<div style="height:40px">A course page</div>
<iframe id="lab" title="lab" width="900" height="480"></iframe>
<div style="height:2000px"></div></body></html>`;

/** A host page on one origin, the lab on another; messages are collected in `heard`. */
export async function frame(t, query = "", { origin: pinned } = {}) {
  const lab = await serve();
  const host = await serve(undefined, { pages: { "host.html": HOST } });
  const browser = await launch({ viewport: { width: 1000, height: 700 } });
  t.after(async () => {
    await browser.close();
    await lab.close();
    await host.close();
  });
  const page = browser.context.pages()[0];
  const errors = watchErrors(page);
  await page.goto(`${host.url}host.html`);
  const origin = new URL(host.url).origin;
  await page.evaluate(({ address, peer }) => {
    globalThis.heard = [];
    addEventListener("message", (event) => {
      if (event.origin === peer) globalThis.heard.push(event.data);
    });
    const frame = document.querySelector("#lab");
    let id = 0;
    globalThis.ask = (message) => new Promise((done) => {
      id += 1;
      const mine = id;
      const answer = (event) => {
        if (event.origin !== peer || event.data.type !== "response" || event.data.id !== mine) return;
        removeEventListener("message", answer);
        done(event.data);
      };
      addEventListener("message", answer);
      frame.contentWindow.postMessage({ brownout: 1, id: mine, ...message }, peer);
    });
    frame.src = address;
  }, { address: `${lab.url}?embed=1&run=0&origin=${pinned ?? origin}${query}`, peer: new URL(lab.url).origin });
  const first = query.includes("events=") ? "ready" : "loaded";
  if (!pinned) await page.waitForFunction((first) => globalThis.heard.some(({ type }) => type === first), first);
  return { page, errors, lab };
}

/** The kinds of messages heard so far. */
export const kinds = (page) => page.evaluate(() => globalThis.heard.map((message) => message.type));
/** Sends a message; the lab's response. */
export const ask = (page, message) => page.evaluate((message) => globalThis.ask(message), message);
