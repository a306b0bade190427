// What another threshold would have meant: a small chart and a slider over it.

import { init } from "/vendor/echarts.esm.min.js";
import { make, setAttribute, setText } from "./dom.js";
import { number, percent, wholeMoney } from "./format.js";

const LINES = [
  ["Recall", "accent", ({ recall }) => recall, "solid"],
  ["Precision", "ok", ({ precision }) => precision, "dashed"],
  ["Honest flagged", "critical", ({ honest_share: share }) => share, "dotted"],
];
/** Thresholds with their labels, the side of the line on which these stand, and how far above it [px]. */
const MARKS = [["review", "review", "right", 3], ["step_up", "step-up", "left", 3], ["decline", "decline", "center", 15]];

/** The chart with its slider; the present thresholds are marked in it. */
export class WhatIf {
  constructor() {
    this.legend = make("span", "desk-legend");
    this.canvas = make("div", "desk-chart");
    this.canvas.setAttribute("role", "img");
    this.slider = make("input", "desk-slider");
    this.told = make("output", "desk-told");
    this.empty = make("p", "desk-empty");
    this.#describe();
    const heading = make("h3", "desk-heading", "What if flagging began at another score?");
    heading.title = "Every scored payment from there on is flagged, no other: above, fraud that was never scored counts as missed. " +
      "Nobody acts otherwise because of it, and who proves a second factor is paid all the same";
    this.node = make("section", "desk-whatif", make("div", "desk-line", heading, this.legend),
      this.canvas, this.slider, this.told, this.empty);
    new ResizeObserver(() => this.echart?.resize()).observe(this.canvas);
  }

  /**
   * Show the what-if of a frame.
   *
   * @param {object} body a `FraudDesk`
   * @param {{warming: boolean, begin: string}} counted when counting begins
   */
  show(body, { warming, begin }) {
    this.body = body;
    setText(this.empty, warming ? `Warming up: payments count from ${begin}` : "No fraud scored so far");
    this.#fill();
  }

  #fill() {
    const { body } = this;
    this.empty.hidden = body.what_if.length > 0;
    this.canvas.hidden = this.slider.hidden = this.told.hidden = !body.what_if.length;
    if (!body.what_if.length || !this.canvas.clientWidth) return;
    if (!this.touched) this.#rest(body);
    this.#draw();
    this.#tell();
  }

  /** Take the colours of a theme. */
  restyle(tokens) {
    this.tokens = tokens;
    this.styled = false;
    this.legend.replaceChildren(...LINES.map(([name, colour]) => {
      const entry = make("span", "", name);
      entry.style.setProperty("--line", `var(--${colour})`);
      return entry;
    }));
    if (this.body) this.#fill();
  }

  #describe() {
    Object.assign(this.slider, { type: "range", min: "0", max: "0.95", step: "0.01" });
    this.slider.setAttribute("aria-label", "Score from which payments would be flagged");
    this.slider.dataset.testid = "desk-threshold";
    this.slider.addEventListener("input", () => {
      this.touched = true;
      this.#draw();
      this.#tell();
    });
  }

  /** Until somebody moves it, the slider stands where the bank begins to ask for a second factor. */
  #rest({ thresholds }) {
    this.slider.value = String(thresholds?.step_up ?? 0.5);
  }

  /** The point of the table nearest to the slider. */
  get chosen() {
    const wish = Number(this.slider.value);
    const points = this.body.what_if;
    return points.reduce((best, one) => (
      Math.abs(one.score - wish) < Math.abs(best.score - wish) ? one : best));
  }

  #tell() {
    const { score, recall, precision, honest_share: share, flagged_minor: minor } = this.chosen;
    const sum = wholeMoney(minor, this.body.currency);
    const now = Math.abs(score - this.body.thresholds?.step_up) < 1e-9 ? ", as now" : "";
    const { unscored } = this.body;
    const missing = unscored ? ` (${number(unscored)} more never scored)` : "";
    setText(this.told, `From ${number(score, 2)}${now}: recall ${percent(recall)} of scored fraud${missing}, ` +
      `precision ${percent(precision)}, ${percent(share)} of honest payments flagged, ` +
      `and attempts at ${sum} of owners’ money`);
    setAttribute(this.slider, "aria-valuetext", this.told.textContent);
    setAttribute(this.canvas, "aria-label", `Recall, precision and honest payments flagged by score. ` +
      this.told.textContent);
  }

  #draw() {
    this.echart ??= init(this.canvas, null, { renderer: "canvas" });
    if (!this.styled) this.echart.setOption(this.#style(), true);
    this.styled = true;
    const points = this.body.what_if;
    const series = LINES.map(([name, , value], at) => ({
      name,
      data: points.map((one) => [one.score, value(one)]),
      ...(at ? {} : { markLine: this.#marks() }),
    }));
    this.echart.setOption({ series });
  }

  #marks() {
    const { muted, text } = this.tokens;
    const thresholds = this.body.thresholds ?? {};
    const present = MARKS.filter(([key]) => key in thresholds).map(([key, label, align, distance]) => ({
      xAxis: thresholds[key],
      name: label,
      label: {
        formatter: label, color: muted, fontSize: 10, position: "end", align, distance, padding: [0, 2],
      },
      lineStyle: { color: muted, type: "dashed", width: 1 },
    }));
    const chosen = {
      xAxis: this.chosen.score,
      label: { show: false },
      lineStyle: { color: text, type: "solid", width: 1.5 },
    };
    return { silent: true, symbol: "none", animation: false, data: [...present, chosen] };
  }

  #style() {
    const { muted, border, grid } = this.tokens;
    const label = { color: muted, fontSize: 10.5 };
    return {
      animation: false,
      textStyle: { fontFamily: '"Sanket Inter", Inter, sans-serif' },
      grid: { left: 40, right: 12, top: 30, bottom: 20 },
      xAxis: {
        type: "value", min: 0, max: 1, interval: 0.2, axisLabel: label, splitLine: { show: false },
        axisLine: { lineStyle: { color: border } }, axisTick: { show: false },
      },
      yAxis: {
        type: "value", min: 0, max: 1, interval: 0.5, splitLine: { lineStyle: { color: grid } },
        axisLabel: { ...label, formatter: (value) => `${100 * value} %` },
      },
      series: LINES.map(([name, colour, , dash]) => ({
        name, type: "line", showSymbol: false, connectNulls: true, silent: true,
        lineStyle: { color: this.tokens[colour], width: 1.7, type: dash },
        itemStyle: { color: this.tokens[colour] },
      })),
    };
  }
}
