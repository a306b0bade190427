import { Chart } from "./chart.js";
import * as format from "./format.js";
import { SHOWN_NS } from "./points.js";
import { short } from "./scales.js";

const NS_PER_MS = 1e6;
/** While a run goes on charts take turns: half of them with each frame, as another will follow. */
const SHARES = 2;

const perSecond = (value) => format.number(value, value >= 100 || !value ? 0 : 1);
const inPercent = (value) => format.number(value, value >= 10 ? 1 : value ? 2 : 0);
const axisMs = (value) => (value >= 1000 ? `${+(value / 1000).toFixed(2)} s` : `${+value.toFixed(1)}`);
const CAUSES = {
  DUPLICATE: "heatLow",
  LOST: "critical",
  ORPHAN_DEBIT: "violet",
  ORPHAN_CREDIT: "violet",
  PHANTOM_SUCCESS: "accent",
  LATE: "teal",
  GHOST_POSTING: "warn",
};
const NAMES = {
  ORPHAN_DEBIT: "orphan",
  ORPHAN_CREDIT: "orphan credit",
  PHANTOM_SUCCESS: "phantom",
  GHOST_POSTING: "ghost",
  INVALID_EXECUTED: "invalid",
};

const PLANS = [
  {
    key: "throughput",
    title: "Throughput",
    unit: "payments per second",
    axes: [{ floor: 3, say: short }],
    series: () => [
      { name: "completed", colour: "accent", fill: 0.08, value: (p) => p.completed, say: perSecond },
      { name: "failed", colour: "critical", fill: 0.09, value: (p) => p.failed, say: perSecond },
    ],
  },
  {
    key: "latency",
    title: "Latency",
    unit: "wait of customers",
    axes: [{ floor: 30, say: axisMs }],
    series: () => [
      { name: "p99", colour: "accent", value: (p) => p.p99_ms, say: format.latency },
      { name: "p95", colour: "violet", value: (p) => p.p95_ms, say: format.latency },
      { name: "p50", colour: "teal", value: (p) => p.p50_ms, say: format.latency },
    ],
    goal: ({ tiles }) => {
      const goal = tiles.find(({ key }) => key === "p99")?.goal;
      return goal ? { value: goal, name: `SLO ${format.latency(goal)}` } : null;
    },
  },
  {
    key: "leakage",
    title: "Leakage",
    aside: "by cause",
    unit: "% of payments",
    axes: [{ floor: 0.3, most: 100, say: (value) => `${+value.toFixed(2)} %` }],
    stacked: true,
    series: (points) => causesIn(points),
  },
  {
    key: "energy",
    title: "Energy & carbon",
    unit: "power, CO₂e per payment",
    axes: [
      { tight: true, say: short },
      { tight: true, say: short },
    ],
    series: () => [
      { name: "W", colour: "warn", fill: 0.06, value: (p) => p.power_w, say: format.compact },
      { name: "mg/tx", colour: "ok", axis: 1, value: (p) => p.carbon_mg, say: format.compact },
    ],
  },
];

/** Four charts over simulated time, with the stretches shaded in which something was disturbed. */
export default class Charts {
  static styles = new URL("charts.css", import.meta.url);

  constructor(host, deck) {
    this.deck = deck;
    this.turn = 0;
    this.charts = PLANS.map((plan) => new Chart(plan));
    host.append(...this.charts.map(({ card }) => card));
    this.restyle(deck.tokens);
  }

  /** @param {object} body of the topic `metrics` */
  update(body) {
    const { version } = this.deck.points;
    const { state } = body.run;
    const seen = `${version} ${this.deck.reach} ${body.disturbances.length} ${state}`;
    if (seen !== this.seen) this.pending = SHARES;
    this.seen = seen;
    if (!this.pending) return;
    this.pending -= 1;
    this.turn = (this.turn + 1) % SHARES;
    const frame = this.#frame(body);
    const isDue = (at) => state !== "running" || at % SHARES === this.turn;
    this.charts.forEach((chart, at) => isDue(at) && chart.draw(frame));
  }

  /** @param {Record<string, string>} tokens */
  restyle(tokens) {
    this.pending = SHARES;
    for (const chart of this.charts) chart.restyle(tokens);
  }

  destroy() {
    for (const chart of this.charts) chart.destroy();
  }

  #frame({ run, tiles, disturbances }) {
    const { points } = this.deck;
    const whole = this.deck.reach === "whole";
    const untilNs = whole
      ? run.end_ns
      : Math.max(points.last?.end_ns ?? 0, Math.min(SHOWN_NS, run.end_ns));
    const fromNs = whole ? 0 : Math.max(0, untilNs - SHOWN_NS);
    const startMs = format.instant(run.start, 0).getTime();
    const ms = (ns) => startMs + ns / NS_PER_MS;
    const shaded = disturbances.filter(({ trap }) => !trap);
    return {
      points: points.since(fromNs),
      last: points.last,
      tiles,
      startMs,
      fromMs: ms(fromNs),
      untilMs: ms(untilNs),
      disturbances: joined(shaded).map(({ begin, end }) => ({ begin: ms(begin), end: ms(end) })),
    };
  }
}

/** Stretches in which anything was disturbed: windows that meet become one. */
function joined(disturbances) {
  const stretches = [];
  const order = [...disturbances].sort((one, other) => one.begin_ns - other.begin_ns);
  for (const { begin_ns, end_ns } of order) {
    const last = stretches.at(-1);
    if (last && begin_ns <= last.end) last.end = Math.max(last.end, end_ns);
    else stretches.push({ begin: begin_ns, end: end_ns });
  }
  return stretches;
}

/** One series for each cause that has leaked, the worst at the bottom. */
function causesIn(points) {
  const sums = new Map();
  for (const { leaks } of points) {
    for (const [cause, share] of Object.entries(leaks)) {
      sums.set(cause, (sums.get(cause) ?? 0) + share);
    }
  }
  const order = [...sums.keys()].filter((cause) => sums.get(cause) > 0);
  order.sort((one, other) => sums.get(other) - sums.get(one) || one.localeCompare(other));
  return order.length ? order.map(seriesOf) : [NO_LEAK];
}

const NO_LEAK = {
  name: "none",
  colour: "ok",
  heaped: true,
  value: () => 0,
  say: inPercent,
};

function seriesOf(cause) {
  return {
    name: NAMES[cause.toUpperCase()] ?? format.words(cause),
    colour: CAUSES[cause.toUpperCase()] ?? "muted",
    heaped: true,
    fill: 0.5,
    value: (point) => 100 * (point.leaks[cause] ?? 0),
    say: inPercent,
  };
}

