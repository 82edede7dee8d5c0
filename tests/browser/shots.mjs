// Takes the pictures of the documentation and checks each of them: `cargo xtask shots [words of names]`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findings } from "./checks.mjs";
import { launch, serve, watchErrors } from "./harness.mjs";
import { SHOTS } from "./shots-list.mjs";

const folder = process.env.BROWNOUT_IMAGES ?? "docs/images";
const words = process.argv.slice(2);

async function take(server, { name, viewport, theme = "dark", lang = "en", path = "", prepare }) {
  const browser = await launch({
    viewport,
    colorScheme: theme,
    locale: lang === "ko" ? "ko-KR" : "en-US",
    deviceScaleFactor: 1,
  });
  try {
    const page = browser.context.pages()[0];
    const errors = watchErrors(page);
    await page.goto(server.url + path);
    await prepare(page);
    const found = [...(await findings(page)), ...errors];
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
    return found;
  } finally {
    await browser.close();
  }
}

await mkdir(folder, { recursive: true });
const server = await serve();
let faults = 0;
try {
  for (const shot of SHOTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))) {
    const found = await take(server, shot);
    console.log(`${shot.name}.png: ${found.length === 0 ? "no findings" : `${found.length} findings`}`);
    for (const sentence of found) console.log(`  ${sentence}`);
    faults += found.length;
  }
} finally {
  await server.close();
}
process.exitCode = faults === 0 ? 0 : 1;
