// What the tests called by a word say when Chromium runs them in a worker: `node speed.mjs`, `node speed.mjs seek`.
//
// It runs `cargo test --release -p brownout-tests --test wasm WORD` for wasm, and opens what the runner serves. By the clock
// on the wall: on a machine that does nothing else.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./harness.mjs";

const WORD = process.argv[2] ?? "speed";
const LIMIT_MS = 600_000;
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

const runner = spawn("cargo", ["test", "--release", "--package", "brownout-tests", "--test", "wasm",
  "--target", "wasm32-unknown-unknown", "--", WORD, "--nocapture"], {
  cwd: root,
  stdio: ["ignore", "pipe", "pipe"],
  // A group of its own: cargo and the runner that it starts end together.
  detached: true,
  env: { ...process.env, NO_HEADLESS: "1", WASM_BINDGEN_USE_DEDICATED_WORKER: "1", WASM_BINDGEN_NO_DEBUG: "1" },
});

try {
  const address = await new Promise((found, missing) => {
    let said = "";
    const hear = (data) => {
      said += data;
      const url = said.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (url) found(url[0]);
    };
    runner.stdout.on("data", hear);
    runner.stderr.on("data", hear);
    runner.on("exit", () => missing(new Error(said)));
  });
  const browser = await launch();
  try {
    const page = browser.context.pages()[0];
    await page.goto(address);
    await page.waitForFunction(() => /test result/.test(document.body.textContent), null, { timeout: LIMIT_MS });
    const lines = (await page.evaluate(() => document.body.textContent)).split("\n");
    console.log(`Chromium ${browser.context.browser()?.version() ?? ""}`);
    console.log(lines.filter((line) => /optimised on|^test /.test(line)).join("\n"));
  } finally {
    await browser.close();
  }
} finally {
  process.kill(-runner.pid);
}
