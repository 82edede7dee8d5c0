// Time from navigation to the first moving request, in a fresh browser each time: `cargo xtask numbers`.

import { launch, serve } from "./harness.mjs";

const RUNS = 5;
const LIMIT_MS = 30_000;

async function once(url) {
  const browser = await launch();
  try {
    const page = browser.context.pages()[0];
    await page.goto(url);
    await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0, null, { timeout: LIMIT_MS });
    return await page.evaluate(() => performance.getEntriesByName("first-request")[0].startTime);
  } finally {
    await browser.close();
  }
}

const server = await serve();
try {
  const times = [];
  for (let run = 0; run < RUNS; run += 1) times.push(await once(server.url));
  times.sort((one, other) => one - other);
  const list = times.map((time) => time.toFixed(0)).join(", ");
  console.log(`From navigation to the first moving request: median ${times[RUNS >> 1].toFixed(0)} ms of ${RUNS} cold starts (${list})`);
} finally {
  await server.close();
}
