// The pictures: what is shown, in which window, and how the page gets there.

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** The page has started, traffic flows, and the gauges have something to show. */
async function started(page) {
  await page.waitForFunction(() => performance.getEntriesByName("first-request").length > 0);
  await passes(page, 0.05);
}

/** Lets the run go on for so much simulated time. */
async function passes(page, seconds) {
  const until = Number(await page.getAttribute("[data-testid=sim-time]", "data-ns")) + seconds * 1e9;
  await page.waitForFunction(
    (until) => Number(document.querySelector("[data-testid=sim-time]").dataset.ns) >= until,
    until,
  );
}

/** A web server was killed by hand, and the health checks have noticed. */
async function killed(page) {
  await started(page);
  await page.click('[data-part="4"]', { button: "right" });
  await page.click("[role=menu] [data-action=kill]");
  await page.locator(".speed input").fill("0");
  await passes(page, 25);
  await page.click("[data-testid=play]");
}

/** A part is selected, so that its settings are shown. */
async function selected(page) {
  await started(page);
  await page.click('[data-part="6"]');
}

export const SHOTS = [
  { name: "starter-dark", viewport: DESK, theme: "dark", prepare: started },
  { name: "starter-light", viewport: DESK, theme: "light", prepare: selected },
  { name: "killed-dark", viewport: DESK, theme: "dark", prepare: killed },
  { name: "killed-light", viewport: DESK, theme: "light", prepare: killed },
  { name: "korean", viewport: DESK, theme: "light", lang: "ko", prepare: killed },
  { name: "embed", viewport: { width: 800, height: 450 }, theme: "light", path: "?embed=1", prepare: started },
  { name: "phone", viewport: PHONE, theme: "light", prepare: started },
  { name: "phone-korean", viewport: PHONE, theme: "dark", lang: "ko", prepare: killed },
];
