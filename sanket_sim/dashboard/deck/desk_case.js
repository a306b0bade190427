// The file of one campaign: when it did what, and what became of it.

import { make, makeSvg, setAttribute, setText } from "./dom.js";
import { clock, instant, money, number, span, words } from "./format.js";

const STAGES_MOST = 5;
const ROW_LEAST_PX = 20;
const ROW_MOST_PX = 34;
const CLOCK_PX = 18;
const FATES = {
  moved: ["moved", "critical", "M6 1.6a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8"],
  stopped: ["stopped", "ok", "M2.2 2.2 9.8 9.8M9.8 2.2 2.2 9.8"],
  failed: ["failed", "muted", "M1.6 6h8.8"],
  step: ["no money", "accent", "M6 2.6v6.8"],
};

/** The chosen campaign: the largest one until somebody chooses another. */
export class CaseFile {
  /** @param {(kind: string, key: string | number) => void} open opens an inspector */
  constructor(open) {
    this.choice = make("select", "desk-filter");
    this.choice.setAttribute("aria-label", "Campaign");
    this.choice.dataset.testid = "desk-case";
    this.choice.addEventListener("change", () => this.#draw());
    this.button = make("button", "desk-open", "Open the file");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.file && open("campaign", this.file.campaign_id));
    this.facts = make("p", "desk-facts");
    this.strip = make("div", "desk-strip");
    this.strip.setAttribute("role", "img");
    this.legend = make("p", "desk-legend", ...Object.values(FATES).map(entryOf));
    this.empty = make("p", "desk-empty");
    this.node = make("section", "desk-case", make("div", "desk-line", this.choice, this.button),
      this.facts, this.strip, this.legend, this.empty);
    this.node.setAttribute("aria-label", "Case time-line");
    new ResizeObserver(() => this.#draw()).observe(this.strip);
  }

  /**
   * Show the campaigns of a frame.
   *
   * @param {object} body a `FraudDesk`
   * @param {{start: string, truth: boolean}} look
   */
  show(body, { start, truth }) {
    this.cases = body.cases.filter((one) => truth || one.found);
    this.start = start;
    this.currency = body.currency;
    const unseen = body.cases.length - this.cases.length;
    setText(this.empty, body.cases.length && unseen
      ? "The bank has found no campaign so far" : "No campaign so far");
    this.#offer();
    this.#draw();
  }

  #offer() {
    const told = this.cases.map(({ campaign_id: id, label, found }) => `${id}|${label}|${found}`).join();
    if (told === this.offered) return;
    this.offered = told;
    const before = this.choice.value;
    this.choice.replaceChildren(...this.cases.map(({ campaign_id: id, label, found }) => {
      const option = make("option", "", found ? label : `${label} · not found`);
      option.value = String(id);
      return option;
    }));
    if (this.cases.some(({ campaign_id: id }) => String(id) === before)) this.choice.value = before;
  }

  get file() {
    return this.cases?.find(({ campaign_id: id }) => String(id) === this.choice.value);
  }

  #draw() {
    const { file } = this;
    for (const node of [this.choice, this.button, this.facts, this.strip, this.legend]) node.hidden = !file;
    this.empty.hidden = Boolean(file);
    if (!file) return;
    const stopped = money(file.stopped_minor, this.currency);
    setText(this.facts, `${paymentsOf(file)} · ${number(file.caught)} caught · ` +
      `${number(file.missed)} missed · ${stopped} stopped · ${money(file.lost_minor, this.currency)} lost`);
    const told = `${file.campaign_id} ${file.payments} ${file.found} ${this.strip.clientWidth} ${this.strip.clientHeight}`;
    if (told === this.drawn || !this.strip.clientWidth) return;
    this.drawn = told;
    this.strip.replaceChildren(this.#timeline(file));
    setAttribute(this.strip, "aria-label", this.#told(file));
  }

  #told({ label, begun_ns: begun, last_ns: last, stages }) {
    const steps = Object.entries(stages).map(([stage, count]) => `${count} ${words(stage)}`);
    return `${label}: ${steps.join(", ")}, within ${span(last - begun)}`;
  }

  #timeline(file) {
    const stages = [...new Set(file.moves.map(({ stage }) => stage))].slice(0, STAGES_MOST);
    const { clientWidth: width, clientHeight: room } = this.strip;
    const fitting = (room - CLOCK_PX) / stages.length;
    const lane = Math.min(ROW_MOST_PX, Math.max(ROW_LEAST_PX, Math.floor(fitting)));
    const height = lane * stages.length + CLOCK_PX;
    const [first, last] = [file.moves[0].at_ns, file.moves.at(-1).at_ns];
    const left = 96;
    const x = (at) => left + ((width - left - 14) * (at - first)) / Math.max(1, last - first);
    const drawing = makeSvg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    stages.forEach((stage, row) => drawing.append(...laneOf(stage, lane * (row + 0.5), left, width)));
    for (const move of file.moves) {
      const row = stages.indexOf(move.stage);
      if (row >= 0) drawing.append(this.#mark(move, x(move.at_ns), lane * (row + 0.5)));
    }
    for (const [at, anchor] of [[first, "start"], [last, "end"]]) {
      const text = makeSvg("text", { x: x(at), y: height - 3, "text-anchor": anchor });
      text.textContent = clock(instant(this.start, at));
      if (first !== last || anchor === "start") drawing.append(text);
    }
    return drawing;
  }

  #mark(move, x, y) {
    const [told, colour, path] = FATES[move.fate];
    const shape = shapeOf(colour, path, move.fate === "moved");
    shape.setAttribute("transform", `translate(${x - 6} ${y - 6})`);
    const title = makeSvg("title");
    title.textContent = `${clock(instant(this.start, move.at_ns))} · ${told}` +
      (move.amount_minor ? ` · ${money(move.amount_minor, move.currency)}` : "");
    shape.append(title);
    return shape;
  }
}

/** How many, and how many of them the figures of the desk leave out. */
function paymentsOf({ payments, uncounted }) {
  const all = `${number(payments)} payment${payments === 1 ? "" : "s"}`;
  if (!uncounted) return all;
  return `${all}, ${uncounted === payments ? "all" : `${number(uncounted)} of them`} in the warm-up`;
}

function laneOf(stage, y, left, width) {
  const label = makeSvg("text", { x: 0, y: y + 4 });
  const name = words(stage) || "payment";
  label.textContent = name.length > 15 ? `${name.slice(0, 14)}…` : name;
  return [label, makeSvg("line", { x1: left, x2: width, y1: y, y2: y })];
}

function shapeOf(colour, path, filled) {
  const ink = `var(--${colour})`;
  return makeSvg("path", { d: path, style: filled
    ? `fill: ${ink}; fill-opacity: 0.75; stroke: var(--card)` : `fill: none; stroke: ${ink}; stroke-width: 1.8` });
}

function entryOf([told, colour, path]) {
  const box = makeSvg("svg", { viewBox: "0 0 12 12", width: 11, height: 11, "aria-hidden": "true" },
    shapeOf(colour, path, told === "moved"));
  return make("span", "desk-entry", box, told);
}
