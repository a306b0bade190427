// One row of the transaction feed: built once, then filled with one payment after another.

import { make, setAttribute, setStyle, setText } from "./dom.js";
import { UNKNOWN, clockTenths, instant, latency, money, number, words } from "./format.js";

/** The columns, in order: key, heading. Narrow cards drop some, and `PREFIXES` (see feed.css). */
export const COLUMNS = [
  ["time", "Time"],
  ["tx", "Transaction"],
  ["customer", "Customer"],
  ["payee", "Counterparty"],
  ["type", "Type"],
  ["amount", "Amount"],
  ["latency", "Latency"],
  ["risk", "risk"],
  ["why", "reasons"],
  ["truth", "Truth"],
  ["verdict", "Decision"],
];

/** What headings begin with where there is room for it. */
export const PREFIXES = { risk: "Fraud ", why: "Type or " };

/** A row and the payment that it shows. */
export class PaymentRow {
  /** @param {(kind: string, key: string) => void} open what clicks on names do. */
  constructor(open) {
    this.node = make("tr", { tabindex: "-1", hidden: "" });
    this.cells = Object.fromEntries(COLUMNS.map(([key]) => [key, make("td", { class: `feed-${key}` })]));
    this.node.append(...Object.values(this.cells));
    this.customer = nameButton((id) => open("agent", id));
    this.payee = nameButton((id) => open("agent", id));
    this.cells.customer.append(this.customer.node);
    this.cells.payee.append(this.payee.node);
    this.bar = make("span", { class: "feed-bar", "aria-hidden": "true" }, make("i"));
    this.seconds = make("span", {});
    this.tenths = make("span", { class: "feed-tenths" });
    this.cells.time.append(this.seconds, this.tenths);
    this.score = make("span", {});
    this.cells.risk.append(this.bar, this.score);
    this.pill = make("span", { class: "feed-pill" });
    this.cells.verdict.append(this.pill);
    this.kind = make("span", { class: "feed-kind" });
    this.reason = make("span", { class: "feed-reason" });
    this.cells.why.append(this.kind, this.reason);
  }

  /**
   * Show a payment; null: nothing.
   *
   * @param {object|null} row a `FeedRow`.
   * @param {string|undefined} start local time at which the run began.
   */
  fill(row, start) {
    this.node.hidden = row === null;
    this.row = row;
    if (row === null) return;
    setAttribute(this.node, "data-testid", `feed-row-${row.tx_id}`);
    setAttribute(this.node, "data-verdict", row.verdict);
    setAttribute(this.node, "data-state", row.state);
    this.fillWords(row, start);
    this.fillRisk(row);
    setText(this.pill, row.verdict);
    this.fillReasons(row);
  }

  fillWords(row, start) {
    const { tx, type, amount, latency: wait, truth } = this.cells;
    const time = clockTenths(instant(start, row.at_ns));
    setText(this.seconds, time.slice(0, 8));
    setText(this.tenths, time.slice(8));
    setText(tx, nameOf(row.tx_id));
    this.customer.show(row.customer, row.customer_id);
    this.payee.show(row.counterparty, row.counterparty_id);
    setText(type, row.kind);
    setText(amount, row.amount_minor ? money(row.amount_minor, row.currency) : UNKNOWN);
    setText(wait, latency(row.latency_ms));
    setText(truth, row.truth ? words(row.truth) : "honest");
    setAttribute(truth, "data-fraud", row.truth ? "" : null);
  }

  /** In narrow cards reasons stand where the type does of payments that need none. */
  fillReasons(row) {
    const reasons = reasonsOf(row);
    setText(this.kind, row.kind);
    setText(this.reason, reasons);
    setAttribute(this.cells.why, "data-reason", reasons ? "" : null);
  }

  fillRisk({ risk, risk_state: state }) {
    setText(this.score, number(risk, 2));
    setStyle(this.bar, "--risk", `${Math.round(100 * (risk ?? 0))}%`);
    setAttribute(this.bar, "data-risk", state);
  }
}

/** What people call a payment. */
export function nameOf(txId) {
  return `TX-${String(txId).padStart(7, "0")}`;
}

/** Why a payment was decided as it was, and what leaked, in one line; empty for ordinary ones. */
export function reasonsOf(row) {
  const parts = [...row.reasons];
  if (row.leak_class) {
    const value = row.leak_minor ? `, ${money(row.leak_minor, row.currency)}` : "";
    parts.push(`${words(row.leak_class)}${value}`);
  }
  if (row.root) parts.push(`root ${words(row.root)}`);
  return parts.join(" · ");
}

function nameButton(open) {
  const node = make("button", { type: "button", tabindex: "-1" });
  let id = -1;
  node.addEventListener("click", (event) => {
    event.stopPropagation();
    open(String(id));
  });
  const show = (name, agent) => {
    id = agent;
    setText(node, name || UNKNOWN);
    node.disabled = agent < 0;
  };
  return { node, show };
}
