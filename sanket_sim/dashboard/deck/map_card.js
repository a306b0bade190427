// One service on the map: a button with its figures, its glow and its badges.

import { make, setAttribute, setStyle, setText } from "./dom.js";
import { latency, percent } from "./format.js";

const QUEUE_SHOWN = 3;
const REPLICAS_SHOWN = 6;
const SILENCE = 15;
const STATE_WORDS = { ok: "healthy", warn: "degraded", critical: "critical", idle: "idle" };
const BREAKER_BADGES = { open: ["OPEN", ""], half_open: ["HALF", "-OPEN"] };
const BREAKER_WORDS = { open: "breaker open", half_open: "breaker half-open" };

/** The card of one service; built once, then only touched where a figure has changed. */
export class ServiceCard {
  /**
   * @param {string} name
   * @param {(name: string) => void} open what a click does.
   */
  constructor(name, open) {
    this.name = name;
    this.glow = make("div", { class: "map-glow", "aria-hidden": "true" });
    this.node = make("button", {
      class: "map-card", type: "button", "data-service": name, "data-testid": `service-${name}`,
    });
    this.node.addEventListener("click", () => open(name));
    this.label = make("span", { class: "map-name" });
    this.replicas = make("span", { class: "map-replicas" });
    this.rate = figure("map-rate");
    this.wait = figure("map-wait");
    this.load = make("span", { class: "map-load" }, make("span", { class: "map-fill" }));
    this.heat = make("span", { class: "map-heat" });
    this.queue = make("span", { class: "map-badge map-queue", hidden: "" });
    this.breaker = make("span", { class: "map-badge map-breaker", hidden: "" },
      make("span"), make("span", { class: "map-more" }));
    const body = make("span", { class: "map-body" },
      this.label, this.replicas, this.rate.node, this.wait.node, this.load, this.heat);
    body.setAttribute("aria-hidden", "true");
    this.node.append(body, this.queue, this.breaker);
  }

  /** Put the card and its glow where the layout wants them. */
  place({ x, y, width, height }) {
    const { style } = this.node;
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.transform = `translate(${x}px, ${y}px)`;
    setStyle(this.glow, "--x", `${x + width / 2}px`);
    setStyle(this.glow, "--y", `${y + height / 2}px`);
    setStyle(this.glow, "--w", `${width * 2.7}px`);
    setStyle(this.glow, "--h", `${height * 4}px`);
  }

  /**
   * Show how the service stands.
   *
   * @param {object} now a `ServiceNow`.
   * @param {{share: (now: object) => number, state: (now: object) => string,
   *   say: (share: number) => string, full: number}} unit of the heat.
   */
  show(now, unit) {
    this.now = now;
    setAttribute(this.node, "data-state", now.state);
    setText(this.label, now.label.replace(/ \(.*\)$/, ""));
    this.showReplicas(now.replicas);
    this.rate.show(...rateOf(now.rate_per_s));
    this.wait.show(latency(now.p99_ms), now.p99_ms === null ? "" : "p99");
    this.showLoad(now);
    this.showHeat(now, unit);
    this.showQueue(now.queue);
    this.showBreaker(now.breaker);
    this.tell(now);
  }

  showQueue(waiting) {
    const text = waiting >= QUEUE_SHOWN ? `Q ${short(waiting)}` : "";
    setAttribute(this.queue, "hidden", text ? null : "");
    if (text) setText(this.queue, text);
  }

  showBreaker(state) {
    const texts = BREAKER_BADGES[state];
    setAttribute(this.breaker, "data-breaker", state);
    setAttribute(this.breaker, "hidden", texts ? null : "");
    texts?.forEach((text, index) => setText(this.breaker.children[index], text));
  }

  /** Words change with the state at once, with figures only now and then: they are read aloud. */
  tell(now) {
    const shape = `${now.state} ${now.breaker}`;
    if (this.told === shape && this.silence++ < SILENCE) return;
    this.told = shape;
    this.silence = 0;
    setAttribute(this.node, "aria-label", inWords(now));
  }

  showReplicas(replicas) {
    const many = replicas.length > REPLICAS_SHOWN;
    const up = replicas.filter((replica) => replica.state === "UP").length;
    const shape = many ? `${up}/${replicas.length}` : replicas.map((replica) => replica.state).join(" ");
    if (this.shape === shape) return;
    this.shape = shape;
    const dots = replicas.map(({ state }) => make("i", { class: "map-dot", "data-replica": state }));
    this.replicas.replaceChildren(...(many ? [shape] : dots));
  }

  showLoad({ utilisation, judged }) {
    setStyle(this.load, "--load", `${Math.round(100 * Math.min(1, utilisation))}%`);
    setAttribute(this.load, "data-load", judged.utilisation);
  }

  showHeat(now, { share, state, say, full }) {
    const heat = Math.min(1, share(now) / full);
    setText(this.heat, say(share(now)));
    setAttribute(this.heat, "data-heat", state(now));
    const step = heat < 0.02 ? 0 : Math.max(4, Math.round(heat * 25) * 4);
    setStyle(this.glow, "--heat", String(step));
    setAttribute(this.glow, "data-cold", step ? null : "");
  }
}

/** A number and its unit, in two tones. */
function figure(name) {
  const value = make("b");
  const unit = make("small");
  const show = (number, word) => {
    setText(value, number);
    setText(unit, word);
  };
  return { node: make("span", { class: name }, value, unit), show };
}

/** A rate in words: [number, unit]. */
export function rateOf(perSecond) {
  if (perSecond < 0.05) return [perSecond ? "<0.1" : "0", "tx/s"];
  return [perSecond < 9.95 ? perSecond.toFixed(1) : short(Math.round(perSecond)), "tx/s"];
}

function short(count) {
  return count < 10_000 ? String(count) : `${Math.round(count / 1000)}k`;
}

/** What somebody hears who cannot see the card. */
function inWords(now) {
  const up = now.replicas.filter((replica) => replica.state === "UP").length;
  const parts = [
    `${now.label}, ${STATE_WORDS[now.state]}`,
    now.replicas.length ? `${up} of ${now.replicas.length} replicas up` : "",
    `${Math.round(now.rate_per_s)} per second`,
    now.p99_ms === null ? "" : `p99 ${latency(now.p99_ms)}`,
    `utilisation ${Math.round(100 * now.utilisation)} %`,
    `leakage ${percent(now.leak_share)}`,
    now.error_share >= 0.001 ? `errors ${percent(now.error_share)}` : "",
    now.queue >= QUEUE_SHOWN ? `${now.queue} waiting` : "",
    BREAKER_WORDS[now.breaker] ?? "",
  ];
  return parts.filter(Boolean).join(", ");
}
