import { make } from "./dom.js";
import { Link } from "./link.js";
import { Notices } from "./notices.js";
import { Points } from "./points.js";
import { adopt, loadFont, sheetAt } from "./sheets.js";
import { onSystemTheme, resolveTheme, tokensOf } from "./themes.js";

const STYLES = ["tokens.css", "deck.css"].map((name) => new URL(name, import.meta.url));
const TOPICS = ["metrics", "transactions", "fraud_alerts", "alerts", "agents"];

/** What stands where: module, topic, the element it fills and what that is called. */
const PARTS = [
  { name: "header", topic: "metrics", tag: "header", style: "head", title: "Run" },
  { name: "timeline", topic: "metrics", tag: "section", style: "time", title: "Time-line" },
  { name: "tiles", topic: "metrics", tag: "section", style: "tiles", title: "Key figures" },
  { name: "map", topic: "metrics", tag: "section", style: "card", title: "Service map" },
  { name: "charts", topic: "metrics", tag: "section", style: "charts", title: "Charts" },
  { name: "feed", topic: "transactions", tag: "section", style: "card", title: "Payments" },
  { name: "alerts", topic: "alerts", tag: "section", style: "card", title: "Alerts" },
  { name: "agents", topic: "agents", tag: "section", style: "card", title: "Agents" },
  { name: "desk", topic: "fraud_alerts", tag: "section", style: "card", title: "Fraud desk" },
];
const SHOWN_IN = {
  resilience: ["map", "charts", "feed", "alerts", "agents"],
  fraud: ["feed", "agents", "desk"],
};

/**
 * The flight deck: everything that moves, as one element.
 *
 * Attributes: `ws` (address of the socket), `theme` ("dark", "light", "auto"), `view`
 * ("resilience", "fraud"), `truth` (present: ground truth is shown), `report` (address of the
 * report of a run that has ended). Slot `controls`: the host's run controls, in the header.
 *
 * Events: `sanket-inspect` {kind, key} when somebody wants to see more of something;
 * `sanket-play` when somebody accepts the invitation to begin;
 * `sanket-painted` {sequence, sent_ms} once a frame of metrics is on the screen; `sanket-view` and
 * `sanket-theme` {value} when the deck's own switches are used.
 */
export class SanketDeck extends HTMLElement {
  static observedAttributes = ["ws", "theme", "view", "truth"];

  /** Latest body by topic. */
  state = {};
  /** Every point of the charts. */
  points = new Points();
  /** Colours of the present theme, for canvases. */
  tokens = {};
  /** "connecting", "open" or "lost". */
  connection = "connecting";

  #parts = new Map();
  #dirty = new Set();
  #envelopes = new Map();
  #sequences = new Map();
  #arrived = false;
  #frame = 0;
  #runId = null;
  #reach = "";
  #styled;
  #undo = [];

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#applyTheme();
    this.#undo = [onSystemTheme(() => this.#applyTheme()), this.#watchVisibility()];
    this.#connect();
  }

  disconnectedCallback() {
    for (const undo of this.#undo) undo();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.link?.close();
  }

  attributeChangedCallback(name, before, now) {
    if (!this.shadowRoot || before === now) return;
    if (name === "ws") this.#connect();
    if (name === "theme") this.#applyTheme();
    if (name === "view") this.#applyView();
    if (name === "truth") this.#touchAll();
  }

  /** Where the flight stands, `frames.RunStatus`; undefined before the first frame. */
  get run() {
    return this.state.metrics?.run;
  }

  /** What the charts show: the "last" minutes or the "whole" run. */
  get reach() {
    return this.#reach || (this.run?.state === "ended" ? "whole" : "last");
  }

  set reach(reach) {
    this.#reach = reach;
    this.#touchAll();
  }

  /** Whether ground truth is shown. */
  get truth() {
    return this.hasAttribute("truth");
  }

  /** "resilience" or "fraud". */
  get view() {
    return this.getAttribute("view") === "fraud" ? "fraud" : "resilience";
  }

  /**
   * Ask the host to show more of something.
   *
   * @param {"service" | "agent" | "payment" | "campaign" | "alert"} kind
   * @param {string | number} key
   */
  inspect(kind, key) {
    this.#tell("sanket-inspect", { kind, key: String(key) });
  }

  /** Ask the host to let the run go on: it has the controls. */
  play() {
    this.#tell("sanket-play", {});
  }

  /** Change the view or the theme, as the header's own switches do. */
  choose(name, value) {
    this.setAttribute(name, value);
    this.#tell(`sanket-${name}`, { value });
  }

  /** The host's own controls, as far as it has slotted any. */
  get hostControls() {
    return [...this.children].filter((child) => child.slot === "controls");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    this.main = make("main", "main");
    this.frame = make("div", "frame");
    this.frame.hidden = true;
    root.append(this.frame);
    this.notices = new Notices(this);
    this.#layOut();
    this.#applyView();
    this.#styled = adopt(root, ...STYLES);
    Promise.allSettled([this.#styled, loadFont()]).then(() => this.#reveal());
    for (const part of PARTS) this.#mount(part);
  }

  #layOut() {
    const [head, time, tiles, ...cards] = PARTS.map((part) => this.#hostOf(part));
    this.main.append(...cards, this.notices.invitation);
    this.frame.append(head, time, this.notices.strip, tiles, this.main, this.notices.pill);
  }

  #hostOf({ name, tag, style, title }) {
    const host = make(tag, style);
    host.dataset.testid = `card-${name}`;
    host.dataset.part = name;
    host.setAttribute("aria-label", title);
    return host;
  }

  #reveal() {
    this.frame.hidden = false;
    this.#applyTheme();
    this.#touchAll();
  }

  async #mount({ name, topic, title }) {
    const host = this.frame.querySelector(`[data-part="${name}"]`);
    const part = { topic, host, title, name, made: null };
    this.#parts.set(name, part);
    await this.#guarded(part, async () => {
      const module = await import(`./${name}.js`);
      part.Part = module.default;
      await this.#wear(part.Part.styles);
      part.made = new part.Part(host, this);
      this.#dirty.add(topic);
      this.#schedule();
    });
  }

  /** A part's own styles, one sheet or several, always after the deck's. */
  async #wear(styles = []) {
    const sheets = [styles].flat();
    sheets.forEach(sheetAt);
    await this.#styled;
    await adopt(this.shadowRoot, ...sheets);
  }

  async #guarded(part, action) {
    try {
      await action();
    } catch (error) {
      this.#break(part, error);
    }
  }

  #break(part, error) {
    console.error(`The part ${part.name} of the deck failed:`, error);
    part.made = null;
    const said = make("p", "broken", `${part.title} cannot be shown: ${error.message}`);
    said.setAttribute("role", "alert");
    part.host.replaceChildren(said);
  }

  #applyTheme() {
    this.dataset.theme = resolveTheme(this.getAttribute("theme"));
    this.tokens = tokensOf(this);
    for (const part of this.#parts.values()) {
      this.#try(part, () => part.made?.restyle?.(this.tokens));
    }
    this.#touchAll();
  }

  #applyView() {
    this.main.dataset.view = this.view;
    for (const card of this.main.querySelectorAll(":scope > [data-part]")) {
      card.hidden = !SHOWN_IN[this.view].includes(card.dataset.part);
    }
    this.#touchAll();
  }

  #connect() {
    this.link?.close();
    this.link = new Link(this.getAttribute("ws") ?? "/ws", TOPICS, {
      message: (message) => this.#take(message),
      state: (state) => this.#connection(state),
    });
    this.link.open();
  }

  #connection(state) {
    this.connection = state;
    if (state === "open") this.#arrive();
    this.#dirty.add("metrics");
    this.notices.show();
    this.#schedule();
  }

  /** Whether there was a connection, or should be one, and there is none. */
  get away() {
    return this.connection === "lost" || this.connection === "refused";
  }

  #watchVisibility() {
    const changed = () => (document.hidden ? this.link.close() : this.link.open());
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }

  /** A connection is new: a server that was started again may count from the beginning. */
  #arrive() {
    this.#arrived = true;
    this.#sequences.clear();
  }

  #take(message) {
    const { topic, run_id, body } = message;
    if (run_id !== this.#runId) this.#begin(run_id);
    if (topic === "history") return this.#takeHistory(body);
    if (!TOPICS.includes(topic) || this.#isStale(message)) return;
    if (topic === "metrics" && this.#wentBack(body)) this.#forget();
    if (topic === "metrics") this.points.add(body.points, body.point_ns);
    this.state[topic] = body;
    this.#envelopes.set(topic, message);
    this.#dirty.add(topic);
    this.#schedule();
  }

  #takeHistory(body) {
    this.points.clear();
    this.points.add(body.points);
    this.notices.show();
  }

  #isStale({ topic, sequence }) {
    const last = this.#sequences.get(topic) ?? -1;
    this.#sequences.set(topic, Math.max(last, sequence));
    return sequence < last;
  }

  /** Whether a server has begun anew behind our back: the same number, an earlier time. */
  #wentBack({ run }) {
    const back = this.#arrived && this.run !== undefined && run.now_ns < this.run.now_ns;
    this.#arrived = false;
    return back;
  }

  /** Another run has begun: forget the last one. */
  #begin(runId) {
    const first = this.#runId === null;
    this.#runId = runId;
    this.#sequences.clear();
    this.points.clear();
    if (!first) this.#forget();
  }

  #forget() {
    this.state = {};
    for (const part of this.#parts.values()) this.#renew(part);
  }

  #renew(part) {
    if (!part.Part) return;
    if (part.made?.clear) return this.#try(part, () => part.made.clear());
    part.made?.destroy?.();
    const host = part.host.cloneNode(false);
    part.host.replaceWith(host);
    part.host = host;
    this.#try(part, () => (part.made = new part.Part(host, this)));
  }

  #touchAll() {
    for (const topic of Object.keys(this.state)) this.#dirty.add(topic);
    this.#schedule();
  }

  #schedule() {
    if (this.#frame || document.hidden || this.frame?.hidden) return;
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const dirty = new Set(this.#dirty);
    this.#dirty.clear();
    this.notices.show();
    for (const part of this.#parts.values()) {
      if (dirty.has(part.topic) && !part.host.hidden) this.#update(part);
    }
    if (dirty.has("metrics") && this.#envelopes.has("metrics")) this.#painted();
  }

  #update(part) {
    const body = this.state[part.topic];
    if (body) this.#try(part, () => part.made?.update(body));
  }

  #try(part, action) {
    try {
      action();
    } catch (error) {
      this.#break(part, error);
    }
  }

  /** Tell once the frame is on the screen: a message's task runs after the paint. */
  #painted() {
    const { sequence, sent_ms } = this.#envelopes.get("metrics");
    this.#envelopes.delete("metrics");
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      this.#tell("sanket-painted", { sequence, sent_ms });
    };
    port2.postMessage(null);
  }
}

if (!customElements.get("sanket-deck")) customElements.define("sanket-deck", SanketDeck);
