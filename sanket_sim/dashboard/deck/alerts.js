// The alerts: open ones first, the newest before the older; ended ones stay, muted.

import { AlertRow } from "./alert_row.js";
import { cardHead, keepInOrder, make, setAttribute, setStyle, setText } from "./dom.js";

const ROWS_MOST = 80;
const SILENCE_MS = 6000;

/** The part that shows the topic `alerts`. */
export default class AlertList {
  static styles = new URL("alerts.css", import.meta.url);

  constructor(host, deck) {
    this.deck = deck;
    this.rows = new Map();
    this.topics = [];
    this.told = null;
    this.untold = [];
    this.spoken = -SILENCE_MS;
    host.classList.add("alerts");
    this.list = make("ul", { class: "alerts-list", tabindex: "-1", "data-testid": "alerts" });
    this.empty = make("p", { class: "alerts-empty" }, "Nothing to report");
    this.voice = make("p", { class: "visually-hidden", "aria-live": "polite", "data-testid": "alerts-voice" });
    this.room = make("div", { class: "alerts-room" }, this.list);
    host.append(this.head(), this.room, this.empty, this.voice);
    new ResizeObserver(() => this.fit()).observe(this.room);
  }

  /** Show a frame. */
  update(body) {
    this.body = body;
    this.showBadge(body);
    this.offer(body.alerts);
    this.paint();
    this.announce(body.alerts);
  }

  paint() {
    const start = this.deck.state?.metrics?.run.start;
    const wanted = this.body.alerts.filter((alert) => !this.filter.value || alert.topic === this.filter.value);
    const shown = [...wanted].sort(byUrgency).slice(0, ROWS_MOST);
    const ids = new Set(shown.map((alert) => alert.alert_id));
    for (const [id, row] of this.rows) if (!ids.has(id)) this.drop(id, row);
    keepInOrder(this.list, shown.map((alert) => this.rowOf(alert, start).node));
    setAttribute(this.empty, "hidden", shown.length ? "" : null);
    this.fit();
  }

  /** Fill the room with whole rows: one that is cut off at rest looks broken. */
  fit() {
    const room = this.room.clientHeight;
    const heights = [...this.list.children].map((row) => row.firstChild.getBoundingClientRect().height);
    let [end, whole] = [0, 0];
    while (whole < heights.length && end + heights[whole] <= room) end += heights[whole++];
    const air = whole && whole < heights.length ? (room - end) / whole : 0;
    setStyle(this.list, "--air", `${air.toFixed(2)}px`);
  }

  drop(id, row) {
    row.node.remove();
    this.rows.delete(id);
  }

  rowOf(alert, start) {
    const row = this.rows.get(alert.alert_id) ?? new AlertRow(({ alert_id: id }) => this.deck.inspect("alert", id));
    this.rows.set(alert.alert_id, row);
    row.fill(alert, start);
    return row;
  }

  head() {
    const head = cardHead("Alerts", "");
    this.badge = make("span", { class: "alerts-badge", "data-testid": "alerts-open" });
    head.note.replaceWith(this.badge);
    this.filter = make("select", { class: "alerts-filter", "aria-label": "Topic", "data-testid": "alerts-filter" },
      make("option", { value: "" }, "All topics"));
    this.filter.addEventListener("change", () => this.paint());
    head.aside.append(this.filter);
    return head.row;
  }

  showBadge({ open, alerts }) {
    const severities = alerts.filter((alert) => alert.end_ns === null).map((alert) => alert.severity);
    const worst = ["critical", "warn"].find((severity) => severities.includes(severity)) ?? "ok";
    setText(this.badge, `${open} open`);
    setAttribute(this.badge, "data-severity", open ? worst : "none");
  }

  /** Offer every topic that has been heard of. */
  offer(alerts) {
    for (const topic of new Set(alerts.map((alert) => alert.topic))) {
      if (this.topics.includes(topic)) continue;
      this.topics.push(topic);
      this.filter.append(make("option", { value: topic }, topicWord(topic)));
    }
  }

  /** Read new critical alerts out, several at once rather than often; never those found on arrival. */
  announce(alerts) {
    const open = alerts.filter((alert) => alert.severity === "critical" && alert.end_ns === null);
    const isFirst = this.told === null;
    this.told ??= new Set();
    const fresh = open.filter((alert) => !this.told.has(alert.alert_id));
    for (const alert of fresh) this.told.add(alert.alert_id);
    if (!isFirst) this.untold.push(...fresh);
    this.speak();
  }

  speak() {
    const now = performance.now();
    if (!this.untold.length || now - this.spoken < SILENCE_MS) return;
    this.spoken = now;
    setText(this.voice, this.untold.map((alert) => `Critical: ${alert.title}. ${alert.detail}`).join(". "));
    this.untold = [];
  }
}

function topicWord(topic) {
  return topic === "SLO" ? topic : topic[0] + topic.slice(1).toLowerCase();
}

function byUrgency(a, b) {
  const over = Number(a.end_ns !== null) - Number(b.end_ns !== null);
  return over || b.begin_ns - a.begin_ns || b.alert_id - a.alert_id;
}
