// The pictures: what is shown, in which window, and how the page gets there.

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** The page has started and traffic flows. */
async function started(page) {
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
  await page.waitForTimeout(4000);
}

export const SHOTS = [
  { name: "starter-dark", viewport: DESK, theme: "dark", prepare: started },
  { name: "starter-light", viewport: DESK, theme: "light", prepare: started },
  { name: "korean", viewport: DESK, theme: "dark", lang: "ko", prepare: started },
  { name: "embed", viewport: { width: 800, height: 450 }, path: "?embed=1", prepare: started },
  { name: "phone", viewport: PHONE, prepare: started },
];
