// The fraud desk: how well fraud is found, what waits for an analyst, and what another threshold means.

import { CaseFile } from "./desk_case.js";
import { AlertQueue } from "./desk_queue.js";
import { WhatIf } from "./desk_whatif.js";
import { cardHead, make, setAttribute, setText } from "./dom.js";
import { UNKNOWN, clock, instant, number, percent, wholeMoney } from "./format.js";

const FIGURES = [
  {
    key: "recall",
    label: "Recall",
    value: ({ recall }) => percent(recall),
    note: ({ caught, missed }) => `${number(caught)} caught · ${number(missed)} missed`,
    of: "Fraudulent payments declined or asked for a second factor, of all that could have been",
  },
  {
    key: "precision",
    label: "Precision",
    value: ({ precision }) => percent(precision),
    note: ({ false_alarms: wrong }) => `${number(wrong)} false alarm${wrong === 1 ? "" : "s"}`,
    of: "Fraud among the payments that were declined or asked for a second factor",
  },
  {
    key: "stopped",
    label: "Money stopped",
    value: ({ stopped_minor: minor, currency }) => wholeMoney(minor, currency),
    note: () => "fraud refused",
    of: "Amounts of fraudulent payments refused on suspicion, at every stage: stolen money passed on " +
      "is among them, and what was tried again counts again",
  },
  {
    key: "lost",
    label: "Money lost",
    value: ({ lost_minor: minor, currency }) => wholeMoney(minor, currency),
    note: () => "taken from owners",
    of: "Amounts of fraudulent payments that took money from its owner, and were executed",
  },
];

/**
 * The part that shows the topic `fraud_alerts`, in the view "fraud".
 *
 * Recall, precision, money and the what-if are measured against the truth at all times; who of the
 * people in the queue is guilty, and campaigns that the bank has not found, only with the switch.
 */
export default class Desk {
  static styles = new URL("desk.css", import.meta.url);

  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} deck
   */
  constructor(host, deck) {
    this.deck = deck;
    this.queue = new AlertQueue((kind, key) => deck.inspect(kind, key));
    this.whatIf = new WhatIf();
    this.file = new CaseFile((kind, key) => deck.inspect(kind, key));
    host.classList.add("desk");
    this.head = cardHead("Fraud desk");
    this.head.aside.append(this.queue.filter);
    const lower = make("div", "desk-lower", this.whatIf.node, this.file.node);
    host.append(this.head.row, this.#figures(), this.queue.node, lower);
    this.restyle(deck.tokens);
  }

  /** Show a frame of the topic `fraud_alerts`. */
  update(body) {
    this.body = body;
    const start = this.deck.run?.start;
    const counted = countedOf(body, start);
    const note = [waitingOf(body), counted.said].filter(Boolean).join(" · ");
    setText(this.head.note, note);
    setAttribute(this.head.note, "title", note);
    for (const { node, figure } of this.figures) fill(node, figure, body, counted);
    const truth = this.deck.truth;
    this.queue.show(body, { start, truth });
    this.whatIf.show(body, counted);
    this.file.show(body, { start, truth });
  }

  /** Take the colours of the present theme. */
  restyle(tokens) {
    this.whatIf.restyle(tokens);
  }

  #figures() {
    this.figures = FIGURES.map((figure) => {
      const node = make("div", "desk-figure",
        make("span", "desk-label", figure.label), make("b"), make("span", "desk-note"));
      node.dataset.testid = `desk-${figure.key}`;
      return { node, figure };
    });
    return make("div", "desk-figures", ...this.figures.map(({ node }) => node));
  }
}

function waitingOf({ waiting, in_review: taken }) {
  const wait = waiting === 1 ? "1 alert waits" : `${number(waiting)} alerts wait`;
  return `${wait} for an analyst` + (taken ? `, ${number(taken)} in review` : "");
}

/** Which payments the figures are of: the findings leave the warm-up out, and so do they. */
function countedOf({ counts_from_ns: fromNs, warming_up: warming }, start) {
  if (!fromNs) return { warming, said: "", begin: "" };
  const begin = clock(instant(start, fromNs));
  return { warming, begin, said: warming ? "warming up" : `figures since ${begin}` };
}

function fill(node, figure, body, { warming, begin }) {
  const [, value, note] = node.children;
  setText(value, warming ? UNKNOWN : figure.value(body));
  setText(note, warming ? `counts from ${begin}` : figure.note(body));
  setAttribute(node, "title", [figure.of, begin && `Of payments since ${begin}, without the warm-up`]
    .filter(Boolean).join(". "));
}
