import { make, setAttribute, setStyle, setText } from "./dom.js";
import * as format from "./format.js";
import { SHOWN_NS } from "./points.js";
import { lanesOf } from "./timeline_lanes.js";

/** Of a label: what a letter takes, and what it keeps clear at both ends. [px] */
const LETTER_PX = 6.1;
const EDGES_PX = 16;
/** A label with less room says nothing. */
const LABEL_LEAST_PX = 44;

/** The run from its start to its end: what has gone by, what disturbs it, and when. */
export default class Timeline {
  static styles = new URL("timeline.css", import.meta.url);

  constructor(host, deck) {
    this.deck = deck;
    this.begin = make("span", "", "–");
    this.end = make("span", "", "–");
    this.elapsed = make("div", "time-elapsed");
    this.warm = make("div", "time-warm");
    this.warmWord = make("span", "time-warm-word", "warm-up");
    this.drain = make("div", "time-drain");
    this.drainWord = make("span", "time-drain-word", "draining");
    this.playhead = make("div", "time-head");
    this.windows = make("div", "time-windows");
    this.card = make("div", "time-card");
    this.card.dataset.testid = "disturbance-details";
    this.card.hidden = true;
    const ground = make("div", "time-ground", this.elapsed, this.warm, this.drain);
    this.marks = make("div", "time-marks");
    this.marks.setAttribute("aria-hidden", "true");
    this.more = this.#moreButton();
    this.bar = make("div", "time-bar", ground, this.warmWord, this.drainWord, this.marks, this.windows,
      this.playhead, this.more);
    this.reach = this.#reachButton();
    host.append(this.begin, this.bar, this.end, this.reach);
    new ResizeObserver(([entry]) => this.#resize(entry.contentRect.width)).observe(this.bar);
    this.#listen();
  }

  /** @param {{run: object, disturbances: object[]}} body of the topic `metrics` */
  update({ run, disturbances }) {
    this.run = run;
    this.#label(run);
    const share = (ns) => `${(100 * Math.min(1, ns / run.end_ns)).toFixed(2)}%`;
    setStyle(this.elapsed, "width", share(run.now_ns));
    setStyle(this.playhead, "left", share(run.now_ns));
    setStyle(this.warm, "width", share(run.counts_from_ns));
    setStyle(this.warmWord, "width", share(run.counts_from_ns));
    setAttribute(this.warm, "title",
      `Warm-up: until ${format.clock(format.instant(run.start, run.counts_from_ns))} nothing is counted`);
    setStyle(this.drain, "left", share(run.duration_ns));
    setStyle(this.drain, "right", "0");
    setStyle(this.drainWord, "left", share(run.duration_ns));
    this.#place(disturbances);
    this.#showReach(run);
  }

  #reachButton() {
    const button = make("button", "time-reach");
    button.type = "button";
    button.dataset.testid = "charts-reach";
    button.title = "What the charts show: the last minutes, or the whole run";
    button.addEventListener("click", () => {
      this.deck.reach = this.deck.reach === "last" ? "whole" : "last";
    });
    return button;
  }

  /** For windows that find no lane: they are listed, and marked where they begin. */
  #moreButton() {
    const button = make("button", "time-more");
    button.type = "button";
    button.hidden = true;
    button.dataset.testid = "disturbances-more";
    for (const event of ["pointerenter", "focus", "click"]) {
      button.addEventListener(event, () => this.#openRest(button));
    }
    return button;
  }

  #showReach(run) {
    const last = this.deck.reach === "last";
    setText(this.reach, last ? `Charts: last ${SHOWN_NS / 60e9} min` : "Charts: whole run");
    this.reach.hidden = run.end_ns <= SHOWN_NS;
  }

  #label(run) {
    const [begin, end] = [0, run.end_ns].map((ns) => format.instant(run.start, ns));
    const days = run.end_ns > 20 * 3600e9;
    const say = days ? (date) => `${format.day(date)} ${format.hourMinute(date)}` : format.hourMinute;
    setText(this.begin, say(begin));
    setText(this.end, say(end));
  }

  /** The width is kept: to read it while drawing would force a layout. */
  #resize(width) {
    if (width !== this.width) this.key = "";
    this.width = width;
  }

  /** Lay windows into lanes, anew only when there are others than before. */
  #place(disturbances) {
    const key = disturbances.map((d) => `${d.fault_id} ${d.begin_ns} ${d.end_ns} ${d.pending}`).join();
    if (key === this.key) return;
    this.key = key;
    const lengthOf = (one) => (wordOf(one).length * LETTER_PX + EDGES_PX) / (this.width || 1);
    const { laid, over } = lanesOf(disturbances, this.run.end_ns, lengthOf);
    const lanes = Math.max(1, ...laid.map(({ lane }) => lane + 1));
    setStyle(this.bar, "--lanes", String(lanes));
    setAttribute(this.bar, "data-dense", lanes > 2 ? "" : null);
    this.windows.replaceChildren(...laid.map((place) => this.#window(place)));
    this.#leave(over);
    const warm = this.run.counts_from_ns / this.run.end_ns;
    this.warmWord.hidden = !warm || laid.some(({ lane, begin }) => lane === 0 && begin < warm);
    this.marks.replaceChildren(...disturbances.filter(isCommanded).map((one) => this.#mark(one)));
    this.card.hidden = true;
  }

  #leave(over) {
    this.over = over;
    this.more.hidden = !over.length;
    setText(this.more, `+${over.length} more`);
    setAttribute(this.more, "aria-label",
      [`${over.length} more`, ...over.map((one) => `${wordOf(one)}, ${this.#when(one)}`)].join("; "));
  }

  /** A command leaves a small mark where it was given, whether its window has a lane or not. */
  #mark({ begin_ns: begin }) {
    const mark = make("i");
    setStyle(mark, "left", `${(100 * Math.min(1, begin / this.run.end_ns)).toFixed(2)}%`);
    return mark;
  }

  #openRest(button) {
    const lines = this.over.map((one) => make("p", "", make("b", "", wordOf(one)), ` ${this.#when(one)}`));
    this.#show(button, [make("h3", "", "Also on the time-line"), ...lines]);
  }

  #window({ disturbance, lane, begin, end, room }) {
    const element = make("button", "time-window", make("span", "time-window-word", wordOf(disturbance)));
    element.type = "button";
    element.dataset.testid = `disturbance-${disturbance.fault_id}`;
    element.dataset.pending = String(Boolean(disturbance.pending));
    element.dataset.trap = String(disturbance.trap);
    element.dataset.commanded = String(isCommanded(disturbance));
    element.setAttribute("aria-label", `${wordOf(disturbance)}, ${this.#when(disturbance)}`);
    setStyle(element, "--lane", String(lane));
    setStyle(element, "left", `${(100 * begin).toFixed(2)}%`);
    setStyle(element, "width", `${(100 * (end - begin)).toFixed(2)}%`);
    setStyle(element, "--room", `${((100 * (room - begin)) / (end - begin)).toFixed(1)}%`);
    element.firstChild.hidden = (room - begin) * this.width < LABEL_LEAST_PX;
    for (const event of ["pointerenter", "focus", "click"]) {
      element.addEventListener(event, () => this.#open(element, disturbance));
    }
    return element;
  }

  #when({ begin_ns, end_ns }) {
    const last = Math.min(end_ns, this.run.end_ns);
    const [from, until] = [begin_ns, last].map((ns) => format.instant(this.run.start, ns));
    return `${format.clock(from)} to ${format.clock(until)}, ${format.span(last - begin_ns)}`;
  }

  #open(element, disturbance) {
    const { deck } = this;
    const lines = [make("h3", "", wordOf(disturbance)), make("p", "", this.#when(disturbance))];
    const author = !isCommanded(disturbance) ? "planned" : `commanded by ${disturbance.by}`;
    const kind = disturbance.trap ? "Trap" : "Fault";
    lines.push(make("p", "", `${kind}, ${author}, ${this.#phase(disturbance)}`));
    if (deck.state.metrics.services.some(({ name }) => name === disturbance.target)) {
      lines.push(this.#more(disturbance.target));
    }
    this.#show(element, lines);
  }

  #show(element, lines) {
    const { card } = this;
    card.replaceChildren(...lines);
    card.hidden = false;
    if (card.previousSibling !== element) element.after(card);
    const room = this.bar.clientWidth - card.offsetWidth;
    setStyle(card, "left", `${Math.max(0, Math.min(element.offsetLeft, room))}px`);
  }

  #phase({ begin_ns, end_ns }) {
    const now = this.run.now_ns;
    return now < begin_ns ? "still to come" : now < end_ns ? "active now" : "over";
  }

  #more(target) {
    const button = make("button", "", `Inspect ${target}`);
    button.type = "button";
    button.addEventListener("click", () => this.deck.inspect("service", target));
    return button;
  }

  #listen() {
    const close = () => (this.card.hidden = true);
    this.bar.addEventListener("pointerleave", close);
    this.bar.addEventListener("keydown", (event) => event.key === "Escape" && close());
    this.bar.addEventListener("focusout", (event) => {
      if (!this.bar.contains(event.relatedTarget)) close();
    });
  }
}

function isCommanded({ by }) {
  return by !== "experiment";
}

function wordOf({ label, trap, by }) {
  const said = trap && !label.startsWith("trap") ? `Trap: ${label}` : label;
  const whole = said.charAt(0).toUpperCase() + said.slice(1);
  return by === "experiment" ? whole : `${whole} (by ${by})`;
}
