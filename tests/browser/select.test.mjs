// Selecting, and working on many at once, with a real mouse and keyboard; each gesture is one step back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "./checks.mjs";
import { accessibilityViolations, becomes, openPage } from "./harness.mjs";

async function started(t, options = {}) {
  const { page, context } = await openPage(t, { viewport: { width: 1440, height: 900 }, ...options });
  await page.waitForSelector("[data-part]");
  await page.waitForTimeout(300);
  return { page, context };
}

const box = (page, part) => page.locator(`[data-part="${part}"]`).boundingBox();

async function middle(page, selector) {
  const box = await page.locator(selector).boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

async function drag(page, from, to, { keys = [], steps = 8, before } = {}) {
  for (const key of keys) await page.keyboard.down(key);
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps });
  if (before) await before();
  await page.mouse.up();
  for (const key of keys) await page.keyboard.up(key);
  await page.waitForTimeout(80);
}

const selected = (page) => page.$$eval("[data-part][aria-current=true]", (cards) => cards.map((card) => Number(card.dataset.part)));
const counts = (page) => page.evaluate(() => [
  document.querySelectorAll("[data-part]").length,
  document.querySelectorAll("[data-edge]").length,
]);
const near = (one, other, what) => assert.ok(Math.abs(one - other) < 1.5, `${what}: ${one} and ${other}`);

async function select(page, ...parts) {
  await page.keyboard.press("Escape");
  for (const [index, part] of parts.entries()) {
    await page.click(`[data-part="${part}"]`, { modifiers: index > 0 ? ["Shift"] : [] });
  }
  await page.waitForTimeout(50);
  await becomes(() => selected(page), [...parts].sort((a, b) => a - b));
}

test("Shift and a click add and take away, select mode draws boxes without Shift", async (t) => {
  const { page } = await started(t);
  await select(page, 4, 5, 6);
  await page.click('[data-part="5"]', { modifiers: ["Shift"] });
  await becomes(() => selected(page), [4, 6]);
  await page.click('[data-part="4"]');
  await becomes(() => selected(page), [4], "a plain click selects one alone");

  await page.click("[data-action=select-mode]");
  const [web1, web2] = [await box(page, 4), await box(page, 5)];
  await drag(page, [web1.x - 20, web1.y - 20], [web1.x + 150, web2.y + 90]);
  await becomes(() => selected(page), [4, 5]);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.mouse.click(700, 620);
  await becomes(() => selected(page), [], "a click on nothing selects nothing");
  await page.keyboard.press("v");
  await page.waitForSelector("[data-action=select-mode][aria-pressed=false]");
});

test("parts are aligned and distributed, each in one step", async (t) => {
  const { page } = await started(t);
  await select(page, 3, 4, 6);
  const before = await Promise.all([3, 4, 6].map((part) => box(page, part)));
  await page.keyboard.press("Control+Shift+ArrowUp");
  await page.waitForTimeout(80);
  const top = Math.min(...before.map((card) => card.y));
  for (const part of [3, 4, 6]) near((await box(page, part)).y, top, "aligned at the top");
  await page.click("[data-action=distribute-across]");
  await page.waitForTimeout(80);
  const after = await Promise.all([3, 4, 6].map((part) => box(page, part)));
  near(after[1].x - after[0].x, after[2].x - after[1].x, "even distances");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await page.waitForTimeout(80);
  for (const [index, part] of [3, 4, 6].entries()) {
    near((await box(page, part)).x, before[index].x, "undone");
    near((await box(page, part)).y, before[index].y, "undone");
  }
  assert.ok(await page.isDisabled("[data-action=undo]"));
});

test("a card snaps to the middle of another and shows the line, Ctrl moves freely", async (t) => {
  const { page } = await started(t);
  const [dns, web] = [await box(page, 2), await box(page, 4)];
  const from = [dns.x + 30, dns.y + 10];
  const nearly = [from[0], from[1] + (web.y - dns.y) + 3];
  await drag(page, from, nearly, {
    before: async () => {
      await page.waitForSelector(".guide");
      near((await page.locator('[data-lifted="2"]').boundingBox()).y, web.y, "on the line while it is dragged");
    },
  });
  near((await box(page, 2)).y, web.y, "on the line");
  assert.equal(await page.locator(".guide").count(), 0);
  await page.keyboard.press("Control+z");
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.keyboard.down("Control");
  await page.mouse.move(...nearly, { steps: 6 });
  assert.equal(await page.locator(".guide").count(), 0);
  await page.mouse.up();
  await page.keyboard.up("Control");
  await page.waitForTimeout(80);
  near((await box(page, 2)).y, web.y + 3, "where the pointer left it");
});

test("Alt and a drag drop copies; several are dragged together", async (t) => {
  const { page } = await started(t);
  await select(page, 4, 5);
  const [web1, web2] = [await box(page, 4), await box(page, 5)];
  await drag(page, [web1.x + 40, web1.y + 10], [web1.x + 40, web1.y - 60], {
    keys: ["Alt"],
    before: async () => assert.equal(await page.locator(".copy-ghost").count(), 2),
  });
  await becomes(() => counts(page), [9, 7]);
  near((await box(page, 4)).y, web1.y, "the original stays");
  assert.equal((await selected(page)).length, 2, "the copies are selected");
  await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [7, 7]);
  // Shift and a drag take one more along.
  await select(page, 4);
  await drag(page, [web2.x + 40, web2.y + 10], [web2.x + 40, web2.y + 74], { keys: ["Shift"] });
  near((await box(page, 4)).y - web1.y, (await box(page, 5)).y - web2.y, "both moved alike");
  assert.ok((await box(page, 4)).y > web1.y + 50, "they moved");
});

test("one parameter is set for all that are selected, in one step", async (t) => {
  const { page } = await started(t);
  await page.click('[data-part="4"]');
  await page.locator("[data-param=workers] input[type=text], input[data-param=workers]").first().fill("40");
  await page.keyboard.press("Enter");
  await select(page, 4, 5);
  await page.waitForSelector(".row-mixed");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.click(".row-mixed button");
  await page.waitForFunction(() => !document.querySelector(".row-mixed"));
  const workers = () => page.locator("input[data-param=workers], [data-param=workers] input").first().inputValue();
  for (const part of [4, 5]) {
    await select(page, part);
    assert.equal(await workers(), "40", `workers of ${part}`);
  }
  await page.keyboard.press("Escape");
  await page.focus("#canvas");
  await page.keyboard.press("Control+z");
  await select(page, 5);
  assert.notEqual(await workers(), "40", "one step back");
  // Of parts of different types, what they have in common.
  await select(page, 4, 6);
  assert.ok(await page.locator("[data-param=backlog]").count() > 0);
  assert.equal(await page.locator("[data-param=workers]").count(), 0);
  // And of connections.
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+Shift+P");
  await page.waitForSelector("[data-testid=finder-text]:focus");
  await page.keyboard.type("select the connections");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-edge].selected");
  assert.equal(await page.locator("[data-edge].selected").count(), 7);
  assert.ok(await page.locator("[data-param=latency_ms]").count() > 0);
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await accessibilityViolations(page), []);
});

test("parts are copied as text and pasted in another tab", async (t) => {
  const { page, context } = await started(t);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await select(page, 3, 4, 5);
  await page.keyboard.press("Control+c");
  const text = await page.waitForFunction(() => navigator.clipboard.readText().catch(() => ""));
  const copied = JSON.parse(await text.jsonValue());
  assert.equal(copied.parts.length, 3);
  assert.equal(copied.edges.length, 2);

  const other = await context.newPage();
  await other.goto(page.url());
  await other.waitForSelector("[data-part]");
  await other.focus("#canvas");
  await other.keyboard.press("Control+v");
  await other.waitForFunction(() => document.querySelectorAll("[data-part]").length === 10);
  await becomes(() => counts(other), [10, 9]);
  await other.keyboard.press("Control+z");
  await becomes(() => counts(other), [7, 7]);

  // What is no document is said in words and changes nothing.
  for (const [pasted, words] of [["some words", /no parts/], ['{"version": 99}', /version/]]) {
    await other.evaluate((pasted) => navigator.clipboard.writeText(pasted), pasted);
    await other.focus("#canvas");
    await other.keyboard.press("Control+v");
    await other.waitForFunction((words) => new RegExp(words).test(document.querySelector("[data-testid=hint]")?.textContent), words.source);
    await becomes(() => counts(other), [7, 7]);
  }
});

test("many are wired to many: from the ports of a selection, or after C to all in a box", async (t) => {
  const { page } = await started(t);
  await page.click("[data-kind=db]");
  await page.waitForFunction(() => document.querySelectorAll("[data-part]").length === 8);
  const db = (await selected(page))[0];
  await select(page, 4, 5);
  await drag(page, await middle(page, '[data-part="5"] [data-port=out]'), await middle(page, `[data-part="${db}"]`), {
    before: () => page.waitForSelector(`[data-part="${db}"][data-wire=yes]`),
  });
  await becomes(() => counts(page), [8, 9]);
  await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [8, 7], "one step");
  await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [7, 7]);

  // The balancer to both web servers exists: after C, a box around them says so and adds nothing; from the client it adds two.
  await select(page, 1);
  await page.keyboard.press("c");
  const [web1, web2] = [await box(page, 4), await box(page, 5)];
  await drag(page, [web1.x - 20, web1.y - 20], [web1.x + 150, web2.y + 90], { keys: ["Shift"] });
  await becomes(() => counts(page), [7, 9]);
  await select(page, 3);
  await page.keyboard.press("c");
  await drag(page, [web1.x - 20, web1.y - 20], [web1.x + 150, web2.y + 90], { keys: ["Shift"] });
  assert.match(await page.textContent("[data-testid=hint]"), /already/);
  await becomes(() => counts(page), [7, 9]);
});

test("laid out by the calls, columns follow one another", async (t) => {
  const { page } = await started(t);
  await page.keyboard.press("Escape");
  const before = await Promise.all([1, 3, 6, 7].map((part) => box(page, part)));
  await page.focus("#canvas");
  await page.keyboard.press("l");
  await page.keyboard.press("Shift+Digit1");
  await page.waitForTimeout(100);
  const columns = [];
  for (const part of [1, 3, 4, 6, 7]) columns.push((await box(page, part)).x);
  assert.deepEqual(columns, [...columns].sort((a, b) => a - b));
  near((await box(page, 4)).x, (await box(page, 5)).x, "both web servers in one column");
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Shift+Digit1");
  await page.waitForTimeout(100);
  near((await box(page, 7)).x, before[3].x, "one step back");
});

test("Escape in mid-drag puts everything back", async (t) => {
  const { page } = await started(t);
  const web = await box(page, 4);
  await page.mouse.move(web.x + 40, web.y + 12);
  await page.mouse.down();
  await page.mouse.move(web.x + 140, web.y + 112, { steps: 6 });
  await page.waitForSelector('[data-lifted="4"]');
  await page.keyboard.press("Escape");
  await page.waitForSelector('[data-lifted="4"]', { state: "detached" });
  await page.mouse.move(web.x + 200, web.y + 150, { steps: 3 });
  await page.mouse.up();
  await becomes(async () => Math.round((await box(page, 4)).x - web.x), 0);
  assert.ok(await page.isDisabled("[data-action=undo]"), "nothing was done");
});

test("a double click gives a name; the middle button moves the canvas and pastes nothing", async (t) => {
  const { page } = await started(t);
  for (const [what, wanted] of [['[data-part="4"] .card-name', "front"], ['[data-edge="12"]', "orders"]]) {
    await page.mouse.dblclick(...(await middle(page, what)));
    await page.waitForSelector("#inspector-name:focus");
    await page.keyboard.insertText(wanted);
    await page.keyboard.press("Enter");
    await page.waitForFunction((wanted) => document.querySelector(`[data-part][aria-label^="${wanted}"], [data-edge][aria-label^="${wanted}"]`), wanted);
  }
  await page.keyboard.press("Escape");
  await page.click('[data-part="5"]');
  await page.keyboard.press("Control+c");
  const before = await box(page, 4);
  await page.mouse.move(560, 560);
  await page.mouse.down({ button: "middle" });
  await page.mouse.move(620, 590, { steps: 6 });
  await page.mouse.up({ button: "middle" });
  await becomes(async () => Math.round((await box(page, 4)).x - before.x), 60);
  await becomes(() => counts(page), [7, 7]);
});

test("Shift+2 shows what is selected: parts, or both ends of a connection", async (t) => {
  const { page } = await started(t);
  const canvas = await page.locator("#canvas").boundingBox();
  const inside = (card) => card.x >= canvas.x && card.y >= canvas.y
    && card.x + card.width <= canvas.x + canvas.width && card.y + card.height <= canvas.y + canvas.height;
  const before = await box(page, 4);
  // Away from what is selected, and far out.
  await select(page, 6, 7);
  await page.mouse.move(canvas.x + 300, canvas.y + canvas.height - 60);
  for (let steps = 0; steps < 4; steps += 1) await page.keyboard.press("Control+Minus");
  await page.mouse.wheel(-3000, 0);
  await becomes(async () => inside(await box(page, 6)), false);
  await page.keyboard.press("Shift+Digit2");
  await becomes(async () => inside(await box(page, 6)) && inside(await box(page, 7)), true, "both are in view");
  const [app, db] = [await box(page, 6), await box(page, 7)];
  near((app.x + db.x + db.width) / 2, canvas.x + canvas.width / 2, "in the middle");
  assert.ok(app.width > before.width, "and nearer than everything was");

  await page.keyboard.press("Escape");
  await page.focus('[data-edge="12"]');
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Digit2");
  await becomes(async () => inside(await box(page, 4)) && inside(await box(page, 6)), true, "the ends of the connection");
  await page.keyboard.press("Escape");
  await page.focus("#canvas");
  const [still] = [await box(page, 4)];
  await page.keyboard.press("Shift+Digit2");
  await page.keyboard.press("Shift+Digit1");
  await becomes(async () => Math.abs((await box(page, 4)).x - before.x) < 1.5, true, "Shift+1 shows everything");
  assert.ok(still.width > before.width);
});

test("F2 and Delete mean what has the focus, also while something else is selected", { timeout: 60_000 }, async (t) => {
  const { page } = await started(t);
  await select(page, 4);
  const reach = async (id) => {
    for (let steps = 0; steps < 60; steps += 1) {
      if (await page.evaluate((id) => document.activeElement?.dataset.part === id, id)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab does not lead to ${id}`);
  };
  await reach("7");
  await becomes(() => selected(page), [4], "Tab selects nothing");
  await page.keyboard.press("F2");
  await page.waitForSelector("#inspector-name:focus");
  assert.equal(await page.inputValue("#inspector-name"), "Primary");
  await page.keyboard.insertText("Ledger");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-part="7"][aria-label^="Ledger"]');

  await select(page, 4);
  await reach("6");
  await page.keyboard.press("Delete");
  await becomes(() => page.$$eval("[data-part]", (all) => all.map((one) => Number(one.dataset.part))), [1, 2, 3, 4, 5, 7]);
  await becomes(() => selected(page), [4], "what is selected stays so");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "canvas", "keys go on working");
  await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [7, 7]);

  // What a click took out of the selection is not meant by the next key.
  await select(page, 4, 5);
  await page.click('[data-part="5"]', { modifiers: ["Shift"] });
  await becomes(() => selected(page), [4]);
  await page.keyboard.press("Delete");
  await becomes(() => page.locator('[data-part="4"]').count(), 0);
  assert.equal(await page.locator('[data-part="5"]').count(), 1);
  // The same for a connection that has the focus.
  await page.focus('[data-edge="14"]');
  await page.keyboard.press("Delete");
  await becomes(() => page.locator('[data-edge="14"]').count(), 0);
});

test("what is copied is pasted where the mouse is; elsewhere, into the middle of what is seen", async (t) => {
  const { page, context } = await started(t);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.click("[data-testid=play]");
  await select(page, 7);
  await page.keyboard.press("Control+c");
  await page.waitForFunction(() => navigator.clipboard.readText().then((text) => text.includes("Primary"), () => false));
  const canvas = await page.locator("#canvas").boundingBox();
  const center = async (id) => { const card = await box(page, id); return [card.x + card.width / 2, card.y + card.height / 2]; };
  /** Presses Ctrl+V and gives the middle of what came. */
  const paste = async (press = () => page.keyboard.press("Control+v")) => {
    const before = await page.locator("[data-part]").count();
    await press();
    await becomes(() => page.locator("[data-part]").count(), before + 1);
    return center((await selected(page))[0]);
  };
  const at = [canvas.x + 260, canvas.y + canvas.height - 110];
  const close = (one, other, what) => assert.ok(Math.abs(one[0] - other[0]) < 9 && Math.abs(one[1] - other[1]) < 9, `${what}: ${one} and ${other}`);
  await page.mouse.move(...at);
  close(await paste(), at, "at the mouse");
  const middle = [canvas.x + canvas.width / 2, canvas.y + canvas.height / 2];
  await page.mouse.move(20, 300);
  close(await paste(), middle, "in the middle");
  // By the menu, where the menu was opened.
  const place = [canvas.x + 420, canvas.y + canvas.height - 60];
  await page.mouse.click(...place, { button: "right" });
  await page.waitForSelector("[role=menu]");
  close(await paste(async () => { await page.focus("[role=menu] [data-action=paste]"); await page.keyboard.press("Enter"); }), place, "where the menu was");
  for (let steps = 0; steps < 3; steps += 1) await page.keyboard.press("Control+z");
  await becomes(() => counts(page), [7, 7]);
});

test("a layout keeps the visitor's order, and what is in a site stays there", async (t) => {
  const { page } = await started(t);
  await page.click("[data-testid=play]");
  // web-2 above web-1, by hand.
  const [web1, web2] = [await box(page, 4), await box(page, 5)];
  await drag(page, [web2.x + 30, web2.y + 12], [web2.x + 90, web1.y - 100]);
  await select(page, 6, 7);
  await page.keyboard.press("Control+g");
  await page.waitForSelector(".card.frame");
  const frame = Number(await page.getAttribute(".card.frame", "data-part"));
  await page.keyboard.press("Escape");
  await page.focus("#canvas");
  await page.keyboard.press("l");
  await page.keyboard.press("Shift+Digit1");
  await becomes(async () => Math.abs((await box(page, 4)).x - (await box(page, 5)).x) < 1.5, true, "one column");
  assert.ok((await box(page, 5)).y < (await box(page, 4)).y, "web-2 is still above web-1");
  const site = await box(page, frame);
  for (const id of [6, 7]) {
    const card = await box(page, id);
    assert.ok(card.x > site.x && card.y > site.y && card.x + card.width < site.x + site.width && card.y + card.height < site.y + site.height, `${id} is in its site`);
  }
  for (const id of [1, 2, 3, 4, 5]) {
    const card = await box(page, id);
    assert.ok(card.x + card.width < site.x, `${id} is not`);
  }
  await page.keyboard.press("l");
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Shift+Digit1");
  await becomes(async () => (await box(page, 5)).x - (await box(page, 4)).x > 20, true, "one step back: laid out twice is laid out once");
});
