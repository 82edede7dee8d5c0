// Colours that say something stay told apart for those who lack a kind of cones: by calculation, without a browser.
//
// G. M. Machado, M. M. Oliveira, L. A. F. Fernandes: A Physiologically-based Model for Simulation of Color Vision
// Deficiency, IEEE Transactions on Visualization and Computer Graphics 15(6), 2009: matrices of severity 1 in linear light.
// Differences by CIEDE2000 (G. Sharma, W. Wu, E. N. Dalal, Color Research and Application 30(1), 2005).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const VISIONS = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
// Classes (read, write, static), outcomes and status (well, slow, failed); lines of charts have the accent too.
const SAYING = ["success", "slow", "failure", "write", "static"];
const LINES = ["accent", "slow", "write", "failure", "static"];
// A difference of 2.3 is just noticed side by side; small dots that move need more.
const LEAST = 8;
const LEAST_LINES = 6.5;

const linear = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);

function seen(hex, matrix) {
  const light = [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16)));
  return matrix.map((row) => Math.min(1, Math.max(0, row.reduce((sum, share, at) => sum + share * light[at], 0))));
}

/** CIELAB under daylight (D65). */
function lab([red, green, blue]) {
  const f = (t) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047);
  const y = f(0.2126729 * red + 0.7151522 * green + 0.072175 * blue);
  const z = f((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

export function difference([l1, a1, b1], [l2, a2, b2]) {
  const radians = Math.PI / 180;
  const seventh = (chroma) => Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7));
  const g = 0.5 * (1 - seventh((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2));
  const [c1, c2] = [Math.hypot(a1 * (1 + g), b1), Math.hypot(a2 * (1 + g), b2)];
  const hue = (a, b) => (Math.atan2(b, a * (1 + g)) / radians + 360) % 360;
  const [h1, h2] = [hue(a1, b1), hue(a2, b2)];
  const turn = c1 * c2 === 0 ? 0 : ((h2 - h1 + 540) % 360) - 180;
  const between = 2 * Math.sqrt(c1 * c2) * Math.sin((turn / 2) * radians);
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const h = c1 * c2 === 0 ? h1 + h2 : (h1 + turn / 2 + 360) % 360;
  const t = 1 - 0.17 * Math.cos((h - 30) * radians) + 0.24 * Math.cos(2 * h * radians)
    + 0.32 * Math.cos((3 * h + 6) * radians) - 0.2 * Math.cos((4 * h - 63) * radians);
  const scale = [1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2), 1 + 0.045 * c, 1 + 0.015 * c * t];
  const rotation = -2 * seventh(c) * Math.sin(60 * Math.exp(-(((h - 275) / 25) ** 2)) * radians);
  const [dl, dc, dh] = [(l2 - l1) / scale[0], (c2 - c1) / scale[1], between / scale[2]];
  return Math.sqrt(dl ** 2 + dc ** 2 + dh ** 2 + rotation * dc * dh);
}

/** The colours of each theme, as the cascade leaves them. */
async function themes() {
  const css = await readFile(new URL("../../web/static/styles/tokens.css", import.meta.url), "utf8");
  const blocks = {};
  for (const [, selector, body] of css.matchAll(/(:root[^{]*)\{([^}]*)\}/g)) {
    blocks[selector.trim()] = { ...blocks[selector.trim()], ...Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, hex])) };
  }
  const [light, dark] = [blocks[":root"], blocks[':root[data-theme="dark"]']];
  const [room, darkRoom] = [blocks[":root[data-presenter]"], blocks[':root[data-presenter][data-theme="dark"]']];
  return {
    light, dark: { ...light, ...dark },
    "light, presenter": { ...light, ...room },
    // Of the same weight, the later rule holds.
    "dark, presenter": { ...light, ...dark, ...room, ...darkRoom },
  };
}

/** Pairs that come closer than allowed, as sentences. */
function close(colours, names, least) {
  const found = [];
  for (const [vision, matrix] of Object.entries(VISIONS)) {
    for (const [at, one] of names.entries()) {
      for (const other of names.slice(at + 1)) {
        const apart = difference(lab(seen(colours[one], matrix)), lab(seen(colours[other], matrix)));
        if (apart < least) found.push(`${vision}: ${one} and ${other} differ by ${apart.toFixed(1)}`);
      }
    }
  }
  return found;
}

test("the measure is CIEDE2000, by pairs of its authors", () => {
  const pairs = [
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425], [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644], [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
    [[50, -1, 2], [50, 0, 0], 2.3669], [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
  ];
  for (const [one, other, expected] of pairs) {
    assert.ok(Math.abs(difference(one, other) - expected) < 1e-4, `${difference(one, other)} beside ${expected}`);
  }
});

test("classes, outcomes and lines of charts are told apart without any one kind of cones", async () => {
  const found = [];
  for (const [theme, colours] of Object.entries(await themes())) {
    for (const pair of [...close(colours, SAYING, LEAST), ...close(colours, LINES, LEAST_LINES)]) found.push(`${theme}, ${pair}`);
  }
  assert.deepEqual(found, []);
  // Planted: an amber and a red of equal lightness are one colour to whoever lacks green cones.
  const planted = { ...(await themes()).light, slow: "#96590a", failure: "#b93026" };
  assert.ok(close(planted, SAYING, LEAST).some((pair) => pair.startsWith("deuteranopia: slow and failure")));
});
