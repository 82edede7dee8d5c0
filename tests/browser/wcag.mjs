// Criteria of WCAG 2.2 that axe does not look at, found by measuring: what is drawn and is not text (1.4.11), room
// between letters and lines (1.4.12), narrow windows (1.4.10), what lies over the focus (2.4.11). docs/accessibility.md
// says where each criterion is held.

import { clippedText, contrast, inPage, overlappingText, pageHelpers, settled, sidewaysScroll } from "./checks.mjs";

/** WCAG 2.2, 1.4.11. */
const SMALLEST_CONTRAST = 3;

/** Boundaries of fields, switches, icons, marks of what is pressed, and rings of the focus that are too pale. */
export async function faintMarks(page, least = SMALLEST_CONTRAST) {
  await settled(page);
  const marks = await inPage(page, () => {
    const layered = (over, below) => [0, 1, 2].map((at) => over[at] * over[3] + below[at] * (1 - over[3]));
    /** The colour that an element stands on, or has itself. */
    const ground = (element) => {
      const layers = [];
      for (let at = element; at; at = at.parentElement) {
        layers.push(colour(getComputedStyle(at).backgroundColor));
        if (layers.at(-1)[3] > 0.99) break;
      }
      return layers.reduceRight((below, over) => layered(over, below), [255, 255, 255]);
    };
    const said = (element) => element.getAttribute("aria-label") || element.title || element.placeholder || element.textContent.trim().slice(0, 30);
    const found = [];
    const modal = document.querySelector("[aria-modal=true], [role=menu]");
    const all = (selector) => [...(modal ?? document).querySelectorAll(selector)].filter((element) =>
      visible(element) && !element.closest(":disabled, [aria-disabled=true]") && seenPart(element, element.getBoundingClientRect()));
    const mark = (what, element, paints, on) => found.push({ what: `${what} "${said(element)}" in ${name(element)}`, paints: paints.map((paint) => layered(paint, on)), on });
    /** Colours of borders and shadows that are there. */
    const edges = (style) => [
      ...["Top", "Right", "Bottom", "Left"].filter((side) => style[`border${side}Style`] !== "none" && parseFloat(style[`border${side}Width`]) > 0)
        .map((side) => colour(style[`border${side}Color`])),
      ...[...style.boxShadow.matchAll(/(?:rgba?|color)\([^)]*\)/g)].map(([paint]) => colour(paint)),
    ];

    for (const field of all("input, textarea, select")) {
      if (field === document.activeElement || /^(hidden|file|range)$/.test(field.type)) continue;
      const style = getComputedStyle(field);
      // What the browser draws itself is its own matter.
      if (/checkbox|radio/.test(field.type) && style.appearance === "auto") continue;
      mark("boundary of", field, [...edges(style), [...ground(field), 1]], ground(field.parentElement));
    }
    for (const icon of all("svg.icon")) {
      const holder = icon.closest("button, a, [role], .card") ?? icon.parentElement;
      const [red, green, blue, alpha] = colour(getComputedStyle(icon).color);
      let opacity = alpha;
      for (let at = icon; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
      mark("icon of", holder, [[red, green, blue, opacity]], ground(icon));
    }
    for (const pressed of all("[aria-pressed=true]:not([data-edge]), [role=tab][aria-selected=true], [role=radio][aria-checked=true]")) {
      mark("mark of pressed", pressed, [...edges(getComputedStyle(pressed)), [...ground(pressed), 1]], ground(pressed.parentElement));
    }
    for (const part of all(".card[aria-current=true]")) mark("mark of selected", part, edges(getComputedStyle(part)), ground(part.parentElement));
    for (const port of all(".port")) {
      const style = getComputedStyle(port, "::before");
      mark("port of", port, edges(style), ground(port.parentElement));
    }

    const before = document.activeElement;
    for (const element of all("button, a[href], input, select, textarea, summary, [tabindex='0']")) {
      if (element.type === "file") continue;
      element.focus({ focusVisible: true, preventScroll: true });
      if (document.activeElement !== element) continue;
      const style = getComputedStyle(element);
      if (style.outlineStyle === "none" || style.outlineStyle === "auto") continue;
      const inside = parseFloat(style.outlineOffset) < 0;
      mark("ring of focus of", element, [colour(style.outlineColor)], ground(inside ? element : element.parentElement));
    }
    before?.focus?.({ preventScroll: true });
    return found;
  });
  const faint = marks.flatMap(({ what, paints, on }) => {
    const best = Math.max(1, ...paints.map((paint) => contrast(paint, on)));
    return best >= least - 0.01 ? [] : [`faint mark: ${what} has contrast ${best.toFixed(2)}`];
  });
  return [...new Set(faint)];
}

/** Connections that are drawn too palely, by the painted pixels around the middle of each. */
export async function faintWires(page, least = SMALLEST_CONTRAST) {
  const wires = await inPage(page, () => {
    const canvas = document.querySelector("#canvas > canvas");
    const brush = canvas.getContext("2d");
    const bounds = canvas.getBoundingClientRect();
    const scale = canvas.width / bounds.width;
    const ground = colour(getComputedStyle(document.querySelector("#canvas")).backgroundColor);
    return [...document.querySelectorAll("[data-edge]")].map((handle) => {
      const box = handle.getBoundingClientRect();
      const [x, y] = [(box.left + box.width / 2 - bounds.left) * scale, (box.top + box.height / 2 - bounds.top) * scale];
      const { data } = brush.getImageData(Math.round(x) - 5, Math.round(y) - 5, 11, 11);
      const paints = [];
      for (let at = 0; at < data.length; at += 4) {
        const alpha = data[at + 3] / 255;
        paints.push([0, 1, 2].map((part) => data[at + part] * alpha + ground[part] * (1 - alpha)));
      }
      return { name: handle.getAttribute("aria-label"), paints, ground: ground.slice(0, 3) };
    });
  });
  return wires.flatMap(({ name, paints, ground }) => {
    const best = Math.max(...paints.map((paint) => contrast(paint, ground)));
    return best >= least - 0.01 ? [] : [`faint wire: ${name} has contrast ${best.toFixed(2)}`];
  });
}

/** What is cut off or overlaps once a reader sets lines, paragraphs, letters and words apart as 1.4.12 has it. */
export async function tightText(page) {
  await page.evaluate(() => {
    globalThis.spacing = new CSSStyleSheet();
    globalThis.spacing.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
      p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets.push(globalThis.spacing);
  });
  try {
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const found = [...(await clippedText(page)), ...(await overlappingText(page)), ...(await sidewaysScroll(page))];
    return found.map((sentence) => `set apart, ${sentence}`);
  } finally {
    await page.evaluate(() => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== globalThis.spacing);
    });
  }
}

/** What is wider than its window or must be scrolled both ways; the canvas, charts and tables may. */
export async function twoWays(page) {
  const boxes = await inPage(page, () => {
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
      const style = getComputedStyle(element);
      if (!/auto|scroll/.test(style.overflowX) || element.scrollWidth <= element.clientWidth + 1 || !visible(element)) continue;
      // Two dimensions are what these mean.
      if (element.closest("[data-viewport], [data-two-ways]") || /TEXTAREA|TABLE|PRE/.test(element.tagName)) continue;
      if (element.querySelector(":scope > table, :scope > pre, :scope > svg")) continue;
      found.push(`two ways: ${name(element)} is ${element.scrollWidth} px wide in ${element.clientWidth} px`);
    }
    for (const { element, text, whole } of textLeaves()) {
      if (element.closest("[data-viewport]") || clippers(element).length > 0) continue;
      if (whole.left < -1 || whole.right > innerWidth + 1) found.push(`two ways: "${text}" reaches out of the window in ${name(element)}`);
    }
    return [...new Set(found)];
  });
  return [...(await sidewaysScroll(page)), ...boxes];
}

/** What gets the focus and lies wholly under something else, or out of sight. */
export async function obscuredFocus(page) {
  await settled(page);
  const focusable = "button, a[href], input, select, textarea, summary, [tabindex='0']";
  const count = await page.locator(focusable).count();
  const found = [];
  for (let from = 0; from < count; from += 40) {
    found.push(...await page.evaluate(`(async () => {
      ${pageHelpers.map(String).join("\n")}
      const before = document.activeElement;
      const modal = document.querySelector("[aria-modal=true], [role=menu]");
      const found = [];
      const all = [...document.querySelectorAll(${JSON.stringify(focusable)})].slice(${from}, ${from} + 40);
      for (const element of all) {
        if (modal && !modal.contains(element) || !visible(element) || element.disabled || element.type === "file") continue;
        element.focus({ focusVisible: true });
        if (document.activeElement !== element) continue;
        // The canvas brings what has the focus into view.
        if (element.closest(".world")) await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        const seen = seenPart(element, element.getBoundingClientRect());
        const what = element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 30);
        if (!seen) {
          found.push(\`obscured focus: "\${what}" is out of sight in \${name(element)}\`);
          continue;
        }
        const points = [0.1, 0.5, 0.9].flatMap((x) => [0.02, 0.1, 0.5, 0.9].map((y) =>
          [seen.left + (seen.right - seen.left) * x, seen.top + (seen.bottom - seen.top) * y]));
        const own = element.closest("label") ?? element;
        const free = points.some(([x, y]) => {
          const top = document.elementFromPoint(x, y);
          return top && (own.contains(top) || getComputedStyle(element).pointerEvents === "none" && top.contains(element));
        });
        if (!free) found.push(\`obscured focus: "\${what}" lies under something in \${name(element)}\`);
      }
      before?.focus?.({ preventScroll: true });
      return found;
    })()`));
  }
  return [...new Set(found)];
}
