import { init } from "/vendor/echarts.esm.min.js";
import { cardHead, make, setAttribute, setText } from "./dom.js";
import * as format from "./format.js";
import { StickyScale, timeStepMs } from "./scales.js";
import { faded, mixed } from "./themes.js";

const NS_PER_MS = 1e6;
const LABEL_PX = 48;
const EDGES_PX = 76;
const MARK_PX = 2;

/** One chart: a card with a title, a legend that says the present values, and a canvas. */
export class Chart {
  /**
   * @param {object} plan see `charts.js`
   * @param {(entry: object) => string} colour of a series
   */
  constructor(plan) {
    this.plan = plan;
    this.scales = plan.axes.map((axis) => new StickyScale(axis));
    this.legend = new Map();
    const head = cardHead(plan.title);
    this.entries = make("div", "legend");
    this.more = make("span", "legend-more");
    head.note.replaceWith(this.entries);
    head.aside.replaceWith(this.more);
    if (plan.aside) head.heading.append(make("span", "wide", ` ${plan.aside}`));
    this.canvas = make("div", "chart-canvas");
    this.canvas.setAttribute("role", "img");
    this.card = make("article", "card chart", head.row, this.canvas);
    this.card.dataset.testid = `chart-${plan.key}`;
    this.width = 0;
    new ResizeObserver(([entry]) => this.#resize(entry.contentRect)).observe(this.canvas);
  }

  /** Take the colours of a theme. */
  restyle(tokens) {
    this.tokens = tokens;
    this.styled = false;
    for (const { element, series } of this.legend.values()) {
      element.style.setProperty("--line", tokens[series.colour]);
    }
  }

  /** Draw points between two instants. */
  draw(frame) {
    this.frame = frame;
    if (!this.width) return;
    const series = this.plan.series(frame.points);
    this.#say(series, frame.last);
    this.echart ??= init(this.canvas, null, { renderer: "canvas" });
    const names = series.map(({ name }) => name).join();
    const anew = !this.styled || names !== this.names;
    if (anew) this.echart.setOption(this.#style(series), { replaceMerge: ["series"] });
    this.echart.setOption(this.#content(series, frame), { lazyUpdate: false });
    this.styled = true;
    this.names = names;
  }

  destroy() {
    this.echart?.dispose();
  }

  /** The width is kept: to read it while drawing would force a layout. */
  #resize({ width }) {
    this.width = width;
    this.echart?.resize();
    this.#count();
    if (this.frame) this.draw(this.frame);
  }

  #say(series, last) {
    const shown = series.filter(({ silent }) => !silent);
    const names = shown.map(({ name }) => name).join();
    if (names !== this.legendNames) this.#list(shown, names);
    const said = shown.map((one) => {
      const text = last ? one.say(one.value(last)) : format.UNKNOWN;
      setText(this.legend.get(one.name).value, text);
      return `${one.name} ${text}`;
    });
    setAttribute(this.canvas, "aria-label", `${this.plan.title}: ${said.join(", ")}`);
    this.#recount(said);
  }

  /** To count forces a layout: only when texts have become longer or shorter. */
  #recount(said) {
    const lengths = said.map((text) => text.length).join();
    if (lengths !== this.lengths) this.#count();
    this.lengths = lengths;
  }

  #list(series, names) {
    this.legendNames = names;
    this.card.classList.toggle("crowded", series.length > 2);
    this.legend.clear();
    for (const one of series) {
      const value = make("span", "legend-value");
      const element = make("span", "legend-entry", one.name, value);
      element.style.setProperty("--line", this.tokens[one.colour]);
      this.legend.set(one.name, { element, value, series: one });
    }
    this.entries.replaceChildren(...[...this.legend.values()].map(({ element }) => element));
  }

  /** Entries that find no room on the line are counted behind it, not cut. */
  #count() {
    const entries = [...this.entries.children];
    const away = entries.filter((entry) => entry.offsetTop > entries[0].offsetTop + 4);
    this.more.hidden = !away.length;
    setText(this.more, `+${away.length}`);
    this.more.title = away.map((entry) => entry.firstChild.textContent).join(", ");
  }

  /** Everything that changes only with the theme or the series. */
  #style(series) {
    const { tokens } = this;
    return {
      animation: false,
      useUTC: true,
      textStyle: { fontFamily: '"Sanket Inter", Inter, sans-serif' },
      grid: { left: 52, right: this.scales.length > 1 ? 44 : 24, top: 8, bottom: 26 },
      tooltip: this.#tooltip(),
      xAxis: this.#timeAxis(),
      yAxis: this.scales.map((_, at) => this.#valueAxis(at)),
      series: series.map((one, at) => lineOf(one, at, tokens)),
    };
  }

  #timeAxis() {
    const { muted, border } = this.tokens;
    return {
      type: "value",
      splitLine: { show: false },
      axisLine: { lineStyle: { color: border } },
      axisTick: { show: false },
      axisLabel: { color: muted, fontSize: 11, hideOverlap: true, margin: 9 },
      axisPointer: { lineStyle: { color: muted, type: "solid" }, label: { show: false } },
    };
  }

  #valueAxis(at) {
    const { muted, grid } = this.tokens;
    const { say } = this.plan.axes[at];
    return {
      type: "value",
      position: at ? "right" : "left",
      splitLine: { show: at === 0, lineStyle: { color: grid } },
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: muted, fontSize: 11, margin: 8, formatter: say },
    };
  }

  #tooltip() {
    const { raised, border, text } = this.tokens;
    return {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      backgroundColor: raised,
      borderColor: border,
      padding: [6, 10],
      textStyle: { color: text },
      formatter: (entries) => this.#tip(entries),
    };
  }

  /** Elements, not markup: a strict content policy forbids inline styles in markup. */
  #tip(entries) {
    const series = this.plan.series(this.frame.points);
    const at = format.clock(new Date(entries[0].value[0]));
    const lines = entries.map(({ seriesIndex, value }) => {
      const one = series[seriesIndex];
      const line = make("div", "legend-entry", one.name, make("span", "legend-value", one.say(value[2] ?? value[1])));
      line.style.setProperty("--line", this.tokens[one.colour]);
      return line;
    });
    return make("div", "chart-tip", make("h4", "", `${at} · ${this.plan.unit}`), ...lines);
  }

  /** What changes with every frame: the data, the ranges and the shaded windows. */
  #content(series, frame) {
    const { fromMs, untilMs } = frame;
    const most = Math.max(2, (this.width - EDGES_PX) / LABEL_PX);
    const step = timeStepMs(untilMs - fromMs, most);
    const say = timeLabel(step);
    const size = Math.ceil((frame.points.length * MARK_PX) / this.width) || 1;
    const lines = series.map((one) => ({ name: one.name, data: dataOf(one, frame, size) }));
    if (this.plan.stacked) heap(lines);
    lines[0].markArea = this.#shades(frame);
    const goal = this.plan.goal?.(frame);
    if (goal) lines.at(-1).markLine = this.#goalLine(goal);
    return {
      xAxis: { min: fromMs, max: untilMs, interval: step, axisLabel: { formatter: say } },
      yAxis: this.scales.map((_, at) => this.#range(at, lines, series, goal)),
      series: lines,
    };
  }

  #range(at, lines, series, goal) {
    const mine = lines.filter((_, index) => (series[index].axis ?? 0) === at);
    const reach = reachOf(mine);
    const high = at === 0 && goal ? Math.max(reach.high, goal.value * 1.15) : reach.high;
    return this.scales[at].fit(reach.low, high);
  }

  #shades({ disturbances, fromMs, untilMs }) {
    const colour = faded(this.tokens.critical, this.tokens.theme === "dark" ? 0.09 : 0.07);
    const seen = disturbances.filter(({ begin, end }) => end > fromMs && begin < untilMs);
    return {
      silent: true,
      itemStyle: { color: colour },
      data: seen.map(({ begin, end }) => [
        { xAxis: Math.max(begin, fromMs) },
        { xAxis: Math.min(end, untilMs) },
      ]),
    };
  }

  #goalLine({ value, name }) {
    const { critical } = this.tokens;
    return {
      silent: true,
      symbol: "none",
      lineStyle: { color: critical, type: [4, 4], width: 1 },
      label: { position: "insideStartTop", color: critical, fontSize: 11, formatter: name },
      data: [{ yAxis: value }],
    };
  }
}

function lineOf(one, at, tokens) {
  const colour = tokens[one.colour];
  return {
    name: one.name,
    type: "line",
    yAxisIndex: one.axis ?? 0,
    showSymbol: false,
    symbol: "none",
    lineStyle: { color: colour, width: one.heaped ? 1.2 : 1.8 },
    itemStyle: { color: colour },
    areaStyle: one.fill ? areaOf(one, tokens) : undefined,
    emphasis: { disabled: true },
    z: one.heaped ? 20 - at : 3,
  };
}

/** Heaped areas lie on one another, hence opaque; others let the grid through. */
function areaOf({ colour, fill, heaped }, tokens) {
  const light = tokens.theme === "light" ? 0.8 : 1;
  const paint = heaped ? mixed(tokens[colour], tokens.card, fill) : faded(tokens[colour], fill * light);
  return { color: paint, opacity: 1, origin: "start" };
}

/**
 * A series as marks [ms, value]. Points that would lie closer than `MARK_PX` are averaged, in groups
 * that their index fixes: a group must not flicker as the window moves on.
 */
function dataOf(one, { points, startMs }, size) {
  const marks = [];
  let group = -1;
  let sum = 0;
  let known = 0;
  for (const point of points) {
    const mine = Math.floor(point.index / size);
    if (mine !== group) {
      [group, sum, known] = [mine, 0, 0];
      marks.push([0, null]);
    }
    const value = one.value(point);
    if (value != null) {
      sum += value;
      known += 1;
    }
    const mark = marks[marks.length - 1];
    mark[0] = startMs + point.end_ns / NS_PER_MS;
    mark[1] = known ? sum / known : null;
  }
  return marks;
}

function reachOf(lines) {
  let low = Infinity;
  let high = -Infinity;
  for (const { data } of lines) {
    for (const [, value] of data) {
      if (value == null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low > high ? { low: 0, high: 0 } : { low, high };
}

/** Put each line on top of those before it; its own value stays behind the sum. */
function heap(lines) {
  const sums = lines[0].data.map(() => 0);
  for (const { data } of lines) {
    data.forEach((mark, at) => {
      sums[at] += mark[1];
      mark.push(mark[1]);
      mark[1] = sums[at];
    });
  }
}

function timeLabel(stepMs) {
  return (ms) => {
    if (Math.abs(ms / stepMs - Math.round(ms / stepMs)) > 1e-6) return "";
    const date = new Date(ms);
    if (stepMs >= 86_400_000) return format.day(date).slice(4);
    return stepMs < 60_000 ? format.clock(date) : format.hourMinute(date);
  };
}
