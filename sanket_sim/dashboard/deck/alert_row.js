// One alert of the list: its shape, words, time and topic.

import { icon, make, setAttribute, setText } from "./dom.js";
import { clock, instant, span } from "./format.js";

/** A shape for each severity, so that colour is never alone: paths on a 16 × 16 grid. */
const SHAPES = {
  critical: "M8 1.1 15.6 14.6H.4ZM7.1 5.6v4.2h1.8V5.6ZM7.1 11v1.8h1.8V11Z",
  warn: "M8 .3 15.7 8 8 15.7.3 8ZM7.1 4.2v4.7h1.8V4.2ZM7.1 10.2v1.8h1.8v-1.8Z",
  ok: "M8 .6a7.4 7.4 0 1 0 0 14.8A7.4 7.4 0 0 0 8 .6ZM7.1 6.9v4.9h1.8V6.9ZM7.1 4v1.8h1.8V4Z",
  idle: "M8 .6a7.4 7.4 0 1 0 0 14.8A7.4 7.4 0 0 0 8 .6ZM4.4 7.1v1.8h7.2V7.1Z",
};
const SEVERITY_WORDS = { critical: "Critical", warn: "Warning", ok: "Information", idle: "Note" };

/** A row and the alert that it shows. */
export class AlertRow {
  /** @param {(alert: object) => void} open what a click does. */
  constructor(open) {
    this.shape = make("span", { class: "alerts-shape" });
    this.severity = make("span", { class: "visually-hidden" });
    this.title = make("span", { class: "alerts-title" });
    this.detail = make("span", { class: "alerts-detail" });
    this.time = make("time", { class: "alerts-time" });
    this.topic = make("span", { class: "alerts-topic" });
    this.button = make("button", { class: "alerts-row", type: "button" },
      this.shape, this.severity, this.title, this.time, this.detail, this.topic);
    this.button.addEventListener("click", () => open(this.alert));
    this.node = make("li", {}, this.button);
  }

  /**
   * Show an alert.
   *
   * @param {object} alert an `Alert`.
   * @param {string|undefined} start local time at which the run began.
   */
  fill(alert, start) {
    if (this.alert === alert) return;
    this.alert = alert;
    const isOver = alert.end_ns !== null;
    setAttribute(this.button, "data-testid", `alert-${alert.alert_id}`);
    setAttribute(this.node, "data-severity", alert.severity);
    setAttribute(this.node, "data-over", isOver ? "" : null);
    this.showShape(alert.severity);
    setText(this.title, alert.title);
    const lasted = isOver && alert.end_ns > alert.begin_ns ? `over after ${span(alert.end_ns - alert.begin_ns)}` : "";
    const detail = [lasted, alert.detail].filter(Boolean).join(" · ");
    setText(this.detail, detail);
    setAttribute(this.button, "title", `${alert.title}\n${detail}`);
    setText(this.time, clock(instant(start, alert.begin_ns)));
    setText(this.topic, alert.topic);
  }

  showShape(severity) {
    if (this.shown === severity) return;
    this.shown = severity;
    const picture = icon(SHAPES[severity] ?? SHAPES.idle, 16);
    picture.firstChild.setAttribute("fill-rule", "evenodd");
    this.shape.replaceChildren(picture);
    setText(this.severity, `${SEVERITY_WORDS[severity] ?? ""}: `);
  }
}
