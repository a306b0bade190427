import { make, setStyle, setText } from "./dom.js";
import * as format from "./format.js";
import { SHOWN_NS } from "./points.js";

const LANES_MAX = 3;

/** The run from its start to its end: what has gone by, what disturbs it, and when. */
export class Timeline {
  static styles = new URL("timeline.css", import.meta.url);

  constructor(host, deck) {
    this.deck = deck;
    this.begin = make("span", "", "–");
    this.end = make("span", "", "–");
    this.elapsed = make("div", "time-elapsed");
    this.drain = make("div", "time-drain");
    this.drainWord = make("span", "time-drain-word", "draining");
    this.playhead = make("div", "time-head");
    this.windows = make("div", "time-windows");
    this.card = make("div", "time-card");
    this.card.dataset.testid = "disturbance-details";
    this.card.hidden = true;
    const ground = make("div", "time-ground", this.elapsed, this.drain);
    this.bar = make("div", "time-bar", ground, this.drainWord, this.windows, this.playhead);
    this.reach = this.#reachButton();
    host.append(this.begin, this.bar, this.end, this.reach);
    this.#listen();
  }

  /** @param {{run: object, disturbances: object[]}} body of the topic `metrics` */
  update({ run, disturbances }) {
    this.run = run;
    this.#label(run);
    const share = (ns) => `${(100 * Math.min(1, ns / run.end_ns)).toFixed(2)}%`;
    setStyle(this.elapsed, "width", share(run.now_ns));
    setStyle(this.playhead, "left", share(run.now_ns));
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

  /** Lay windows into lanes, anew only when there are others than before. */
  #place(disturbances) {
    const key = disturbances.map((d) => `${d.fault_id} ${d.begin_ns} ${d.end_ns} ${d.pending}`).join();
    if (key === this.key) return;
    this.key = key;
    const laid = lanesOf(disturbances, this.run.end_ns);
    setStyle(this.bar, "--lanes", String(Math.max(1, ...laid.map(({ lane }) => lane + 1))));
    this.windows.replaceChildren(...laid.map((place) => this.#window(place)));
    this.card.hidden = true;
  }

  #window({ disturbance, lane, begin, end, room }) {
    const element = make("button", "time-window", make("span", "time-window-word", wordOf(disturbance)));
    element.type = "button";
    element.dataset.testid = `disturbance-${disturbance.fault_id}`;
    element.dataset.pending = String(Boolean(disturbance.pending));
    element.dataset.trap = String(disturbance.trap);
    element.dataset.commanded = String(disturbance.by !== "experiment");
    element.setAttribute("aria-label", `${wordOf(disturbance)}, ${this.#when(disturbance)}`);
    setStyle(element, "--lane", String(lane));
    setStyle(element, "left", `${(100 * begin).toFixed(2)}%`);
    setStyle(element, "width", `${(100 * (end - begin)).toFixed(2)}%`);
    setStyle(element, "--room", `${((100 * (room - begin)) / (end - begin)).toFixed(1)}%`);
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
    const { deck, card } = this;
    const lines = [make("h3", "", wordOf(disturbance)), make("p", "", this.#when(disturbance))];
    const author = disturbance.by === "experiment" ? "planned" : `commanded by ${disturbance.by}`;
    const kind = disturbance.trap ? "Trap" : "Fault";
    lines.push(make("p", "", `${kind}, ${author}, ${this.#phase(disturbance)}`));
    if (deck.state.metrics.services.some(({ name }) => name === disturbance.target)) {
      lines.push(this.#more(disturbance.target));
    }
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

function wordOf({ label, trap, by }) {
  const said = trap && !label.startsWith("trap") ? `Trap: ${label}` : label;
  const whole = said.charAt(0).toUpperCase() + said.slice(1);
  return by === "experiment" ? whole : `${whole} (by ${by})`;
}

/**
 * Give every window a lane in which it meets no other; what finds none shares the last.
 *
 * @returns {{disturbance: object, lane: number, begin: number, end: number, room: number}[]}
 *   as shares of the run; up to `room` a label may run on
 */
function lanesOf(disturbances, endNs) {
  const order = [...disturbances].sort((a, b) => a.trap - b.trap || a.begin_ns - b.begin_ns);
  const lanes = [];
  const laid = order.map((disturbance) => {
    const begin = Math.min(1, disturbance.begin_ns / endNs);
    const end = Math.min(1, disturbance.end_ns / endNs);
    const meets = (taken) => taken.some((other) => begin < other.end && end > other.begin);
    let lane = lanes.findIndex((taken) => !meets(taken));
    if (lane < 0) lane = Math.min(lanes.length, LANES_MAX - 1);
    (lanes[lane] ??= []).push({ begin, end });
    return { disturbance, lane, begin, end };
  });
  return laid.map((place) => ({ ...place, room: roomOf(place, laid) }));
}

function roomOf({ lane, begin, end }, laid) {
  const next = laid.filter((other) => other.lane === lane && other.begin > begin);
  return Math.max(end, Math.min(1, ...next.map((other) => other.begin)));
}
