// Types of <brownout-lab> and of the messages behind it; docs/embed.md says what they mean.

export type Target = number | `${number}` | `${number}/${number}`;
export type Verb =
  | "kill" | "cut" | "pause" | "slow" | "fill" | "corrupt" | "surge" | "flush" | "partition" | "restore";

export interface Metrics {
  t_s: number;
  playing: boolean;
  /** 32 hexadecimal digits: the same run has the same. */
  digest: string;
  issued: number;
  succeeded: number;
  failed: number;
  in_flight: number;
  /** Of the last full window; absent before the first one is full. */
  goodput_rps?: number;
  throughput_rps?: number;
  /** `null` where a window has too few answers. */
  p50_ms?: number | null;
  p95_ms?: number | null;
  p99_ms?: number | null;
}

export type State = "up" | "partly down" | "down" | "cut" | "struck";
export interface Topology {
  /** `inside` is the site, zone or machine that a part is in. */
  parts: { id: number; name: string; type: string; inside: number | null; state: State }[];
  edges: { id: number; name: string; kind: string; from: number; to: number; state: State }[];
}

interface Sent { brownout: 1; tag?: string }
export interface Ready extends Sent { type: "ready"; protocol: 1; version: string }
export interface Loaded extends Sent { type: "loaded"; name: string; parts: number; edges: number }
export interface Started extends Sent { type: "started" }
export interface Paused extends Sent { type: "paused" }
export interface Finished extends Sent { type: "finished" }
export interface Metric extends Sent, Metrics { type: "metric" }
export interface Fault extends Sent { type: "fault"; t_s: number; do: Verb; target: string }
/** A goal of a lesson or an assignment was judged in the reader's own run; again when that has changed. */
export interface Goal extends Sent {
  type: "goal"; lesson: string; run: string; id: string; passed: boolean;
  /** `null` where there was nothing to measure: then the goal is not met. */
  value: number | null;
  /** What it is compared with. */
  bound: number | null;
}
export interface Edited extends Sent {
  type: "edit"; name: string; parts: number; edges: number; can_undo: boolean; can_redo: boolean;
}
export interface Resize extends Sent { type: "resize"; width: number; height: number }
export interface Failed extends Sent { type: "error"; reason: string }
export interface Response extends Sent {
  type: "response"; id: unknown; ok: boolean; result?: unknown; error?: string;
}
export type FromLab =
  | Ready | Loaded | Started | Paused | Finished | Metric | Goal | Fault | Edited | Resize | Failed | Response;

export type ToLab = { brownout: 1; id?: unknown } & (
  | { type: "load"; scenario: object | string; run?: boolean }
  | { type: "load"; link: string; run?: boolean }
  | { type: "run"; speed?: number }
  | { type: "pause" }
  | { type: "reset" }
  | { type: "seek"; t_s: number }
  | { type: "set"; path: string; value: unknown }
  | { type: "inject"; do: Verb; target: Target; factor?: number }
  | { type: "query"; what: "metrics" | "topology" | "scenario" | "link" | "image" }
);

export interface BrownoutLabElement extends HTMLElement {
  load(scenario: object | string, options?: { run?: boolean }): Promise<void>;
  run(speed?: number): Promise<void>;
  pause(): Promise<void>;
  reset(): Promise<void>;
  seek(seconds: number): Promise<void>;
  set(path: string, value: unknown): Promise<void>;
  inject(verb: Verb, target: Target, factor?: number): Promise<void>;
  query(what: "metrics"): Promise<Metrics>;
  query(what: "scenario"): Promise<object>;
  query(what: "topology"): Promise<Topology>;
  query(what: "link" | "image"): Promise<string>;
}

export interface BrownoutLabEvents {
  "lab-ready": CustomEvent<Ready>;
  "lab-loaded": CustomEvent<Loaded>;
  "lab-started": CustomEvent<Started>;
  "lab-paused": CustomEvent<Paused>;
  "lab-finished": CustomEvent<Finished>;
  "lab-metric": CustomEvent<Metric>;
  "lab-goal": CustomEvent<Goal>;
  "lab-fault": CustomEvent<Fault>;
  "lab-edit": CustomEvent<Edited>;
  "lab-resize": CustomEvent<Resize>;
  "lab-error": CustomEvent<Failed>;
}

declare global {
  interface HTMLElementTagNameMap { "brownout-lab": BrownoutLabElement }
  interface HTMLElementEventMap extends BrownoutLabEvents {}
}
