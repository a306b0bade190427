// One service on the map: a button with its figures, its glow and its badges.

import { html, mark, say, tune } from "./nodes.js";

const QUEUE_SHOWN = 3;
const REPLICAS_SHOWN = 6;
const SILENCE = 15;
const STATE_WORDS = { ok: "healthy", warn: "degraded", critical: "critical", idle: "idle" };
const BREAKER_BADGES = { open: "OPEN", half_open: "HALF-OPEN" };
const BREAKER_WORDS = { open: "breaker open", half_open: "breaker half-open" };

/** The card of one service; built once, then only touched where a figure has changed. */
export class ServiceCard {
  /**
   * @param {string} name
   * @param {(name: string) => void} open what a click does.
   */
  constructor(name, open) {
    this.name = name;
    this.glow = html("div", { class: "map-glow", "aria-hidden": "true" });
    this.node = html("button", { class: "map-card", type: "button", "data-testid": `service-${name}` });
    this.node.addEventListener("click", () => open(name));
    this.label = html("span", { class: "map-name" });
    this.replicas = html("span", { class: "map-replicas" });
    this.rate = figure("map-rate");
    this.wait = figure("map-wait");
    this.load = html("span", { class: "map-load" }, html("span", { class: "map-fill" }));
    this.heat = html("span", { class: "map-heat" });
    this.queue = html("span", { class: "map-badge map-queue", hidden: "" });
    this.breaker = html("span", { class: "map-badge map-breaker", hidden: "" });
    const body = html("span", { class: "map-body" },
      html("span", { class: "map-line" }, this.label, this.replicas),
      html("span", { class: "map-line map-figures" }, this.rate.node, this.wait.node),
      html("span", { class: "map-line map-foot" }, this.load, this.heat));
    body.setAttribute("aria-hidden", "true");
    this.node.append(body, this.queue, this.breaker);
  }

  /** Put the card and its glow where the layout wants them. */
  place({ x, y, width, height }) {
    const { style } = this.node;
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.transform = `translate(${x}px, ${y}px)`;
    tune(this.glow, "--x", `${x + width / 2}px`);
    tune(this.glow, "--y", `${y + height / 2}px`);
    tune(this.glow, "--w", `${width * 2.7}px`);
    tune(this.glow, "--h", `${height * 4}px`);
  }

  /**
   * Show how the service stands.
   *
   * @param {object} now a `ServiceNow`.
   * @param {{share: (now: object) => number, full: number, digits: number}} unit of the heat.
   */
  show(now, unit) {
    this.now = now;
    mark(this.node, "data-state", now.state);
    say(this.label, now.label);
    this.showReplicas(now.replicas);
    this.rate.show(...rateOf(now.rate_per_s));
    this.wait.show(...waitOf(now.p99_ms));
    this.showLoad(now.utilisation);
    this.showHeat(unit.share(now), unit);
    badge(this.queue, now.queue >= QUEUE_SHOWN ? `Q ${short(now.queue)}` : "");
    badge(this.breaker, BREAKER_BADGES[now.breaker] ?? "");
    mark(this.breaker, "data-breaker", now.breaker);
    this.tell(now);
  }

  /** Words change with the state at once, with figures only now and then: they are read aloud. */
  tell(now) {
    const shape = `${now.state} ${now.breaker}`;
    if (this.told === shape && this.silence++ < SILENCE) return;
    this.told = shape;
    this.silence = 0;
    mark(this.node, "aria-label", inWords(now));
  }

  showReplicas(replicas) {
    const many = replicas.length > REPLICAS_SHOWN;
    const up = replicas.filter((replica) => replica.state === "UP").length;
    const shape = many ? `${up}/${replicas.length}` : replicas.map((replica) => replica.state).join(" ");
    if (this.shape === shape) return;
    this.shape = shape;
    const dots = replicas.map(({ state }) => html("i", { class: "map-dot", "data-replica": state }));
    this.replicas.replaceChildren(...(many ? [shape] : dots));
  }

  showLoad(share) {
    const percent = Math.round(100 * Math.min(1, share));
    tune(this.load, "--load", `${percent}%`);
    mark(this.load, "data-load", percent >= 90 ? "full" : percent >= 75 ? "high" : "fair");
  }

  showHeat(share, { full, digits }) {
    const heat = Math.min(1, share / full);
    say(this.heat, `${(100 * share).toFixed(digits)} %`);
    mark(this.heat, "data-heat", heat >= 0.6 ? "hot" : heat >= 0.2 ? "warm" : "cool");
    const step = heat < 0.02 ? 0 : Math.max(4, Math.round(heat * 25) * 4);
    tune(this.glow, "--heat", String(step));
    mark(this.glow, "data-cold", step ? null : "");
  }
}

/** A number and its unit, in two tones. */
function figure(name) {
  const value = html("b");
  const unit = html("small");
  const show = (number, word) => {
    say(value, number);
    say(unit, word);
  };
  return { node: html("span", { class: name }, value, unit), show };
}

function badge(node, text) {
  mark(node, "hidden", text ? null : "");
  if (text) say(node, text);
}

/** A rate in words: [number, unit]. */
export function rateOf(perSecond) {
  if (perSecond === 0) return ["0", "tx/s"];
  return [perSecond < 9.95 ? perSecond.toFixed(1) : short(Math.round(perSecond)), "tx/s"];
}

function waitOf(ms) {
  if (ms === null || ms === undefined) return ["–", "p99"];
  return [latencyOf(ms), "p99"];
}

/** A time in words, as short as a card needs it. */
export function latencyOf(ms) {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 99_500 ? `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s` : `${Math.round(ms / 60_000)} min`;
}

function short(count) {
  return count < 10_000 ? String(count) : `${Math.round(count / 1000)}k`;
}

/** A share as a percentage in words. */
export function percentOf(share, digits = 1) {
  return `${(100 * share).toFixed(digits)} %`;
}

/** What somebody hears who cannot see the card. */
function inWords(now) {
  const up = now.replicas.filter((replica) => replica.state === "UP").length;
  const parts = [
    `${now.label}, ${STATE_WORDS[now.state]}`,
    now.replicas.length ? `${up} of ${now.replicas.length} replicas up` : "",
    `${Math.round(now.rate_per_s)} per second`,
    now.p99_ms === null ? "" : `p99 ${latencyOf(now.p99_ms)}`,
    `utilisation ${Math.round(100 * now.utilisation)} %`,
    `leakage ${percentOf(now.leak_share)}`,
    now.error_share >= 0.001 ? `errors ${percentOf(now.error_share)}` : "",
    now.queue >= QUEUE_SHOWN ? `${now.queue} waiting` : "",
    BREAKER_WORDS[now.breaker] ?? "",
  ];
  return parts.filter(Boolean).join(", ");
}
