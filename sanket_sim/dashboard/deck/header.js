import { icon, make, makeSvg, setAttribute, setText } from "./dom.js";
import * as format from "./format.js";
import { sentence } from "./notices.js";

const STATES = {
  empty: ["No flight", "idle"],
  starting: ["Starting", "idle"],
  ready: ["Ready", "idle"],
  running: ["Running", "ok"],
  paused: ["Paused", "warn"],
  measuring: ["Measuring", "ok"],
  ended: ["Ended", "idle"],
  failed: ["Failed", "critical"],
};
const PULSE = "M4 13h4l2.2-6 4 11.5L16.8 13H22";
const BALANCED = "M8 .9l6 2.3v4.3c0 3.6-2.5 6.4-6 7.6-3.5-1.2-6-4-6-7.6V3.2L8 .9zm3.2 4.6L7.2 9.6 5 7.4 4 8.5l3.2 3.1 5-5.1-1-1z";
const BROKEN = "M8 1.2c.4 0 .8.2 1 .6l6 11c.4.8-.1 1.7-1 1.7H2c-.9 0-1.4-.9-1-1.7l6-11c.2-.4.6-.6 1-.6zM7.2 5.6v4h1.6v-4H7.2zm0 5.2v1.7h1.6v-1.7H7.2z";
const HALF = "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 3v10A5 5 0 0 1 8 3z";
const VIEWS = { resilience: "Resilience", fraud: "Fraud" };

/** The run bar: what flies, when it is there, how fast, and whether money is conserved. */
export default class Header {
  static styles = new URL("header.css", import.meta.url);

  constructor(host, deck) {
    this.deck = deck;
    this.scenario = said("Scenario", "scenario");
    this.experiment = said("Experiment", "experiment");
    this.clock = said("Simulated time", "clock");
    this.pace = make("span", "said-pace");
    this.pace.dataset.testid = "speed-reached";
    this.clock.block.firstChild.append(this.pace);
    this.seal = badge("seal");
    this.flight = badge("flight-state");
    this.flight.prepend(make("span", "dot"));
    const chips = make("div", "head-chips", this.seal, this.flight, this.switches());
    const space = make("div", "head-space");
    const blocks = [this.scenario, this.experiment, space, this.clock];
    host.append(brand(), ...blocks.map((b) => b.block ?? b), this.controls(), chips);
    this.restyle();
  }

  /** @param {{run: object}} body of the topic `metrics` */
  update({ run }) {
    setText(this.scenario.value.firstChild, run.title || run.experiment);
    setText(this.question, sentence(run.question));
    setAttribute(this.scenario.block, "title", sentence(run.question));
    setText(this.experiment.value.firstChild, run.file || run.experiment);
    setText(this.seed, `seed ${run.seed}`);
    setAttribute(this.experiment.block, "title", `${run.file || run.experiment}, seed ${run.seed}`);
    this.#tick(run);
    this.#judge(run);
  }

  restyle() {
    const { theme } = this.deck.dataset;
    const other = theme === "dark" ? "light" : "dark";
    setAttribute(this.theme, "aria-label", `Switch to the ${other} theme`);
    setAttribute(this.theme, "title", `Switch to the ${other} theme`);
  }

  #tick(run) {
    const now = format.instant(run.start, run.now_ns);
    setText(this.now, `${format.day(now)}  ${format.clockTenths(now)}`);
    const asked = format.times(run.speed);
    const moves = run.state === "running";
    setText(this.pace, moves ? `${format.times(run.speed_reached)} of ${asked}` : asked);
  }

  #judge(run) {
    const lost = this.deck.away;
    const [word, state] = lost ? ["Offline", "warn"] : (STATES[run.state] ?? [run.state, "idle"]);
    setText(this.flight.lastChild, word);
    setAttribute(this.flight, "data-state", state);
    setAttribute(this.flight, "data-flight", run.state);
    this.#seal(run.conserved);
    for (const button of this.viewButtons) {
      setAttribute(button, "aria-pressed", String(button.value === this.deck.view));
    }
  }

  #seal(conserved) {
    if (conserved === this.conserved) return;
    this.conserved = conserved;
    this.seal.replaceChildren(
      icon(conserved ? BALANCED : BROKEN),
      make("span", "", conserved ? "Money conserved" : "Money not conserved"),
    );
    this.seal.dataset.state = conserved ? "ok" : "critical";
    this.seal.title = conserved
      ? "Laws L1 to L6 hold so far: no money was made or destroyed by the simulation itself. Breaks that the bank's reconciliation finds are another matter"
      : "A law of money (L1 to L6) has been broken: the run has ended with it";
  }

  controls() {
    const slot = make("slot");
    slot.name = "controls";
    const place = make("div", "head-controls", slot);
    const fill = () => place.classList.toggle("filled", slot.assignedElements().length > 0);
    slot.addEventListener("slotchange", fill);
    return place;
  }

  /** The deck's own switches, for hosts without controls of theirs. */
  switches() {
    return make("div", "head-chips own", this.#viewSwitch(), this.#themeButton());
  }

  #viewSwitch() {
    this.viewButtons = Object.entries(VIEWS).map(([view, word]) => {
      const button = press(word, `view-${view}`, () => this.deck.choose("view", view));
      button.value = view;
      button.setAttribute("aria-pressed", String(view === this.deck.view));
      return button;
    });
    const group = make("div", "switch", ...this.viewButtons);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "View");
    return group;
  }

  #themeButton() {
    const turn = () =>
      this.deck.choose("theme", this.deck.dataset.theme === "dark" ? "light" : "dark");
    this.theme = press(icon(HALF), "theme", turn);
    this.theme.className = "theme-button";
    return this.theme;
  }

  get question() {
    return this.scenario.value.lastChild;
  }

  get now() {
    return this.clock.value.firstChild;
  }

  get seed() {
    return this.experiment.value.lastChild;
  }
}

function press(content, testid, action) {
  const button = make("button", "", content);
  button.type = "button";
  button.dataset.testid = testid;
  button.addEventListener("click", action);
  return button;
}

function said(label, name) {
  const value = make("div", "said-value", make("span"), make("span", "quiet"));
  value.dataset.testid = name;
  const block = make("div", `said said-${name}`, make("div", "said-label", label), value);
  return { block, value };
}

function badge(testid) {
  const element = make("div", "badge", make("span"));
  element.dataset.testid = testid;
  return element;
}

function brand() {
  const circle = makeSvg("circle", { cx: 13, cy: 13, r: 12 });
  const drawing = [circle, makeSvg("path", { d: PULSE })];
  const box = { viewBox: "0 0 26 26", width: 26, height: 26, class: "brand-mark" };
  const mark = makeSvg("svg", { ...box, "aria-hidden": "true" }, ...drawing);
  const name = make("h1", "brand-name", "sanket", make("span", "brand-role", "flight deck"));
  return make("div", "brand", mark, name);
}
