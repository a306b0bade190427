// The agent view: who pays whom, and which of them are up to something.

import { dotSize, drawScene } from "./agents_draw.js";
import { placeLabels } from "./agents_labels.js";
import { countsOf, dotAt, isCriminal, sceneOf, stopsOf } from "./agents_scene.js";
import { cardHead, make, makeSvg, setAttribute, setText } from "./dom.js";
import { number, words } from "./format.js";
import { showTruth } from "./truth.js";

const ROLES = [
  ["customer", "Customer", "accent", "M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8"],
  ["merchant", "Merchant", "violet", "M1.2 1.2h7.6v7.6h-7.6z"],
  ["mule", "Mule", "warn", "M5 .8 9.5 9h-9z"],
  ["fraudster", "Fraudster", "critical", "M5 .2 9.8 5 5 9.8.2 5z"],
];
const FOUND = "M3 6.2 5.2 8.4 9.4 3.6";
const UNSEEN = "M1 6s2-3.4 5-3.4S11 6 11 6 9 9.4 6 9.4 1 6 1 6M2 2l8 8";
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
/** A label for so much of the board [px²]. */
const AREA_PER_LABEL = 30_000;
const KEYS = "Arrow keys step through suspects, Enter opens one, Escape leaves.";

/**
 * The part that shows the topic `agents`.
 *
 * It shows what the bank sees; the switch on the board adds the ground truth, on the whole deck.
 */
export default class Agents {
  static styles = new URL("agents.css", import.meta.url);

  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} deck
   */
  constructor(host, deck) {
    this.deck = deck;
    this.pills = new Map();
    this.hovered = null;
    this.leaders = [];
    this.places = new Map();
    this.size = { width: 0, height: 0 };
    host.classList.add("agents");
    host.append(this.#head(), this.#room());
    this.#listen();
    new ResizeObserver(() => this.#resize()).observe(this.room);
  }

  /** Show a frame of the topic `agents`. */
  update(body) {
    this.body = body;
    setText(this.head.note, `${number(body.active)} active`);
    this.#draw();
  }

  /** Draw in the colours of the present theme. */
  restyle() {
    this.#draw();
  }

  /** Forget the run that has ended. */
  clear() {
    this.body = undefined;
    this.hovered = null;
    for (const pill of this.pills.values()) pill.remove();
    this.pills.clear();
    this.#wipe();
  }

  /** Whether ground truth is shown. */
  get truth() {
    return this.deck.truth;
  }

  #head() {
    this.head = cardHead("Agents");
    this.legend = make("ul", "agents-legend");
    this.counts = new Map();
    for (const [role, label, colour, path] of ROLES) {
      const shape = makeSvg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
        makeSvg("path", { d: path, style: `fill: var(--${colour})` }));
      const count = make("b");
      this.counts.set(role, count);
      this.legend.append(make("li", "", shape, make("span", "", label), count));
    }
    this.head.aside.append(this.legend);
    return this.head.row;
  }

  #room() {
    this.canvas = make("canvas");
    this.canvas.dataset.testid = "agents-canvas";
    this.board = make("div", "agents-board", this.canvas);
    this.tip = make("div", "agents-tip");
    this.spoken = make("div", "agents-aside");
    this.empty = make("p", "agents-empty", "Waiting for the first payments");
    this.switch = make("button", "agents-truth", "Ground truth");
    this.tip.hidden = true;
    this.#describe();
    this.room = make("div", "agents-room", this.board, this.empty, this.tip, this.spoken, this.switch);
    return this.room;
  }

  #describe() {
    this.board.tabIndex = 0;
    this.board.setAttribute("role", "application");
    this.board.setAttribute("aria-roledescription", "agent map");
    this.spoken.setAttribute("aria-live", "polite");
    this.switch.type = "button";
    this.switch.dataset.testid = "agents-truth";
    this.switch.setAttribute("role", "switch");
    this.switch.title = "Show who truly is a mule or a fraudster, and what the bank has not found";
  }

  #listen() {
    this.board.addEventListener("pointermove", (event) => this.#hover(event));
    this.board.addEventListener("pointerleave", () => this.#point(null));
    this.board.addEventListener("click", () => this.#open());
    this.board.addEventListener("keydown", (event) => this.#key(event));
    this.board.addEventListener("blur", () => this.#point(null));
    this.switch.addEventListener("click", () => {
      showTruth(this.deck, !this.truth);
      this.#draw();
    });
  }

  #resize() {
    const { clientWidth, clientHeight } = this.room;
    const dense = Math.min(3, globalThis.devicePixelRatio || 1);
    this.size = { width: clientWidth, height: clientHeight };
    this.canvas.width = Math.round(clientWidth * dense);
    this.canvas.height = Math.round(clientHeight * dense);
    this.context = this.canvas.getContext("2d");
    this.context.setTransform(dense, 0, 0, dense, 0, 0);
    this.#draw();
  }

  #draw() {
    setAttribute(this.switch, "aria-checked", String(this.truth));
    this.empty.hidden = Boolean(this.body?.dots.length);
    if (!this.body || !this.context || !this.size.width) return;
    this.scene = sceneOf(this.body, this.truth, this.size);
    this.hovered = this.hovered && (this.scene.known.get(this.hovered.agent_id) ?? null);
    this.#count();
    this.#label();
    this.#paint();
  }

  #paint() {
    const { scene, hovered, size } = this;
    const { leaders } = this;
    drawScene(this.context, scene, { ...size, colours: this.deck.tokens, hovered, leaders });
  }

  #wipe() {
    this.context?.clearRect(0, 0, this.size.width, this.size.height);
    this.#point(null);
    this.empty.hidden = false;
    setText(this.head.note, "");
  }

  #count() {
    const counts = countsOf(this.scene.dots);
    for (const [role, node] of this.counts) setText(node, number(counts[role]));
    const found = this.scene.campaigns.filter((campaign) => campaign.found).length;
    setAttribute(this.board, "aria-label",
      `Agents: ${counts.mule} mules and ${counts.fraudster} fraudsters shown, ` +
      `${this.scene.campaigns.length} campaigns, ${found} found by the bank. ${KEYS}`);
  }

  #label() {
    const { campaigns, dots } = this.scene;
    const ids = new Set(campaigns.map((campaign) => campaign.campaign_id));
    for (const [id, pill] of this.pills) if (!ids.has(id)) this.#drop(id, pill);
    const labels = campaigns.map((campaign) => this.#measured(campaign));
    const foremost = this.#foremost(labels);
    const places = placeLabels(foremost, this.size, this.#taken(dots), dots, this.places);
    this.places = places;
    this.leaders = [];
    for (const { campaign } of labels) {
      const place = places.get(campaign.campaign_id);
      if (place) this.leaders.push(...leadersOf(campaign, place));
      const { dataset, style } = this.pills.get(campaign.campaign_id);
      dataset.crowded = String(!place);
      if (place) style.transform = `translate(${place.left}px, ${place.top}px)`;
    }
  }

  /** The found ones first, and no more than there is room for; the others wait for the focus. */
  #foremost(labels) {
    const most = Math.max(2, Math.round((this.size.width * this.size.height) / AREA_PER_LABEL));
    const ranked = [...labels].sort((a, b) => Number(b.campaign.found) - Number(a.campaign.found));
    return ranked.slice(0, most);
  }

  /** Labels keep off the crime's own people, and off the switch. */
  #taken(dots) {
    const reach = 2.2 * dotSize(this.size.width, this.size.height);
    const boxes = dots.filter(isCriminal).map(({ left, top }) => (
      { left: left - reach, top: top - reach, width: 2 * reach, height: 2 * reach }));
    const { offsetLeft: left, offsetTop: top, offsetWidth: width, offsetHeight: height } = this.switch;
    return [...boxes, { left, top, width, height }];
  }

  #measured(campaign) {
    const pill = this.pills.get(campaign.campaign_id) ?? this.#pill(campaign.campaign_id);
    const told = `${campaign.label}|${campaign.found}`;
    if (pill.dataset.told !== told) {
      pill.dataset.told = told;
      pill.dataset.found = String(campaign.found);
      pill.lastChild.textContent = campaign.label;
      pill.firstChild.firstChild.setAttribute("d", campaign.found ? FOUND : UNSEEN);
      pill.setAttribute("aria-label",
        `${campaign.label}, ${campaign.found ? "found by the bank" : "not found yet"}`);
      pill.title = campaign.found ? "Found by the bank" : "Ground truth: the bank has not found it";
      pill.measured = { width: pill.offsetWidth, height: pill.offsetHeight };
    }
    return { campaign, ...pill.measured };
  }

  #pill(id) {
    const mark = makeSvg("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" },
      makeSvg("path", { fill: "none", stroke: "currentColor", "stroke-width": "1.6", "stroke-linecap": "round" }));
    const pill = make("button", "agents-pill", mark, make("span"));
    pill.type = "button";
    pill.dataset.testid = `campaign-${id}`;
    pill.addEventListener("click", () => this.deck.inspect("campaign", id));
    this.room.insertBefore(pill, this.switch);
    this.pills.set(id, pill);
    return pill;
  }

  #drop(id, pill) {
    pill.remove();
    this.pills.delete(id);
  }

  #hover(event) {
    const box = this.canvas.getBoundingClientRect();
    if (!this.scene) return;
    this.#point(dotAt(this.scene.dots, event.clientX - box.left, event.clientY - box.top));
  }

  #key(event) {
    const stops = this.scene ? stopsOf(this.scene.dots) : [];
    if (event.key in STEPS && stops.length) {
      const now = stops.findIndex((dot) => dot.agent_id === this.hovered?.agent_id);
      const next = now < 0 ? 0 : (now + STEPS[event.key] + stops.length) % stops.length;
      this.#point(stops[next]);
      this.spoken.textContent = `${stops[next].name}, ${describe(stops[next])}`;
    } else if (event.key === "Enter" || event.key === " ") this.#open();
    else if (event.key === "Escape") this.#point(null);
    else return;
    event.preventDefault();
  }

  #open() {
    if (this.hovered) this.deck.inspect("agent", this.hovered.agent_id);
  }

  #point(dot) {
    if (dot === this.hovered) return;
    this.hovered = dot;
    this.board.style.cursor = dot ? "pointer" : "";
    this.tip.hidden = !dot;
    if (this.scene && this.context && this.body) this.#paint();
    if (dot) this.#showTip(dot);
  }

  #showTip(dot) {
    this.tip.replaceChildren(dot.name || `Agent ${dot.agent_id}`, make("span", "", describe(dot)));
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const left = dot.left + 14 + width > this.size.width ? dot.left - 14 - width : dot.left + 14;
    const top = Math.min(Math.max(4, dot.top - height / 2), this.size.height - height - 4);
    this.tip.style.transform = `translate(${Math.max(4, left)}px, ${top}px)`;
  }
}

/** From a label to whom it is about: the fraudster, or whoever is nearest. */
function leadersOf({ people }, { left, top, width, height }) {
  const to = people.find(({ role }) => role === "fraudster") ?? people[0];
  if (!to) return [];
  const from = {
    left: Math.min(Math.max(to.left, left + 8), left + width - 8),
    top: Math.min(Math.max(to.top, top + 2), top + height - 2),
  };
  return [{ from, to }];
}

/** What a dot is, in words. */
function describe({ role, state, found }) {
  const said = found && isCriminal({ role }) ? "found" : found ? "in a campaign that was found"
    : isCriminal({ role }) ? "not found by the bank" : state === "warn" ? "an alert is open" : "";
  return [words(role), said].filter(Boolean).join(" · ");
}
