// What nobody should be able to open, and the words that its refusal must have.

import { deflateRawSync } from "node:zlib";

/** A link with this payload. */
export const link = (value) =>
  `#v1.${deflateRawSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")}`;

const scenario = (change) => JSON.stringify({ version: 1, parts: [{ id: 1, type: "client" }], edges: [], ...change });

/** Broken on the way from text to JSON. */
export const HOSTILE_LINKS = [
  ["another version", "#v9.AAAA", /link.*version/],
  ["not base64", "#v1.***", /base64/],
  ["not DEFLATE", "#v1._____w", /DEFLATE/],
  ["cut off", link({ v: 1, p: [], note: "x".repeat(500) }).slice(0, -12), /DEFLATE|base64/],
  ["a bomb", link(" ".repeat(4 << 20)), /DEFLATE|JSON/],
  ["a payload that is too long", `#v1.${"A".repeat(70_000)}`, /link.*64/],
  ["not JSON", link("{"), /JSON/],
  ["an unknown field", link({ v: 1, surprise: 1 }), /surprise/],
];

/** Broken documents. */
export const HOSTILE_DOCUMENTS = [
  ["deep nesting", "[".repeat(100_000), /JSON.*nested/],
  ["not a number", `{"version":1,"duration_s":NaN}`, /JSON/],
  ["a number that is too large", `{"version":1,"duration_s":1e999}`, /duration_s/],
  ["an unknown field", scenario({ surprise: 1 }), /surprise/],
  ["a newer document", `{"version":99}`, /version/],
  ["10,000 parts", scenario({ parts: Array.from({ length: 10_000 }, (_, id) => ({ id: id + 1, type: "web" })) }), /parts/],
  ["inside itself", scenario({ parts: [{ id: 1, type: "web", inside: 2 }, { id: 2, type: "web", inside: 1 }] }), /inside/],
  ["calls in a circle", scenario({
    parts: [{ id: 1, type: "app" }, { id: 2, type: "app" }],
    edges: [{ id: 3, from: 1, to: 2 }, { id: 4, from: 2, to: 1 }],
  }), /edges\[\d\].*circle/],
];
