// The transaction feed: the newest payments, with their risk, decision and reasons.

import { cardHead, fitRows, keepInOrder, make, setAttribute, setText } from "./dom.js";
import { number } from "./format.js";
import { COLUMNS, PREFIXES, PaymentRow, nameOf, reasonsOf } from "./feed_row.js";
import { PaymentStore } from "./feed_store.js";

const ROWS = 60;
const ROW_LEAST_PX = 25;
const STEP_MS = 450;
/** With more kinds than that a narrow card has room for their names alone. */
const CHIPS_WITH_COUNTS = 5;
const VERDICTS = [
  ["ok", "OK"],
  ["review", "Review"],
  ["step-up", "Step-up"],
  ["decline", "Decline"],
  ["blocked", "Blocked"],
  ["leaked", "Leaked"],
  ["failed", "Failed"],
  ["refused", "Refused"],
];
const MOVES = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index) => index + 8,
  PageUp: (index) => index - 8,
  Home: () => 0,
  End: () => ROWS,
};

/** The part that shows the topic `transactions`. */
export default class Feed {
  static styles = new URL("feed.css", import.meta.url);

  constructor(host, deck) {
    this.deck = deck;
    this.store = new PaymentStore();
    this.wanted = new Set();
    this.rows = Array.from({ length: ROWS }, () => new PaymentRow((kind, key) => deck.inspect(kind, key)));
    this.processed = 0;
    this.admitted = -STEP_MS;
    host.classList.add("feed");
    host.setAttribute("aria-label", "Transaction feed");
    host.append(this.head(), this.table(), this.foot());
    fitRows(this.scroller, ROW_LEAST_PX, () => this.header.offsetHeight);
    this.listen();
  }

  /** Show a frame: rows that are new since the last one, or rows seen before. */
  update(body) {
    if (body.processed < this.processed) this.startOver();
    this.processed = body.processed;
    setText(this.note, `${number(body.processed)} processed`);
    setAttribute(this.note, "title", "Since the start of the run, warm-up included");
    this.store.queue(body.rows);
    this.move();
  }

  startOver() {
    this.store.clear();
    this.shown = 0;
    this.admitted = -STEP_MS;
    this.paint();
  }

  /** Let new rows in, unless somebody reads, and not more often than eyes can follow. */
  move() {
    if (this.isHeld()) return this.showHeld();
    const all = (this.shown ?? 0) < ROWS / 2 || this.isStill();
    const now = performance.now();
    if (!all && now - this.admitted < STEP_MS) return undefined;
    this.showHeld();
    if (!this.store.admit(all)) return undefined;
    this.admitted = now;
    return this.paint();
  }

  /** Whether the run stands: what a step brings is shown whole. */
  isStill() {
    const state = this.deck.state?.metrics?.run.state;
    return state !== undefined && state !== "running";
  }

  isHeld() {
    return this.isPointed || this.isFocused;
  }

  showHeld() {
    const count = this.isHeld() ? this.store.missed : 0;
    this.held.hidden = !this.isHeld() || !this.shown;
    setText(this.held, count ? `Paused · ${number(count)} new` : "Paused");
  }

  /** Bring the rows in line with the store; rows that stay keep their node and are only moved. */
  paint() {
    const start = this.deck.state?.metrics?.run.start;
    const wanted = this.store.newest(this.wanted, ROWS);
    const holders = new Map(this.rows.map((row) => [row.row?.tx_id, row]));
    const kept = new Set(wanted.map((row) => holders.get(row.tx_id)));
    const free = this.rows.filter((row) => !kept.has(row));
    this.rows = wanted.map((row) => holders.get(row.tx_id) ?? filled(free.pop(), row, start));
    for (const row of free) row.fill(null);
    this.rows.push(...free);
    keepInOrder(this.tbody, this.rows.map(({ node }) => node));
    this.shown = wanted.length;
    setAttribute(this.empty, "hidden", this.shown ? "" : null);
    this.count();
  }

  count() {
    const many = VERDICTS.filter(([verdict]) => this.store.count(verdict)).length > CHIPS_WITH_COUNTS;
    setAttribute(this.group, "data-many", many ? "" : null);
    for (const [verdict, chip] of this.chips) {
      const count = this.store.count(verdict);
      setText(chip.lastChild, number(count));
      setAttribute(chip, "title", `${number(count)} among the latest payments`);
      setAttribute(chip, "data-none", count ? null : "");
    }
    setText(this.empty, this.wanted.size ? "None of these among the latest payments" : "No payment has ended yet");
    if (!this.rows.some((row) => row.node.tabIndex === 0 && !row.node.hidden)) this.rove(0, false);
  }

  head() {
    const head = cardHead("Transaction feed", "");
    this.note = head.note;
    this.chips = new Map(VERDICTS.map(([verdict, label]) => [verdict, this.chip(verdict, label)]));
    this.group = make("span", { class: "feed-chips", role: "group", "aria-label": "Show only" }, ...this.chips.values());
    head.aside.append(this.group);
    return head.row;
  }

  chip(verdict, label) {
    const chip = make("button", {
      class: "feed-chip", type: "button", "aria-pressed": "false", "data-none": "",
      "data-verdict": verdict, "data-testid": `feed-filter-${verdict}`,
    }, label, " ", make("small", {}, "0"));
    chip.addEventListener("click", () => this.toggle(verdict, chip));
    return chip;
  }

  toggle(verdict, chip) {
    if (!this.wanted.delete(verdict)) this.wanted.add(verdict);
    chip.setAttribute("aria-pressed", String(this.wanted.has(verdict)));
    this.scroller.scrollTop = 0;
    this.paint();
  }

  table() {
    const heads = COLUMNS.map(([key, label]) => make("th", { class: `feed-${key}`, scope: "col" },
      make("span", { class: `feed-before-${key}` }, PREFIXES[key] ?? ""), label));
    this.header = make("thead", {}, make("tr", {}, ...heads));
    this.tbody = make("tbody", {}, ...this.rows.map((row) => row.node));
    const table = make("table", { role: "grid", "aria-label": "Newest payments" }, this.header, this.tbody);
    this.empty = make("p", { class: "feed-empty" }, "No payment has ended yet");
    this.scroller = make("div", { class: "feed-rows", "data-testid": "feed" }, table, this.empty);
    return this.scroller;
  }

  foot() {
    this.tip = make("div", { class: "feed-tip", "aria-hidden": "true", hidden: "" });
    this.held = make("button", { class: "feed-held", type: "button", hidden: "", "data-testid": "feed-held" });
    this.held.addEventListener("click", () => this.release());
    return make("div", { class: "feed-foot" }, this.tip, this.held);
  }

  listen() {
    const { scroller, tbody } = this;
    scroller.addEventListener("pointerenter", () => this.hold("isPointed", true));
    scroller.addEventListener("pointerleave", () => this.hold("isPointed", false));
    tbody.addEventListener("focusin", (event) => this.hold("isFocused", true, event));
    tbody.addEventListener("focusout", (event) => this.hold("isFocused", tbody.contains(event.relatedTarget)));
    tbody.addEventListener("pointerover", (event) => this.explain(this.rowAt(event.target)));
    tbody.addEventListener("click", (event) => this.open(event.target));
    tbody.addEventListener("keydown", (event) => this.press(event));
  }

  hold(what, on, event) {
    this[what] = on;
    if (event) this.explain(this.rowAt(event.target));
    if (!this.isHeld()) this.follow();
    this.move();
  }

  /** Nobody reads: back to the newest. */
  follow() {
    this.explain(null);
    this.scroller.scrollTop = 0;
  }

  release() {
    this.isPointed = false;
    this.isFocused = false;
    this.follow();
    this.move();
  }

  rowAt(node) {
    const tr = node.closest("tr");
    return this.rows.find((row) => row.node === tr && row.row) ?? null;
  }

  /** Say why below (or above) a row; rows without reasons need none. */
  explain(row) {
    const reasons = row ? reasonsOf(row.row) : "";
    this.tip.hidden = !reasons;
    if (!reasons) return;
    setText(this.tip, `${nameOf(row.row.tx_id)} ${row.row.verdict}: ${reasons}`);
    const [box, home] = [row.node.getBoundingClientRect(), this.tip.offsetParent.getBoundingClientRect()];
    const below = box.bottom - home.top + 4;
    const fits = below + this.tip.offsetHeight < home.height;
    this.tip.style.top = `${Math.round(fits ? below : box.top - home.top - this.tip.offsetHeight - 4)}px`;
  }

  open(target) {
    const row = this.rowAt(target);
    if (row) this.deck.inspect("payment", String(row.row.tx_id));
  }

  press(event) {
    const index = this.rows.findIndex((row) => row.node.contains(event.target));
    if (event.key === "Enter" && event.target === this.rows[index]?.node) this.open(event.target);
    else if (MOVES[event.key]) this.rove(MOVES[event.key](index), true);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.sidle(index, event);
    else return;
    event.preventDefault();
  }

  /** One row at a time can be reached by Tab. */
  rove(index, focus) {
    const last = this.rows.filter((row) => row.row).length - 1;
    const chosen = Math.max(0, Math.min(last, index));
    this.rows.forEach((row, at) => {
      row.node.tabIndex = at === chosen ? 0 : -1;
    });
    if (focus && last >= 0) this.rows[chosen].node.focus();
  }

  /** Left and right go through a row's names. */
  sidle(index, event) {
    const { node } = this.rows[index];
    const stops = [node, ...node.querySelectorAll("button:enabled")];
    const step = event.key === "ArrowRight" ? 1 : -1;
    stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(event.target) + step))].focus();
  }
}

function filled(holder, row, start) {
  holder.fill(row, start);
  return holder;
}
