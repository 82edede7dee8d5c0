// Every screen and dialog of the page: how one gets there, by keys and by the list of actions alone, so that the same
// list serves every theme, language and size.

/** Closes whatever is open, and lets nothing be selected. */
export async function home(page) {
  const open = "[role=dialog], [role=menu], [aria-current=true][data-part], [aria-pressed=true][data-edge], [data-wire]";
  for (const until = Date.now() + 10_000; Date.now() < until && (await page.locator(open).count()) > 0;) {
    await page.keyboard.press("Escape");
    // A loaded machine takes its time; one press more does no harm.
    await page.waitForFunction((open) => !document.querySelector(open), open, { timeout: 250 }).catch(() => {});
  }
  await page.focus("#canvas");
}

/** Performs an action of the list by its id, as a visitor does who finds it in the command palette. */
export async function perform(page, id) {
  await page.keyboard.press("Control+Shift+P");
  await page.waitForSelector("[data-testid=finder-text]:focus");
  await page.locator(`[data-row="${id}"]`).click();
  await page.waitForFunction(() => !document.querySelector("[data-testid=finder-text]"));
}

async function part(page, id) {
  await page.focus(`[data-part="${id}"]`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`[data-part="${id}"][aria-current=true]`);
}

async function edge(page, id) {
  await page.focus(`[data-edge="${id}"]`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`[data-edge="${id}"][aria-pressed=true]`);
}

const dialog = (page) => page.waitForSelector("[role=dialog]");
const menu = (page) => page.waitForSelector("[role=menu]");

async function all(page) {
  await page.focus("#canvas");
  await page.keyboard.press("Control+a");
  await page.waitForFunction(() => document.querySelectorAll("[data-part][aria-current=true]").length >= 7);
}

async function act(page, id, shown) {
  await perform(page, id);
  await shown(page);
}

/** Shows a panel of the phone. */
async function sheet(page, name) {
  await page.click(`[data-sheet-tab=${name}]`);
  await page.waitForSelector(`.lab[data-sheet=${name}]`);
}

async function closeSheet(page) {
  await page.keyboard.press("Escape");
  await page.waitForSelector(".lab:not([data-sheet])");
}

/** `only` names the size that has it; `leave` goes back where Escape does not. */
export const SCREENS = [
  { name: "starter", enter: async () => {} },
  { name: "a part", enter: (page) => part(page, 6) },
  { name: "a connection", enter: (page) => edge(page, 12) },
  { name: "everything selected", enter: all },
  {
    name: "drawing a connection",
    enter: async (page) => {
      await part(page, 4);
      await page.keyboard.press("c");
      await page.waitForSelector("[data-wire=source]");
    },
  },
  {
    name: "a site around everything",
    enter: async (page) => {
      await all(page);
      await page.keyboard.press("Control+g");
      await page.waitForSelector(".card.frame");
      await page.keyboard.press("Shift+Digit1");
    },
    leave: async (page) => {
      await page.focus("#canvas");
      await page.keyboard.press("Control+z");
      await page.waitForFunction(() => !document.querySelector(".card.frame"));
      await page.keyboard.press("Shift+Digit1");
    },
  },
  { name: "menu of a part", enter: async (page) => { await part(page, 4); await page.keyboard.press("Shift+F10"); await menu(page); } },
  { name: "menu of a connection", enter: async (page) => { await edge(page, 12); await page.keyboard.press("Shift+F10"); await menu(page); } },
  { name: "menu of the canvas", enter: async (page) => { await page.focus("#canvas"); await page.keyboard.press("Shift+F10"); await menu(page); } },
  { name: "menu of the bar", enter: async (page) => { await page.click("[data-testid=more]"); await menu(page); } },
  { name: "menu of types", enter: async (page, size) => { await part(page, 6); await page.keyboard.press(size === "phone" ? "Control+ArrowDown" : "Control+ArrowRight"); await menu(page); } },
  { name: "share a design", enter: async (page) => { await act(page, "share", dialog); await page.click("[data-testid=show-qr]"); } },
  { name: "share a run", enter: async (page) => { await act(page, "share", dialog); await page.click("[data-testid=share-run]"); } },
  { name: "open", enter: (page) => act(page, "open", dialog) },
  {
    name: "open what is broken",
    enter: async (page) => {
      await act(page, "open", dialog);
      await page.fill("[data-testid=open-text]", '{"version": 1, "parts": [{"id": 1, "type": "wed"}]}');
      await page.click("[data-testid=open-go]");
      await page.waitForSelector("[data-testid=open-error]");
    },
  },
  { name: "documents", enter: (page) => act(page, "documents", dialog) },
  { name: "versions", enter: (page) => act(page, "versions", dialog) },
  { name: "templates", enter: async (page) => { await act(page, "templates", dialog); await page.waitForSelector("[data-template]"); } },
  {
    name: "embed",
    enter: async (page) => {
      await act(page, "embed", dialog);
      await page.frameLocator("[data-testid=embed-preview]").locator("[data-part]").first().waitFor({ state: "attached" });
    },
  },
  { name: "commands", enter: async (page) => { await page.keyboard.press("Control+Shift+P"); await dialog(page); } },
  {
    name: "commands, nothing found",
    enter: async (page) => {
      await page.keyboard.press("Control+Shift+P");
      await page.waitForSelector("[data-testid=finder-text]:focus");
      await page.keyboard.insertText("qqqq");
      await page.waitForFunction(() => !document.querySelector("[data-row]"));
    },
  },
  { name: "find", enter: async (page) => { await page.keyboard.press("Control+f"); await dialog(page); } },
  { name: "help", enter: async (page) => { await page.keyboard.press("?"); await dialog(page); } },
  { name: "limits", enter: (page) => act(page, "limits", dialog) },
  { name: "summary", enter: async (page) => { await page.keyboard.press("i"); await dialog(page); } },
  {
    name: "stories",
    enter: async (page) => { await page.keyboard.press("t"); await page.waitForSelector("[data-kind=slowest] [data-request]"); },
    leave: async (page) => { await page.focus("#canvas"); await page.keyboard.press("t"); await page.waitForFunction(() => !document.querySelector("[data-kind=slowest]")); },
  },
  {
    name: "lessons",
    enter: async (page) => { await perform(page, "course"); await page.waitForSelector("[data-lesson]"); },
    leave: async (page) => { await perform(page, "course"); await page.waitForFunction(() => !document.querySelector("[data-lesson]")); },
  },
  {
    name: "the teacher's desk",
    enter: async (page) => { await perform(page, "teach"); await page.waitForSelector("[data-testid=teach]"); },
    leave: async (page) => { await perform(page, "teach"); await page.waitForFunction(() => !document.querySelector("[data-testid=teach]")); },
  },
  {
    name: "presenter",
    enter: async (page) => { await page.keyboard.press("Alt+z"); await page.waitForSelector(":root[data-presenter]"); },
    leave: async (page) => { await page.keyboard.press("Alt+z"); await page.waitForSelector(":root:not([data-presenter])"); },
  },
  { name: "sheet of parts", only: "phone", enter: (page) => sheet(page, "palette"), leave: closeSheet },
  { name: "sheet of details", only: "phone", enter: async (page) => { await part(page, 6); await sheet(page, "inspector"); }, leave: closeSheet },
  { name: "sheet of charts", only: "phone", enter: (page) => sheet(page, "charts"), leave: closeSheet },
  { name: "sheet of the timeline", only: "phone", enter: (page) => sheet(page, "log"), leave: closeSheet },
  {
    name: "storage is refused",
    enter: async (page) => {
      await page.evaluate(() => {
        globalThis.keep ??= Storage.prototype.setItem;
        Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
      });
      await part(page, 6);
      await page.keyboard.press("Control+d");
      await page.waitForSelector("[data-testid=not-kept]");
    },
    leave: async (page) => {
      await page.evaluate(() => { Storage.prototype.setItem = globalThis.keep; });
      await page.focus("#canvas");
      await page.keyboard.press("Control+z");
      await page.waitForFunction(() => !document.querySelector("[data-testid=not-kept]"));
    },
  },
  {
    name: "what a link brought",
    enter: async (page) => {
      await act(page, "share", dialog);
      const link = await page.inputValue("[data-testid=share-link]");
      await page.keyboard.press("Escape");
      await page.evaluate((link) => { globalThis.location.hash = link.slice(link.indexOf("#")); }, link);
      await page.waitForSelector("[data-testid=visiting]");
    },
    leave: async (page) => {
      await page.locator("[data-testid=visiting] button").first().click();
      await page.waitForFunction(() => !document.querySelector("[data-testid=visiting]"));
    },
  },
];

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Every theme with every language at a desk; each of them once on a phone. */
export const SETTINGS = ["light", "dark"].flatMap((theme) => ["en", "ko"].flatMap((lang) => [
  { name: `desk-${theme}-${lang}`, size: "desk", viewport: DESK, colorScheme: theme, locale: lang === "ko" ? "ko-KR" : "en-US" },
  {
    name: `phone-${theme}-${lang}`, size: "phone", viewport: PHONE, colorScheme: theme, locale: lang === "ko" ? "ko-KR" : "en-US",
    hasTouch: true, isMobile: true,
  },
])).filter(({ name }) => !["phone-light-ko", "phone-dark-en"].includes(name));

/** Has the starter stand still with something to show, then goes through the screens; `look` is called on each. */
export async function tour(page, { size }, look, wanted = () => true) {
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
  await page.locator(".speed input").fill("2");
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=sim-time]").dataset.ns) > 2e9);
  await page.click("[data-testid=play]");
  await page.waitForSelector("[data-testid=play][data-playing=false]");
  for (const screen of SCREENS.filter(({ only, name }) => (only ?? size) === size && wanted(name))) {
    await home(page);
    await screen.enter(page, size);
    await look(screen.name);
    await home(page).catch(() => {});
    await screen.leave?.(page);
  }
}
