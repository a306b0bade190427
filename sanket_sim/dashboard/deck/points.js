/** How much of a run charts show while they follow it: simulated ns. */
export const SHOWN_NS = 8 * 60e9;

/** Every point of the charts so far, by its index: what comes twice is kept once. */
export class Points {
  constructor() {
    this.version = 0;
    this.clear();
  }

  /** Forget everything. */
  clear() {
    this.all = [];
    this.lengthNs = 0;
    /** Grows with every change: who has drawn this version need not draw again. */
    this.version += 1;
  }

  /**
   * Take in points, of which some may be known.
   *
   * @param {object[]} points `frames.Point`
   * @param {number} lengthNs of a point; where it has changed, these are all there are
   */
  add(points, lengthNs = this.lengthNs) {
    if (this.lengthNs && lengthNs && lengthNs !== this.lengthNs) this.clear();
    this.lengthNs = lengthNs;
    for (const point of points) this.#put(point);
  }

  /** The newest point, or undefined. */
  get last() {
    return this.all.at(-1);
  }

  /**
   * Points that ended after an instant.
   *
   * @param {number} fromNs simulated, since the start of the run
   */
  since(fromNs) {
    let begin = this.all.length;
    while (begin > 0 && this.all[begin - 1].end_ns > fromNs) begin -= 1;
    return this.all.slice(begin);
  }

  #put(point) {
    const all = this.all;
    let place = all.length;
    while (place > 0 && all[place - 1].index >= point.index) place -= 1;
    const known = all[place]?.index === point.index;
    if (known && (place < all.length - 1 || same(all[place], point))) return;
    all.splice(place, known ? 1 : 0, point);
    this.version += 1;
  }
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
