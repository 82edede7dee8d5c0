// Each check is shown a page with the fault it is for, and one without.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  clippedText, contrast, faintFocus, findings, missingGlyphs, overlappingText, paleText, sidewaysScroll, smallTargets,
} from "./checks.mjs";
import { launch } from "./harness.mjs";
import { faintMarks, obscuredFocus, tightText, twoWays } from "./wcag.mjs";

let browser;
let page;
before(async () => {
  browser = await launch();
  page = browser.context.pages()[0];
});
after(() => browser.close());

const show = (body) =>
  page.setContent(`<!doctype html><meta charset="utf-8"><body style="margin:0;font:16px sans-serif;background:#fff;color:#111">${body}`);

test("a good page has no findings, in English and in Korean", async () => {
  await show(`
    <h1>Requests per second</h1><p>요청이 서버에 도착했습니다. 처리량 · 지연 시간 → 12 ms</p>
    <div style="overflow:auto;width:200px;white-space:nowrap">a long line that can be scrolled into view by the reader</div>
    <div data-viewport style="overflow:hidden;width:200px;white-space:nowrap">a part of the canvas that lies outside of it now</div>
    <div title="the whole name of a part" style="overflow:hidden;width:80px;white-space:nowrap;text-overflow:ellipsis">the whole name of a part</div>
    <span style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)">for screen readers</span>
    <button disabled style="color:#bbb;background:#ccc">off</button>
    <svg width="200" height="40"><rect width="200" height="40" fill="#111"/><text x="10" y="25" fill="#eee">label</text></svg>`);
  assert.deepEqual(await findings(page), []);
});

test("text that is cut off is found", async () => {
  await show('<div style="overflow:hidden;width:60px;white-space:nowrap">a label that is too long</div>');
  assert.match((await clippedText(page))[0], /clipped text: "a label that is too long" is cut by \d+ px in <div>/);
  await show('<div style="overflow:hidden;height:20px"><p style="margin:0">one</p><p style="margin:0;line-height:20px">two</p></div>');
  assert.match((await clippedText(page))[0], /"two"/);
});

test("an ellipsis without the whole text somewhere is a finding", async () => {
  await show('<div style="overflow:hidden;width:60px;white-space:nowrap;text-overflow:ellipsis">a label that is too long</div>');
  assert.equal((await clippedText(page)).length, 1);
});

test("text upon text is found, also where it lets clicks through", async () => {
  await show(`<p style="position:absolute;left:10px;top:10px;margin:0">first text</p>
    <p style="position:absolute;left:30px;top:14px;margin:0;pointer-events:none">second text</p>`);
  assert.match((await overlappingText(page))[0], /overlapping text: "first text" and "second text"/);
});

test("a menu over the text below it is no overlap", async () => {
  await show(`<p style="position:absolute;left:10px;top:10px;margin:0">first text</p>
    <ul style="position:absolute;left:20px;top:5px;margin:0;background:#fff"><li>an entry</li></ul>`);
  assert.deepEqual(await overlappingText(page), []);
});

test("a page wider than its window is found", async () => {
  await show('<div style="width:3000px">wide</div>');
  assert.match((await sidewaysScroll(page))[0], /3000 px wide in a window of 1280 px/);
});

test("pale text is found by its colour, by its opacity, and on a painted ground", async () => {
  await show('<p style="color:#999">grey on white</p>');
  assert.match((await paleText(page))[0], /pale text: "grey on white" has contrast 2\.8/);
  await show('<p style="opacity:0.4">faded</p>');
  assert.match((await paleText(page))[0], /"faded"/);
  const fading = (to, seconds) =>
    `<style>@keyframes fade { to { opacity: ${to} } }</style><p style="opacity:0.5;animation:fade ${seconds}s forwards">passing</p>`;
  await show(fading(0.9, 600));
  assert.deepEqual(await paleText(page), [], "while it fades in");
  await show(fading(0.4, 0.01));
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
  assert.match((await paleText(page))[0], /"passing"/);
  await show('<p style="color:#ccc">under the veil</p><div aria-modal="true"><p style="color:#bbb">in the dialog</p></div>');
  assert.deepEqual((await paleText(page)).map((one) => one.match(/"(.*)"/)[1]), ["in the dialog"]);
  await show('<canvas width="300" height="60" style="position:absolute;left:0;top:0"></canvas><p style="position:absolute;left:9px;top:9px;margin:0">on a canvas</p>');
  await page.evaluate(() => {
    const brush = document.querySelector("canvas").getContext("2d");
    brush.fillStyle = "#333";
    brush.fillRect(0, 0, 300, 60);
  });
  assert.match((await paleText(page))[0], /"on a canvas"/);
  await show('<svg width="200" height="40"><text x="10" y="25" fill="#ccc">label</text></svg><input value="typed" style="color:#ccc;background:#fff">');
  assert.deepEqual((await paleText(page)).map((one) => one.match(/"(.*)"/)[1]), ["label", "typed"]);
});

test("a letter without a glyph is found", async () => {
  await show("<p>\u0530 and \u{1FFFD}</p>");
  assert.deepEqual((await missingGlyphs(page)).map((one) => one.match(/U\+(\w+)/)[1]), ["0530", "1FFFD"]);
});

test("contrast is that of WCAG", () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert.equal(contrast([118, 118, 118], [255, 255, 255]).toFixed(2), "4.54");
});

test("targets that are small and crowded are found, those that stand alone or in a sentence are not", async () => {
  await show(`<button style="width:18px;height:18px;padding:0">a</button><button style="width:18px;height:18px;padding:0">b</button>`);
  const found = await smallTargets(page, 24);
  assert.equal(found.length, 2);
  assert.match(found[0], /small target: "a" is 18 by 18 px in <button>/);
  await show(`<button style="width:18px;height:18px;margin:20px;padding:0">a</button>
    <p>What is <a href="#">not simulated</a> is told.</p>
    <label style="display:block;height:30px;width:200px"><input type="checkbox" style="width:12px;height:12px">on</label>`);
  assert.deepEqual(await smallTargets(page, 24), []);
});

test("a focus that shows by nothing is found", async () => {
  await show('<button id="bare" style="outline:none">bare</button><button>plain</button>');
  assert.deepEqual(await faintFocus(page), ['faint focus: "bare" in <button#bare>']);
});

test("a field, an icon or a ring that hardly differs from its ground is found", async () => {
  await show(`<input aria-label="pale" style="border:1px solid #ddd;background:#fff"><input aria-label="good" style="border:1px solid #777">
    <button aria-label="icon" style="background:#fff"><svg class="icon" width="16" height="16" style="color:#ccc"></svg></button>
    <button id="ring" style="outline:2px solid #eee">ring</button>`);
  assert.deepEqual((await faintMarks(page)).map((one) => one.match(/mark: (.*?) "(\w+)"/).slice(1).join(" ")), ["boundary of pale", "icon of icon", "ring of focus of ring"]);
});

test("text that has no room for more is found", async () => {
  await show('<div style="overflow:hidden;width:max-content;max-width:150px;white-space:nowrap">just wide enough</div>');
  assert.deepEqual(await clippedText(page), []);
  assert.match((await tightText(page))[0], /set apart, clipped text: "just wide enough"/);
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 0, "the page is as it was");
});

test("what is scrolled sideways within the page is found, a table is not", async () => {
  await show(`<div style="overflow:auto;width:100px"><p style="width:300px">wide</p></div><div style="overflow:auto;width:100px"><table style="width:300px"><td>t</table></div>`);
  assert.deepEqual(await twoWays(page), ["two ways: <div> is 300 px wide in 100 px"]);
});

test("a focus that lies under something is found", async () => {
  await show('<button>under</button><button style="position:absolute;top:90px">free</button><div style="position:fixed;inset:0 0 auto;height:60px;background:#fff"></div>');
  assert.deepEqual(await obscuredFocus(page), ['obscured focus: "under" lies under something in <button>']);
});
