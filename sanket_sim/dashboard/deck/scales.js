const STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
const TIME_STEPS_S = [
  5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800,
  432_000,
];
const INTERVALS = 3;
/** Where an axis shows all there can be: a third of it is no round number. */
const INTERVALS_OF_ALL = 4;
const HEADROOM = 0.04;

/** A round number as axes say it: no idle zeros, k for thousands. */
export function short(value) {
  return value >= 1000 ? `${+(value / 1000).toFixed(2)}k` : `${+value.toFixed(3)}`;
}

/** The least round step that is no smaller than a value. */
export function niceStep(value) {
  if (!(value > 0)) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return size * STEPS.find((step) => step * size >= value * (1 - 1e-9));
}

/** How far apart the labels of a time axis stand, for at most `most` of them. [ms] */
export function timeStepMs(widthMs, most) {
  const least = widthMs / 1000 / most;
  return 1000 * (TIME_STEPS_S.find((step) => step >= least) ?? TIME_STEPS_S.at(-1));
}

/**
 * An axis range of three round intervals that grows at once, and shrinks only when what it shows
 * has been small for a while: it must not jump with every frame.
 */
export class StickyScale {
  /**
   * @param {{floor?: number, most?: number, tight?: boolean, patience?: number}} wishes
   *   `floor`: the least upper end; `most`: what no value exceeds, nor the upper end; `tight`: need not begin at zero; `patience`: updates before it
   *   shrinks
   */
  constructor({ floor = 0, most = Infinity, tight = false, patience = 24 } = {}) {
    Object.assign(this, { floor, most, tight, patience });
    this.clear();
  }

  clear() {
    this.min = 0;
    this.max = 0;
    this.slack = 0;
  }

  /** Take in what must be seen; returns the range {min, max, interval}. */
  fit(low, high) {
    if (!(Math.max(high, this.floor) > 0)) return { min: 0, max: INTERVALS, interval: 1 };
    const wanted = this.#wanted(low, high);
    const outside = wanted.max > this.max || wanted.min < this.min || this.max === 0;
    const loose = wanted.max - wanted.min < 0.62 * (this.max - this.min);
    this.slack = loose ? this.slack + 1 : 0;
    if (outside || this.slack > this.patience) {
      ({ min: this.min, max: this.max } = wanted);
      this.slack = 0;
    }
    const intervals = this.max === this.most ? INTERVALS_OF_ALL : INTERVALS;
    return { min: this.min, max: this.max, interval: (this.max - this.min) / intervals };
  }

  #wanted(low, high) {
    const room = HEADROOM * (this.tight ? high - low : high);
    const top = Math.max(high + room, this.floor);
    const from = this.tight ? Math.min(low - 0.25 * (top - low), 0.75 * top) : 0;
    let step = niceStep((top - Math.max(0, from)) / INTERVALS);
    let min = Math.max(0, Math.floor(from / step + 1e-9) * step);
    while (min + INTERVALS * step < top) {
      step = niceStep(step * 1.01);
      min = Math.max(0, Math.floor(from / step + 1e-9) * step);
    }
    return { min, max: Math.min(this.most, min + INTERVALS * step) };
  }
}
