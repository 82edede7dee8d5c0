// What a careful eye would notice on a screenshot, found by measuring: clipped text, texts over one another, sideways
// scroll, pale text, missing glyphs. Works on any page; each finding is a sentence.
//
// A page says what is meant to be so:
//   - an ellipsis is meant where the whole text is in a `title` or `aria-label` of the element or its parent;
//   - an element with `data-viewport` is a window onto something larger (the canvas), what lies outside is not clipped.

const SMALLEST_CONTRAST = 4.5;

/** Every finding on the part of the page that is in view. */
export async function findings(page, { contrast = SMALLEST_CONTRAST } = {}) {
  await page.evaluate(() => document.fonts.ready);
  await settled(page);
  return [
    ...(await sidewaysScroll(page)),
    ...(await clippedText(page)),
    ...(await overlappingText(page)),
    ...(await paleText(page, contrast)),
    ...(await missingGlyphs(page)),
  ];
}

/** When what appears has appeared: half-way through, a dialog is paler than it is meant to be. */
export async function settled(page) {
  await page.evaluate(() => {
    const appearing = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 1000);
    return Promise.allSettled(appearing.map((one) => one.finished));
  });
}

/** The page as a whole can be scrolled sideways. */
export async function sidewaysScroll(page) {
  const [width, room] = await page.evaluate(() => {
    const element = document.scrollingElement;
    return [element.scrollWidth, element.clientWidth];
  });
  return width > room ? [`sideways scroll: the page is ${width} px wide in a window of ${room} px`] : [];
}

/** Text that an ancestor cuts off, where neither scrolling nor a tooltip shows the rest. */
export async function clippedText(page) {
  return inPage(page, () => {
    const meant = (element) => {
      for (let at = element, steps = 0; at && steps < 3; at = at.parentElement, steps += 1) {
        if (getComputedStyle(at).textOverflow === "ellipsis") {
          return [at, at.parentElement].some((one) => one?.title || one?.ariaLabel);
        }
      }
      return false;
    };
    const found = [];
    for (const { element, text, whole } of textLeaves()) {
      for (const [ancestor, box, style] of clippers(element)) {
        // Where it can be scrolled, the rest can be reached.
        if (/auto|scroll/.test(style.overflowX + style.overflowY) || ancestor.hasAttribute("data-viewport")) break;
        const over = Math.max(box.left - whole.left, whole.right - box.right, box.top - whole.top - slack(whole),
          whole.bottom - box.bottom - slack(whole));
        if (over > 1 && !meant(element)) {
          found.push(`clipped text: "${text}" is cut by ${over.toFixed(0)} px in ${name(ancestor)}`);
          break;
        }
      }
    }
    return found;
  });
}

/** Two texts on the same spot, of which neither has a background of its own that hides the other. */
export async function overlappingText(page) {
  return inPage(page, () => {
    const leaves = textLeaves().filter((leaf) => leaf.seen);
    const found = [];
    leaves.forEach((one, index) => {
      for (const other of leaves.slice(index + 1)) {
        const common = intersection(one.seen, other.seen);
        if (!common || one.node === other.node) continue;
        const low = Math.min(one.seen.bottom - one.seen.top, other.seen.bottom - other.seen.top);
        // The boxes of lines reach beyond their letters.
        if (common.right - common.left <= 2 || common.bottom - common.top <= low * 0.25) continue;
        if (hidesTheOther(one.element, other.element, common)) continue;
        found.push(`overlapping text: "${one.text}" and "${other.text}" in ${name(one.element)} and ${name(other.element)}`);
      }
    });
    return found;

    function hidesTheOther(one, other, box) {
      const stack = document.elementsFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
      const places = [stack.indexOf(one), stack.indexOf(other)];
      // A text that is not on its own spot lies behind something that takes the whole spot, such as a dialog.
      if (places.includes(-1)) return stack.some(opaque);
      const lower = stack[Math.max(...places)];
      return stack.slice(0, Math.max(...places)).some((element) => !element.contains(lower) && opaque(element));
    }

    function opaque(element) {
      const style = getComputedStyle(element);
      return colour(style.backgroundColor)[3] > 0.9 && Number(style.opacity) > 0.9;
    }
  });
}

/** Text whose colour is too near to what is really painted around its letters. */
export async function paleText(page, smallest = SMALLEST_CONTRAST) {
  const leaves = await inPage(page, () => {
    const found = [];
    // What comes or goes is paler for a moment than it is while it stays.
    const passing = document.getAnimations()
      .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
      .filter(({ playState, effect: { target } }) => {
        const opacity = target ? Number(getComputedStyle(target).opacity) : 1;
        return playState === "running" ? opacity < 1 : opacity === 0;
      })
      .map((one) => one.effect.target);
    for (const { element, text, seen } of [...textLeaves(), ...fields()]) {
      if (!seen || element.closest("[disabled], [aria-disabled=true]")) continue;
      if (passing.some((target) => target.contains(element))) continue;
      // What lies under the veil of a dialog is meant to recede.
      const modal = document.querySelector("[aria-modal=true]");
      if (modal && !modal.contains(element)) continue;
      const style = getComputedStyle(element);
      const paint = element instanceof SVGElement ? style.fill : style.color;
      const [red, green, blue, alpha] = colour(paint);
      let opacity = alpha;
      for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
      found.push({ text, where: name(element), box: seen, paint: [red, green, blue], opacity });
    }
    return found;
  });
  const grounds = await dominantColours(page, leaves);
  return leaves.flatMap((leaf, index) => {
    const ratio = bestContrast(leaf, grounds[index]);
    return ratio >= smallest - 0.01 ? [] : [`pale text: "${leaf.text}" has contrast ${ratio.toFixed(2)} in ${leaf.where}`];
  });
}

/** Letters for which no font has a glyph, so that the browser paints its empty box. */
export async function missingGlyphs(page) {
  return inPage(page, () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 40;
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    const painted = (letter, font) => {
      brush.clearRect(0, 0, 40, 40);
      brush.font = font;
      brush.fillText(letter, 4, 30);
      return `${brush.measureText(letter).width}:${brush.getImageData(0, 0, 40, 40).data.join()}`;
    };
    // Code points that will never be assigned, or are not: what the browser paints for them is the empty box.
    const nothing = ["\u{10FFFE}", "\u0378", "\u{E0FFE}"];
    const boxes = new Map();
    const known = new Set();
    const found = [];
    for (const { element, node, text } of textLeaves()) {
      const style = getComputedStyle(element);
      const font = `${style.fontWeight} 24px ${style.fontFamily}`;
      if (!boxes.has(font)) boxes.set(font, new Set(nothing.map((letter) => painted(letter, font))));
      for (const { segment } of new Intl.Segmenter().segment(node.nodeValue)) {
        if (/^[\x00-\x7f\s\p{C}\p{M}]*$/u.test(segment) && !/\p{Cn}|\p{Co}/u.test(segment)) continue;
        const key = font + segment;
        if (known.has(key)) continue;
        known.add(key);
        if (boxes.get(font).has(painted(segment, font))) {
          const point = segment.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
          found.push(`missing glyph: U+${point} in "${text}" in ${name(element)}`);
        }
      }
    }
    return found;
  });
}

/**
 * What can be pressed and is smaller than `least` pixels either way, unless it stands so far from others that a circle of
 * that size around it touches none of theirs (WCAG 2.2, 2.5.8). Exempt are words within a sentence, and what lies on the
 * canvas and grows with it.
 */
export async function smallTargets(page, least) {
  return page.evaluate(`(() => {
    ${pageHelpers.map(String).join("\n")}
    const least = ${least};
    const found = [];
    const pressable = "button, a[href], input, select, textarea, summary, [role=option], [role=menuitem], [role=tab], [role=slider]";
    const modal = document.querySelector("[aria-modal=true], [role=menu]");
    const targets = [];
    for (const element of (modal ?? document).querySelectorAll(pressable)) {
      if (!visible(element) || element.disabled || element.closest(".world") || getComputedStyle(element).pointerEvents === "none") continue;
      const style = getComputedStyle(element);
      const label = element.closest("label") ?? (element.id ? document.querySelector(\`label[for="\${element.id}"]\`) : null);
      const boxes = [element, ...(label ? [label] : [])].map((one) => one.getBoundingClientRect());
      const box = {
        left: Math.min(...boxes.map((box) => box.left)), right: Math.max(...boxes.map((box) => box.right)),
        top: Math.min(...boxes.map((box) => box.top)), bottom: Math.max(...boxes.map((box) => box.bottom)),
      };
      const seen = seenPart(element, element.getBoundingClientRect());
      if (!seen) continue;
      const words = style.display === "inline" && element.parentElement.textContent.trim() !== element.textContent.trim();
      targets.push({ element, box, words, small: box.right - box.left < least - 0.5 || box.bottom - box.top < least - 0.5 });
    }
    for (const target of targets.filter(({ small, words }) => small && !words)) {
      const middle = ({ box }) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      const [x, y] = middle(target);
      const crowded = targets.some((other) => {
        if (other === target || other.element.contains(target.element) || target.element.contains(other.element)) return false;
        if (other.small) {
          const [otherX, otherY] = middle(other);
          return Math.hypot(x - otherX, y - otherY) < least;
        }
        const [dx, dy] = [Math.max(other.box.left - x, 0, x - other.box.right), Math.max(other.box.top - y, 0, y - other.box.bottom)];
        return Math.hypot(dx, dy) < least / 2;
      });
      if (!crowded) continue;
      const { box } = target;
      const what = target.element.getAttribute("aria-label") ?? target.element.textContent.trim().slice(0, 30);
      found.push(\`small target: "\${what}" is \${(box.right - box.left).toFixed(0)} by \${(box.bottom - box.top).toFixed(0)} px in \${name(target.element)}\`);
    }
    return [...new Set(found)];
  })()`);
}

/** What gets the keyboard's focus and shows it by nothing. */
export async function faintFocus(page) {
  // So that the focus is one of the keyboard.
  await page.keyboard.press("Shift");
  return page.evaluate(`(() => {
    ${pageHelpers.map(String).join("\n")}
    const modal = document.querySelector("[aria-modal=true], [role=menu]");
    const before = document.activeElement;
    const found = [];
    const look = (element) => {
      const style = getComputedStyle(element);
      return [style.borderColor, style.boxShadow, style.backgroundColor, getComputedStyle(element, "::before").display].join();
    };
    for (const element of (modal ?? document).querySelectorAll("button, a[href], input, select, textarea, summary, [tabindex='0']")) {
      if (!visible(element) || element.disabled || element.type === "file") continue;
      if (document.activeElement === element) element.blur();
      const plain = look(element);
      element.focus({ focusVisible: true, preventScroll: true });
      if (document.activeElement !== element) continue;
      const style = getComputedStyle(element);
      const ring = style.outlineStyle === "auto" || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5;
      if (!ring && look(element) === plain) {
        const what = element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 30);
        found.push(\`faint focus: "\${what}" in \${name(element)}\`);
      }
    }
    before?.focus?.({ preventScroll: true });
    return [...new Set(found)];
  })()`);
}

/** Runs `body` in the page with the helpers below in scope, and with every element open to hit tests. */
export async function inPage(page, body) {
  return page.evaluate(`(() => {
    ${pageHelpers.map(String).join("\n")}
    const open = new CSSStyleSheet();
    open.replaceSync("* { pointer-events: all !important; }");
    document.adoptedStyleSheets.push(open);
    try {
      return (${body})();
    } finally {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== open);
    }
  })()`);
}

/* eslint-disable no-undef -- these run in the page, where they find one another. */

/** Every visible text node: its element, its text, its whole box, and the part of the box that is in view. */
function textLeaves() {
  const leaves = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.nodeValue.trim().replace(/\s+/g, " ").slice(0, 60);
    if (!text || !visible(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter((rect) => rect.width > 0 && rect.height > 0);
    for (const rect of rects) {
      const whole = { left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom };
      leaves.push({ element, node, text, whole, seen: seenPart(element, whole) });
    }
  }
  return leaves;
}

/** Fields with something written in them, for the checks of colour. */
function fields() {
  return [...document.querySelectorAll("input, textarea, select")]
    .filter((field) => visible(field) && field.value && !/checkbox|radio|range|color|file/.test(field.type))
    .map((field) => ({ element: field, text: String(field.value).slice(0, 60), seen: seenPart(field, field.getBoundingClientRect()) }));
}

function visible(element) {
  if (!element || element.closest("script, style, noscript, template, title, option, [hidden]")) return false;
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true })) return false;
  // For screen readers only: squeezed into a pixel or clipped away.
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (/inset\(50%|inset\(100%/.test(style.clipPath) || /rect\((0|1)px/.test(style.clip)) return false;
    const box = at.getBoundingClientRect();
    if (style.overflow !== "visible" && style.position === "absolute" && box.width <= 1 && box.height <= 1) return false;
  }
  return true;
}

/** The ancestors that cut what they contain, from the inside out, with their inner boxes. */
function clippers(element) {
  const found = [];
  for (let at = element; at && at !== document.documentElement && at !== document.body; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.overflowX !== "visible" || style.overflowY !== "visible") {
      found.push([at, at.getBoundingClientRect(), style]);
    }
    if (style.position === "fixed") break;
  }
  return found;
}

function seenPart(element, box) {
  const root = document.documentElement;
  let part = intersection(box, { left: 0, top: 0, right: root.clientWidth, bottom: root.clientHeight });
  for (const [, clip] of clippers(element)) part = part && intersection(part, clip);
  return part;
}

function intersection(one, other) {
  const box = {
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  };
  return box.right > box.left && box.bottom > box.top ? box : null;
}

/** How much of a line's box is above or below its letters. */
function slack(box) {
  return (box.bottom - box.top) * 0.2;
}

/** Any CSS colour as red, green, blue of 255 and alpha of 1. */
function colour(text) {
  const canvas = (globalThis.checksCanvas ??= new OffscreenCanvas(1, 1));
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = text;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

function name(element) {
  const classes = [...element.classList].map((one) => `.${one}`).join("");
  return `<${element.localName}${element.id ? `#${element.id}` : ""}${classes}>`;
}

export const pageHelpers = [textLeaves, fields, visible, clippers, seenPart, intersection, slack, colour, name];

/** For each box of a screenshot taken now, its colours by frequency, the most frequent first (at most four). */
async function dominantColours(page, leaves) {
  if (leaves.length === 0) return [];
  const image = (await page.screenshot({ animations: "disabled", caret: "hide", scale: "css" })).toString("base64");
  const reader = await page.context().newPage();
  try {
    return await reader.evaluate(async ({ image, boxes }) => {
      const bytes = Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const brush = canvas.getContext("2d", { willReadFrequently: true });
      brush.drawImage(bitmap, 0, 0);
      return boxes.map((box) => {
        const left = Math.max(0, Math.floor(box.left) - 1);
        const top = Math.max(0, Math.floor(box.top));
        const width = Math.min(bitmap.width - left, Math.ceil(box.right - left) + 1);
        const height = Math.min(bitmap.height - top, Math.ceil(box.bottom - top));
        if (width <= 0 || height <= 0) return [];
        const { data } = brush.getImageData(left, top, width, height);
        const counts = new Map();
        for (let at = 0; at < data.length; at += 4) {
          const key = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        return [...counts].sort((one, other) => other[1] - one[1]).slice(0, 4)
          .map(([key]) => [key >> 16, (key >> 8) & 255, key & 255]);
      });
    }, { image, boxes: leaves.map((leaf) => leaf.box) });
  } finally {
    await reader.close();
  }
}

/**
 * Contrast of a text with what surrounds it: the most frequent colour of its box, or the second if the letters
 * themselves are so heavy that they are the most frequent.
 */
function bestContrast({ paint, opacity }, [first, second]) {
  if (!first) return Infinity;
  const against = (ground) => contrast(paint.map((part, index) => part * opacity + ground[index] * (1 - opacity)), ground);
  const ratio = against(first);
  return ratio < 1.2 && second && opacity > 0.99 ? against(second) : ratio;
}

/** The ratio of WCAG 2: from 1 for equal colours to 21 for black on white. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(parts) {
  const [red, green, blue] = parts.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
