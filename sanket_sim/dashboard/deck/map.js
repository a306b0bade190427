// The service map: cards on the model's coordinates, the calls between them, and the heat behind.

import { cardHead, make, setAttribute, setText } from "./dom.js";
import { latency, percent, roughly } from "./format.js";
import { EdgeLayer } from "./map_edges.js";
import { ServiceCard, rateOf } from "./map_card.js";
import { layOut } from "./map_layout.js";
import { keyOf } from "./map_routes.js";

/** What the glow behind the cards can mean: `full` is the share at which it is hottest. */
const UNITS = {
  leakage: {
    label: "Leakage",
    hint: "Leaks by root service, per 100 payments",
    share: (now) => now.leak_share,
    state: ({ judged }) => judged.leaks,
    say: percent,
    full: 0.05,
  },
  load: {
    label: "Load",
    hint: "Busy workers as a share of all",
    share: (now) => now.utilisation,
    state: ({ judged }) => judged.utilisation,
    say: roughly,
    full: 1,
  },
  errors: {
    label: "Errors",
    hint: "Attempts that failed, per 100",
    share: (now) => now.error_share,
    state: ({ judged }) => judged.errors,
    say: percent,
    full: 0.1,
  },
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The part that shows `services` and `edges` of the topic `metrics`. */
export default class ServiceMap {
  static styles = ["map", "map_edges", "map_card", "map_finish"].map(
    (name) => new URL(`${name}.css`, import.meta.url),
  );

  constructor(host, deck) {
    this.deck = deck;
    this.unit = UNITS.leakage;
    this.cards = new Map();
    this.edges = new EdgeLayer();
    this.tip = make("div", { class: "map-tooltip", role: "tooltip", hidden: "" });
    this.glows = make("div", { class: "map-glows" });
    this.stage = make("div", { class: "map-stage" }, this.glows, this.edges.node, this.tip);
    this.room = make("div", { class: "map-room" }, this.stage);
    this.empty = make("p", { class: "map-empty" }, "Waiting for the first figures");
    host.classList.add("map");
    host.setAttribute("aria-label", "Service map");
    host.append(this.titleRow(), this.room, this.empty);
    this.listen();
    new ResizeObserver(() => this.arrange()).observe(this.room);
  }

  /** Show a frame of the topic `metrics`. */
  update(body) {
    this.services = body.services;
    this.calls = body.edges;
    this.stretch = body.stretch;
    this.name();
    const shape = this.shapeOf();
    if (shape !== this.shape) this.rebuild(shape);
    this.paint();
  }

  /** What makes a new map necessary: other services, coordinates or edges. */
  shapeOf() {
    const cards = this.services.map(({ name, x, y }) => `${name} ${x} ${y}`);
    return [...cards, ...this.calls.map(keyOf)].join("|");
  }

  rebuild(shape) {
    this.shape = shape;
    const names = new Set(this.services.map((service) => service.name));
    for (const [name, card] of this.cards) if (!names.has(name)) this.drop(name, card);
    for (const name of names) if (!this.cards.has(name)) this.add(name);
    setAttribute(this.empty, "hidden", names.size ? "" : null);
    this.arrange();
  }

  drop(name, card) {
    card.node.remove();
    card.glow.remove();
    this.cards.delete(name);
  }

  add(name) {
    const card = new ServiceCard(name, (service) => this.deck.inspect("service", service));
    this.cards.set(name, card);
    this.glows.append(card.glow);
    this.stage.insertBefore(card.node, this.tip);
  }

  /** Lay everything out for the room there is. */
  arrange() {
    const width = this.room.clientWidth;
    const height = this.room.clientHeight - parseFloat(getComputedStyle(this.room).paddingTop);
    if (!this.services?.length || width <= 0 || height <= 0) return;
    this.layout = layOut(this.services, { width, height });
    this.stage.style.width = `${this.layout.width}px`;
    this.stage.style.height = `${this.layout.height}px`;
    this.stage.style.setProperty("--grow", String(this.layout.card.height > 72 ? this.layout.card.height / 72 : 1));
    setAttribute(this.stage, "data-finish", this.layout.finish);
    for (const [name, card] of this.cards) card.place(this.layout.places.get(name));
    this.edges.place(this.calls, this.layout);
    this.paint();
  }

  paint() {
    for (const now of this.services) this.cards.get(now.name)?.show(now, this.unit);
    this.edges.show(this.calls);
    if (this.lit) this.tell(this.lit);
  }

  titleRow() {
    const head = cardHead("Service map", this.unit.hint);
    this.hint = head.note;
    this.most = make("span", {}, "5 %");
    const legend = make("span", { class: "map-legend", "aria-hidden": "true" },
      make("span", {}, "0"), make("i"), this.most);
    head.aside.append(legend, this.switch());
    return head.row;
  }

  switch() {
    const group = make("span", { class: "map-switch", role: "group", "aria-label": "What the glow shows" });
    for (const [key, { label, hint }] of Object.entries(UNITS)) {
      const pressed = String(UNITS[key] === this.unit);
      const button = make("button", {
        type: "button", "aria-pressed": pressed, title: hint, "data-heat": key, "data-testid": `heat-${key}`,
      }, label);
      button.addEventListener("click", () => this.choose(key, group));
      group.append(button);
    }
    return group;
  }

  choose(key, group) {
    this.unit = UNITS[key];
    for (const button of group.children) {
      button.setAttribute("aria-pressed", String(button.dataset.heat === key));
    }
    this.name();
    setText(this.most, `${100 * this.unit.full} %`);
    if (this.services) this.paint();
  }

  /** Say what the glow means, and of which stretch all rates and shares are. */
  name() {
    setText(this.hint, [this.unit.hint, this.stretch].filter(Boolean).join(" · "));
  }

  listen() {
    this.stage.addEventListener("pointerover", (event) => this.light(nameAt(event)));
    this.stage.addEventListener("pointerleave", () => this.light(this.focused()));
    this.stage.addEventListener("focusin", (event) => this.light(nameAt(event)));
    this.stage.addEventListener("focusout", () => this.light(null));
    this.stage.addEventListener("keydown", (event) => this.step(event));
  }

  focused() {
    return [...this.cards].find(([, card]) => card.node.matches(":focus-visible"))?.[0] ?? null;
  }

  light(name) {
    const lit = name ?? this.focused();
    if (lit === this.lit) return;
    this.lit = lit;
    this.edges.light(lit);
    setAttribute(this.tip, "hidden", lit === null ? "" : null);
    if (lit !== null) this.tell(lit);
  }

  /** Fill the tooltip: every way to and from a service, with its rate and errors. */
  tell(name) {
    const lines = this.calls.filter((edge) => edge.caller === name || edge.callee === name && edge.caller !== name);
    lines.sort((a, b) => (a.callee === name ? 0 : 1) - (b.callee === name ? 0 : 1) || b.rate_per_s - a.rate_per_s);
    const { now } = this.cards.get(name);
    while (this.tip.children.length < lines.length + 2) this.tip.append(make("p"));
    setText(this.tip.children[0], now.label);
    setText(this.tip.children[1], summaryOf(now));
    [...this.tip.children].slice(2).forEach((line, index) => this.tellEdge(line, lines[index], name));
    this.placeTip(this.layout.places.get(name));
  }

  tellEdge(line, edge, name) {
    setAttribute(line, "hidden", edge ? null : "");
    if (!edge) return;
    const inward = edge.callee === name;
    const other = inward ? edge.caller : edge.callee;
    const label = other === "client" ? "Customers" : this.cards.get(other)?.now.label ?? other;
    setText(line, `${inward ? "←" : "→"} ${label} · ${wordsOf(edge)}`);
  }

  /** Beside the card, on the side with more room, and never outside. */
  placeTip({ x, y, width, height }) {
    const { offsetWidth: wide, offsetHeight: high } = this.tip;
    const toRight = x + width / 2 < this.layout.width / 2;
    const left = toRight ? x + width + 10 : x - wide - 10;
    const top = y + height / 2 - high / 2;
    const within = (value, most) => Math.round(Math.max(4, Math.min(value, most - 4)));
    const [across, down] = [within(left, this.layout.width - wide), within(top, this.layout.height - high)];
    this.tip.style.transform = `translate(${across}px, ${down}px)`;
  }

  /** Arrow keys go to the next card in that direction. */
  step(event) {
    const way = ARROWS[event.key];
    const name = nameAt(event);
    if (!way || !name) return;
    event.preventDefault();
    const next = this.neighbour(this.layout.places.get(name), way);
    if (next) this.cards.get(next.name).node.focus();
  }

  neighbour(from, [dx, dy]) {
    const steps = [...this.layout.places.values()].map((place) => {
      const [across, down] = [place.column - from.column, place.row - from.row];
      return { name: place.name, ahead: across * dx + down * dy, aside: Math.abs(across * dy) + Math.abs(down * dx) };
    });
    const open = steps.filter(({ ahead }) => ahead > 0);
    return open.sort((a, b) => a.ahead + 2 * a.aside - b.ahead - 2 * b.aside)[0];
  }
}

function nameAt(event) {
  return event.target.closest?.(".map-card")?.dataset.service ?? null;
}

function summaryOf(now) {
  const wait = now.p50_ms === null ? "no calls yet" : `p50 ${latency(now.p50_ms)} · p95 ${latency(now.p95_ms)}`;
  const busy = `${roughly(now.utilisation)} busy`;
  return [busy, wait, now.leaked ? `${now.leaked} leaked so far` : ""].filter(Boolean).join(" · ");
}

function wordsOf({ rate_per_s: rate, error_share: errors, retry_share: retries, breaker }) {
  if (rate === 0 && breaker !== "open") return "no calls now";
  const words = [`${rateOf(rate)[0]}/s`];
  if (errors >= 0.0005) words.push(`${percent(errors)} errors`);
  if (retries >= 0.0005) words.push(`${percent(retries)} retries`);
  if (breaker === "open" || breaker === "half_open") words.push(`breaker ${breaker.replace("_", "-")}`);
  return words.join(" · ");
}
