// The fraud desk: how well fraud is found, what waits for an analyst, and what another threshold means.

import { CaseFile } from "./desk_case.js";
import { AlertQueue } from "./desk_queue.js";
import { WhatIf } from "./desk_whatif.js";
import { cardHead, make, setText } from "./dom.js";
import { money, number, percent } from "./format.js";

const FIGURES = [
  {
    key: "recall",
    label: "Recall",
    value: ({ recall }) => percent(recall),
    note: ({ caught, missed }) => `${number(caught)} caught · ${number(missed)} missed`,
  },
  {
    key: "precision",
    label: "Precision",
    value: ({ precision }) => percent(precision),
    note: ({ false_alarms: wrong }) => `${number(wrong)} false alarms`,
  },
  {
    key: "stopped",
    label: "Money stopped",
    value: ({ stopped_minor: minor, currency }) => whole(minor, currency),
    note: () => "attempts refused",
  },
  {
    key: "lost",
    label: "Money lost",
    value: ({ lost_minor: minor, currency }) => whole(minor, currency),
    note: () => "taken from owners",
  },
];

/**
 * The part that shows the topic `fraud_alerts`, in the view "fraud".
 *
 * Recall, precision, money and the what-if are measured against the truth at all times; who of the
 * people in the queue is guilty, and campaigns that the bank has not found, only with the switch.
 */
export class Desk {
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
    const start = this.deck.run?.start ?? "1970-01-01T00:00:00";
    setText(this.head.note, `${number(body.waiting)} alerts wait for an analyst`);
    for (const { node, figure } of this.figures) fill(node, figure, body);
    const truth = this.deck.truth;
    this.queue.show(body, { start, truth });
    this.whatIf.show(body);
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

function fill({ children: [, value, note] }, figure, body) {
  setText(value, figure.value(body));
  setText(note, figure.note(body));
}

/** An amount without its cents: on the desk nobody looks at them. */
function whole(minor, currency) {
  return currency ? money(minor, currency).replace(/[.]\d+$/, "") : number(minor);
}
