// Which payments the feed shows: pure selection, no DOM.

const KEPT_OF_A_KIND = 120;
const WAITING_MOST = 120;
const ADMITTED_AT_ONCE = 6;
const URGENCY = { leaked: 0, decline: 1, blocked: 1, "step-up": 2, review: 2, failed: 3, refused: 4, ok: 5 };

/** Takes in everything that frames bring, and lets through what eyes can follow. */
export class PaymentStore {
  constructor() {
    this.clear();
  }

  /** Forget the run before. */
  clear() {
    this.kinds = new Map();
    this.waiting = [];
    this.missed = 0;
    this.known = new Set();
    this.arrivals = 0;
  }

  /** Put new rows in line; rows seen before are dropped. */
  queue(rows) {
    const fresh = rows.filter((row) => !this.known.has(row.tx_id));
    for (const row of fresh) this.known.add(row.tx_id);
    this.missed += fresh.length;
    this.waiting.push(...fresh);
    if (this.waiting.length > WAITING_MOST) this.waiting = chosen(this.waiting, WAITING_MOST);
    if (this.known.size > 4 * WAITING_MOST) this.forgetOld();
  }

  forgetOld() {
    this.known = new Set([...this.known].slice(-2 * WAITING_MOST));
  }

  /** Let rows in that wait: all of them, or as many as eyes can follow. */
  admit(all) {
    const admitted = all ? this.waiting : chosen(this.waiting, ADMITTED_AT_ONCE);
    for (const row of admitted) this.keep(row);
    this.waiting = [];
    this.missed = 0;
    return admitted.length;
  }

  keep(row) {
    const kind = this.kinds.get(row.verdict) ?? [];
    this.kinds.set(row.verdict, kind);
    kind.push({ row, arrival: (this.arrivals += 1) });
    if (kind.length > KEPT_OF_A_KIND) kind.shift();
  }

  /**
   * Return the newest rows, newest first: by when they ended, for some are told late.
   *
   * @param {Set<string>} verdicts only these; empty: all.
   * @param {number} most
   */
  newest(verdicts, most) {
    const lists = [...this.kinds].filter(([verdict]) => !verdicts.size || verdicts.has(verdict));
    const all = lists.flatMap(([, kept]) => kept.slice(-most));
    all.sort((a, b) => b.row.at_ns - a.row.at_ns || b.arrival - a.arrival);
    return all.slice(0, most).map(({ row }) => row);
  }

  /** How many rows of a verdict are kept. */
  count(verdict) {
    return this.kinds.get(verdict)?.length ?? 0;
  }
}

/** Some of many rows in their order: the urgent for half of the places, others evenly spaced. */
function chosen(rows, most) {
  if (rows.length <= most) return rows;
  const urgent = rows.filter((row) => URGENCY[row.verdict] < URGENCY.ok);
  urgent.sort((a, b) => URGENCY[a.verdict] - URGENCY[b.verdict] || b.at_ns - a.at_ns);
  const first = new Set(urgent.slice(0, Math.ceil(most / 2)));
  const others = rows.filter((row) => !first.has(row));
  const step = others.length / (most - first.size);
  for (let index = first.size; index < most; index += 1) {
    first.add(others[others.length - 1 - Math.floor((most - 1 - index) * step)]);
  }
  return rows.filter((row) => first.has(row));
}
