// Alerts before the analysts, each with the evidence for it.

import { fitRows, keepInOrder, make, setAttribute, setText } from "./dom.js";
import { clock, instant, money, number, words } from "./format.js";

const ROWS_MOST = 40;
const ROW_LEAST_PX = 46;
const PROGRESS = {
  waiting: "waiting",
  taken_up: "in review",
  cleared: "cleared",
  confirmed: "confirmed",
  frozen: "account frozen",
};
const DECISIONS = { review: "review", step_up: "step-up", decline: "decline", monitoring: "pattern" };
/** What stands for a reason where no rule has fired. */
const REASONS = { model: "score of the model alone" };
const OPEN = new Set(["waiting", "taken_up"]);

/** The list of alerts; rows are kept and moved, not made anew. */
export class AlertQueue {
  /** @param {(kind: string, key: string | number) => void} open opens an inspector */
  constructor(open) {
    this.open = open;
    this.rows = new Map();
    this.list = make("ul", "desk-list");
    this.list.dataset.testid = "desk-queue";
    this.empty = make("p", "desk-empty", "No alert so far");
    this.node = make("section", "desk-queue", this.list, this.empty);
    this.node.setAttribute("aria-label", "Alerts before the analysts");
    this.filter = this.#filter();
    fitRows(this.list, ROW_LEAST_PX);
  }

  /**
   * Show the alerts of a frame.
   *
   * @param {object} body a `FraudDesk`
   * @param {{start: string, truth: boolean}} look
   */
  show(body, look) {
    this.shown = { body, look };
    const told = body.alerts.filter(({ evidence }) => evidence);
    const wanted = told.filter(({ evidence }) => this.filter.value === "all" || OPEN.has(evidence.progress));
    const alerts = wanted.sort(byUrgency(this.filter.value)).slice(0, ROWS_MOST);
    const ids = new Set(alerts.map(({ alert_id: id }) => id));
    for (const [id, row] of this.rows) if (!ids.has(id)) this.#drop(id, row);
    keepInOrder(this.list, alerts.map((alert) => this.#row(alert, look).node));
    this.empty.hidden = alerts.length > 0;
  }

  #filter() {
    const options = [["all", "Newest first"], ["open", "Open only"], ["score", "Open, highest score"]];
    const select = make("select", "desk-filter");
    for (const [value, label] of options) {
      const option = make("option", "", label);
      option.value = value;
      select.append(option);
    }
    select.setAttribute("aria-label", "Which alerts");
    select.dataset.testid = "desk-filter";
    select.addEventListener("change", () => this.shown && this.show(this.shown.body, this.shown.look));
    return select;
  }

  #drop(id, row) {
    row.node.remove();
    this.rows.delete(id);
  }

  #row(alert, look) {
    const row = this.rows.get(alert.alert_id) ?? new Row(this.open);
    this.rows.set(alert.alert_id, row);
    row.fill(alert, look);
    return row;
  }
}

function byUrgency(order) {
  const newest = (a, b) => b.begin_ns - a.begin_ns || b.alert_id - a.alert_id;
  if (order !== "score") return newest;
  return (a, b) => (b.evidence.score ?? -1) - (a.evidence.score ?? -1) || newest(a, b);
}

class Row {
  constructor(open) {
    this.decision = make("span", "desk-decision");
    this.customer = make("span", "desk-customer");
    this.amount = make("span", "desk-amount");
    this.bar = make("i");
    this.score = make("span", "desk-score", make("span", "desk-bar", this.bar), make("b"));
    this.reasons = make("span", "desk-reasons");
    this.progress = make("span", "desk-progress");
    this.time = make("span", "desk-time");
    this.truth = make("span", "desk-truth");
    this.button = make("button", "desk-row", this.time, this.decision, this.customer, this.amount,
      this.score, this.reasons, this.truth, this.progress);
    this.button.type = "button";
    this.button.addEventListener("click", () => open("payment", this.alert.evidence.tx_id));
    this.node = make("li", "", this.button);
  }

  fill(alert, { start, truth }) {
    const { evidence } = alert;
    this.alert = alert;
    const told = evidence.reasons.map((reason) => REASONS[reason] ?? words(reason)).join(", ");
    this.button.dataset.testid = `fraud-alert-${alert.alert_id}`;
    setAttribute(this.button, "data-state", alert.severity);
    setAttribute(this.button, "data-progress", evidence.progress);
    setText(this.time, clock(instant(start, alert.begin_ns)));
    setText(this.decision, DECISIONS[evidence.decision] ?? words(evidence.decision));
    setText(this.customer, evidence.customer || `payment ${evidence.tx_id}`);
    setText(this.amount, evidence.currency ? money(evidence.amount_minor, evidence.currency) : "");
    setText(this.score.lastChild, evidence.score === null ? "–" : number(evidence.score, 2));
    this.bar.style.width = `${Math.round(100 * (evidence.score ?? 0))}%`;
    setText(this.reasons, told);
    this.reasons.title = told;
    setText(this.progress, PROGRESS[evidence.progress]);
    setText(this.truth, truth ? truthOf(evidence) : "");
    setAttribute(this.truth, "data-fraud", String(Boolean(evidence.truth)));
  }
}

/** Who pays honestly is known when the payment has ended, not before. */
function truthOf({ truth }) {
  if (truth === null) return "not known yet";
  return truth ? words(truth) : "honest";
}
