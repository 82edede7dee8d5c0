// An assignment from the teacher's desk to the grade: built by form, answered in another browser, graded in the terminal.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { becomes, openPage } from "./harness.mjs";
import { clean } from "./steps.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;
const DESIGN = {
  version: 1, name: "Two tiers", duration_s: 30, warmup_s: 5,
  parts: [
    { id: 1, type: "client", name: "Visitors", params: { rate_rps: 60, static_share: 1 }, at: [40, 160] },
    { id: 2, type: "lb", name: "Balancer", at: [320, 160] },
    { id: 3, type: "web", name: "Web", params: { workers: 1, static_time: { exp: { mean_ms: 14 } } }, at: [600, 160] },
  ],
  edges: [{ id: 4, from: 1, to: 2 }, { id: 5, from: 2, to: 3 }],
};

/** The terminal, as JSON. */
async function brownout(...words) {
  const { stdout } = await promisify(execFile)("cargo", ["run", "--quiet", "--package", "brownout-cli", "--", ...words],
    { cwd: ROOT, maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}

/** Opens the text of a file. */
async function openText(page, text) {
  await page.waitForSelector("[data-part]");
  await page.keyboard.press("Control+o");
  await page.fill("[data-testid=open-text]", text);
  await page.click("[data-testid=open-go]");
}

async function openDesk(page) {
  await page.click("[data-testid=more]");
  await page.click("[role=menu] [data-action=teach]");
  await page.waitForSelector("[data-testid=teach]");
}

/** Fills fields of the desk. */
async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`.teach [data-teach=${name}]`);
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else {
      await field.fill(value);
      await field.blur();
    }
  }
}

async function addGoal(page, fields) {
  const goals = page.locator("[data-testid=teach-goals] > li");
  const before = await goals.count();
  await fill(page, fields);
  await page.click("[data-testid=add-goal]");
  await becomes(() => goals.count(), before + 1);
}

test("a teacher builds an assignment, a student answers it, and the terminal agrees with the page", { timeout: 400_000 }, async (t) => {
  const { page } = await openPage(t, { viewport: { width: 1440, height: 900 } });
  await openText(page, JSON.stringify(DESIGN));
  await page.waitForSelector('[data-part="3"]');
  await openDesk(page);
  assert.match(await page.locator("[data-testid=teach-error]").innerText(), /title/, "what is missing is named");
  await fill(page, { "title-en": "Make room", "title-ko": "자리 만들기", "words-en": "The queue is **too long**." });
  await addGoal(page, { "goal-metric": "availability", "goal-op": ">=", "goal-value": "0.99" });
  await addGoal(page, { "goal-metric": "latency_ms.p95", "goal-op": "<=", "goal-value": "60", "goal-from": "10", "goal-to": "30" });
  await addGoal(page, { "goal-subject": "3", "goal-metric": "utilisation", "goal-op": "<", "goal-value": "0.8", "goal-from": "", "goal-to": "" });
  await page.check(".teach [data-teach=goal-faults]");
  await addGoal(page, { "goal-subject": "", "goal-metric": "availability", "goal-op": ">=", "goal-value": "0.5" });
  await page.check('[data-lock="4"]');
  await page.waitForSelector('[data-locked="4"]');
  await page.click("[data-testid=open-some]");
  await fill(page, { "open-element": "3", "open-parameter": "count", "open-least": "1", "open-most": "3" });
  await page.click("[data-testid=add-open]");
  await becomes(() => page.locator("[data-testid=teach-open]").innerText(), "Web: Instances (1 – 3)");
  await fill(page, { "hidden-seeds": "7", "fault-do": "kill", "fault-target": "3", "fault-at": "20", "fault-for": "1" });
  await page.click("[data-testid=add-fault]");
  await becomes(() => page.locator("[data-testid=teach-faults] li").count(), 1);
  // The teacher's own answer: three servers, kept, and taken back on the canvas.
  await page.click('[data-part="3"]');
  await page.fill(".inspector [data-param=count]", "3");
  await page.press(".inspector [data-param=count]", "Enter");
  await page.click("[data-testid=teach-solution]");
  await page.waitForSelector("[data-testid=teach-solved]");
  await page.click('[data-part="2"]');
  await page.keyboard.press("Control+z");
  await page.click('[data-part="3"]');
  await becomes(() => page.inputValue(".inspector [data-param=count]"), "1");
  await page.waitForSelector("[data-testid=teach-link]");
  await clean(page, "desk");

  // The link holds nothing that is hidden, the teacher's own file does.
  const folder = await mkdtemp(join(tmpdir(), "brownout-teacher-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const saved = async (id) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-testid=${id}]`)]);
    return readFile(await download.path(), "utf8");
  };
  const [own, given] = [await saved("teach-own"), await saved("teach-file")];
  assert.equal(JSON.parse(own).hidden.seeds[0], 7);
  assert.equal(JSON.parse(given).hidden, undefined);
  const link = await page.inputValue("[data-testid=teach-link]");
  assert.match(link, /#a1\./);

  // A student opens it.
  const student = await openPage(t, { path: link.slice(link.indexOf("#")), viewport: { width: 1440, height: 900 } });
  const work = student.page;
  await work.waitForSelector('[data-locked="1"]');
  assert.equal(await work.locator(".course h2").innerText(), "Make room");
  assert.match(await work.locator(".course-prose").innerText(), /too long/);
  assert.match(await work.locator(".course-rules").innerText(), /Web: Instances \(1 to 3\)/);
  await clean(work, "assignment");

  // What is locked cannot be changed, and a sentence says why; so does what is not open, and what is too much.
  const refused = async (part, keys, says) => {
    await work.click(`[data-part="${part}"]`);
    for (const key of keys) await work.keyboard.press(key);
    await becomes(async () => says.test(await work.locator("[data-testid=hint]").innerText().catch(() => "")), true, String(says));
  };
  await refused(1, ["Delete"], /is locked: the assignment/);
  await refused(3, ["Delete"], /belongs to the assignment/);
  await work.click('[data-part="3"]');
  assert.ok(await work.isDisabled("[data-param=workers]"), "only what is open can be changed");
  const count = async (value) => {
    await work.fill(".inspector [data-param=count]", value);
    await work.press(".inspector [data-param=count]", "Enter");
  };
  await count("9");
  await becomes(async () => /1 to 3/.test(await work.locator("[data-testid=hint]").innerText().catch(() => "")), true, "limits");

  // As it is, the goals are missed; with three servers they are met.
  await work.click("[data-testid=check-answer]");
  await work.waitForSelector("[data-testid=answer-row][data-passed=false]", { timeout: 60_000 });
  assert.equal(await work.locator("[data-compare]").count(), 0, "no solution before the goals are met");
  await count("3");
  await work.waitForSelector("[data-testid=answer-row]", { state: "detached" });
  await work.click("[data-testid=check-answer]");
  await work.waitForSelector("[data-testid=answer-row][data-passed=true]", { timeout: 60_000 });
  await work.click(".course-other summary");
  await work.click("[data-compare=solution]");
  await work.waitForSelector("[data-testid=same]", { timeout: 60_000 });
  await clean(work, "answer");
  const digest = await work.locator("[data-testid=answer-digest]").innerText();
  const values = await work.locator("[data-graded] td:first-of-type").allInnerTexts();

  // The visitor's own run comes to the same, and its goals light up.
  await work.locator(".speed input").fill("7");
  await work.click("[data-testid=play]");
  await work.waitForSelector("[data-goal=goal-2][data-state=met]", { timeout: 60_000 });
  await work.waitForSelector('[data-testid=play][data-playing="false"]', { timeout: 60_000 });
  await work.click("[data-testid=run-details]");
  assert.equal(await work.locator("[data-testid=digest]").innerText(), digest);
  await work.keyboard.press("Escape");

  // A reload goes on with the answer.
  const answer = await work.inputValue("[data-testid=answer-link]");
  await work.waitForFunction(() => (localStorage.getItem("brownout.course") ?? "").includes('"document":"'));
  await work.reload();
  await work.waitForSelector('[data-locked="1"]');
  await becomes(() => work.inputValue("[data-testid=answer-link]"), answer);

  const files = { own: join(folder, "own.json"), table: join(folder, "answers.csv") };
  await writeFile(files.own, own);
  await writeFile(files.table, `name,link\nstudent,${answer}\nhalf,${answer.slice(0, -40)}\nhostile,#v1.${"A".repeat(90_000)}\n`);
  const graded = await brownout("grade", files.own, files.table, "--format", "json");
  const [row, half, hostile] = graded.answers;
  assert.equal(row.digest, digest, "the terminal agrees with the page");
  assert.ok(half.reason && hostile.reason && !half.passed && !hostile.passed);
  const seed = row.goals[0].seed;
  for (const [index, id] of ["goal-1", "goal-2", "goal-3"].entries()) {
    const goal = row.goals.find((goal) => goal.id === id && goal.seed === seed);
    assert.ok(goal.passed && Math.abs(goal.value - Number(values[index].replace(",", ""))) <= 0.01 * goal.value, `${id}: ${goal.value} and ${values[index]}`);
  }
  assert.ok(row.goals.some(({ id, seed }) => id === "goal-4" && seed === 7), "what is hidden is graded too");
});

test("the desk in Korean, on a phone and in the dark; a teacher's file is gone on with", { timeout: 120_000 }, async (t) => {
  for (const [viewport, colorScheme] of [[{ width: 390, height: 844 }, "light"], [{ width: 1440, height: 900 }, "dark"]]) {
    const { page } = await openPage(t, { viewport, colorScheme, locale: "ko-KR" });
    const file = await readFile(join(ROOT, "fixtures/assignment.json"), "utf8");
    await openText(page, file);
    await page.waitForSelector("[data-testid=teach-link]");
    assert.equal(await page.inputValue("[data-teach=title-ko]"), "서버 한 대를 잃어도 버티기");
    assert.equal(await page.locator("[data-testid=teach-goals] > li").count(), 3);
    await clean(page, `desk ${viewport.width} ${colorScheme}`);
    await page.click("[data-testid=teach-try]");
    await page.waitForSelector("[data-testid=check-answer]");
    await clean(page, `assignment ${viewport.width} ${colorScheme}`);
    await page.click("[data-testid=check-answer]");
    await page.waitForSelector("[data-testid=answer-row]", { timeout: 60_000 });
    await clean(page, `answer ${viewport.width} ${colorScheme}`);
    const english = await page.locator(".course").evaluate((panel) =>
      [...panel.querySelectorAll("h2, h3, h4, p, button, label, th, td, summary, li")]
        .map((element) => element.childElementCount === 0 ? element.textContent.trim() : "")
        // Names are the document's own.
        .filter((text) => /[A-Za-z]{4,}/.test(text.replace(/brownout grade|Markdown|Balancer|Visitors/g, "")) && !/[가-힣]/.test(text)));
    assert.deepEqual(english, [], "no English sentence in Korean");
  }
});

test("a link that is no assignment is refused with a sentence", async (t) => {
  const { page } = await openPage(t, { path: "#a1.AAAA", locale: "ko-KR" });
  await page.waitForSelector(".course [role=alert]");
  assert.match(await page.locator(".course [role=alert]").innerText(), /DEFLATE/);
});
