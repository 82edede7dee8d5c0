// What the page's thread did, frame by frame, as Chromium's own tracing tells it.

const CATEGORIES = ["toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline"];

/** Where the browser calls the page's own code; what they call is within them. */
const SCRIPT = new Set(["FunctionCall", "EventDispatch", "FireAnimationFrame", "RunMicrotasks", "TimerFire", "HandlePostMessage"]);

/** Starts to trace; the result ends it and tells what was heard. */
export async function trace(context, page) {
  const client = await context.newCDPSession(page);
  // Kept until the end: what is sent meanwhile would take its time from the page.
  await client.send("Tracing.start", { transferMode: "ReturnAsStream", traceConfig: { includedCategories: CATEGORIES } });
  return async () => {
    const complete = new Promise((done) => client.once("Tracing.tracingComplete", done));
    await client.send("Tracing.end");
    const { stream: handle } = await complete;
    let text = "";
    for (let eof = false; !eof;) {
      const piece = await client.send("IO.read", { handle, size: 1 << 24 });
      text += piece.base64Encoded ? Buffer.from(piece.data, "base64").toString() : piece.data;
      ({ eof } = piece);
    }
    await client.send("IO.close", { handle });
    return JSON.parse(text).traceEvents;
  };
}

/** The processor's time in milliseconds, where the browser measures it: the smaller clock cannot be too large. */
const took = ({ dur = 0, tdur = dur }) => Math.min(dur, tdur) / 1000;

/** Events that lie in no other of the list, which is in order of time. */
function outermost(events) {
  let end = -Infinity;
  return events.filter((event) => {
    if (event.ts < end) return false;
    end = event.ts + (event.dur ?? 0);
    return true;
  });
}

/** For every frame: milliseconds of the page's thread altogether, and of the page's own code. */
export function frames(heard) {
  const drawn = heard.find((event) => event.name === "FireAnimationFrame");
  const main = heard.filter((event) => event.pid === drawn?.pid && event.tid === drawn?.tid).sort((a, b) => a.ts - b.ts);
  const complete = main.filter((event) => event.ph === "X");
  const tasks = complete.filter((event) => event.name === "RunTask");
  const script = outermost(complete.filter((event) => SCRIPT.has(event.name)));
  // All callbacks of one frame are called one after another.
  const starts = complete.filter((event) => event.name === "FireAnimationFrame").map((event) => event.ts)
    .filter((start, at, all) => at === 0 || start - all[at - 1] > 5_000);
  const within = (events, from, until) => events.filter(({ ts }) => ts >= from && ts < until)
    .reduce((sum, event) => sum + took(event), 0);
  return starts.slice(1).map((until, at) => ({
    from: starts[at],
    until,
    all: within(tasks, starts[at], until),
    script: within(script, starts[at], until),
  }));
}

/** Milliseconds of each kind of work on the page's thread, without what is within others: the largest first. */
export function kinds(heard, from = -Infinity, until = Infinity) {
  const drawn = heard.find((event) => event.name === "FireAnimationFrame");
  const main = heard.filter((event) => event.ph === "X" && event.pid === drawn?.pid && event.tid === drawn?.tid)
    .filter((event) => event.ts >= from && event.ts < until).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const totals = new Map();
  const open = [];
  const close = (until) => {
    while (open.length > 0 && open.at(-1).end <= until) {
      const { name, own } = open.pop();
      totals.set(name, (totals.get(name) ?? 0) + own);
    }
  };
  for (const event of main) {
    close(event.ts);
    if (open.length > 0) open.at(-1).own -= took(event);
    open.push({ name: event.name, own: took(event), end: event.ts + event.dur });
  }
  close(Infinity);
  return [...totals].filter(([, ms]) => ms > 0.2).sort(([, a], [, b]) => b - a);
}

/** The value below which this share of the list lies. */
export function percentile(list, share) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
