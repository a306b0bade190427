const LOCALE = "en-GB";
const DECIMALS_MOST = 6;
const NEVER = "1970-01-01T00:00:00";
const NS_PER_MS = 1e6;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const plain = new Map();
const purses = new Map();

/** Shown where a value cannot be known. */
export const UNKNOWN = "–";

/**
 * A number with thousands separators.
 *
 * @param {number | null | undefined} value
 * @param {number} digits after the point
 */
export function number(value, digits = 0) {
  if (value == null) return UNKNOWN;
  if (!plain.has(digits)) plain.set(digits, numberFormat(digits));
  return plain.get(digits).format(value);
}

function numberFormat(digits) {
  return new Intl.NumberFormat(LOCALE, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A number in three significant digits, with k, M or G behind it: 2.47k. */
export function compact(value) {
  if (value == null) return UNKNOWN;
  const size = Math.abs(value);
  if (size < 1000) return number(value, size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
  const power = Math.min(3, Math.floor(Math.log10(size) / 3));
  const scaled = value / 1000 ** power;
  const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  return number(scaled, digits) + " kMG"[power];
}

/**
 * A share in [0, 1] as a percentage, the finer the nearer it is to nothing or to all: the rule of
 * `sanket_sim/core/shares.py`, so that a card and a tile say the same of the same.
 */
export function percent(share) {
  return share == null ? UNKNOWN : `${number(100 * share, decimalsOf(100 * share))} %`;
}

function decimalsOf(value) {
  if (value === 0 || value === 100) return 0;
  const lacks = Number(Math.min(Math.abs(value), Math.abs(100 - value)).toFixed(9));
  const distance = Math.max(lacks, 10 ** -DECIMALS_MOST);
  const least = Math.abs(value) < 10 || distance < 1 ? 2 : 1;
  return Math.min(DECIMALS_MOST, Math.max(least, 1 - Math.floor(Math.log10(distance))));
}

/** A share in whole percent, where more would only flicker. */
export function roughly(share) {
  return share == null ? UNKNOWN : `${number(100 * share)} %`;
}

/** Milliseconds as people read them: "64 ms", "4.5 s". */
export function latency(ms) {
  if (ms == null) return UNKNOWN;
  if (ms < 1000) return `${number(ms, ms < 10 ? 1 : 0)} ms`;
  return ms < 60_000 ? `${+(ms / 1000).toFixed(1)} s` : `${+(ms / 60_000).toFixed(1)} min`;
}

/**
 * Money in its currency, with as many decimals as the currency has.
 *
 * @param {number} minor amount in minor units
 * @param {string} currency ISO 4217
 */
export function money(minor, currency) {
  if (minor == null) return UNKNOWN;
  const purse = purseOf(currency);
  return purse.format(minor / 10 ** purse.exponent);
}

function purseOf(currency) {
  if (!purses.has(currency)) purses.set(currency, newPurse(currency));
  return purses.get(currency);
}

function newPurse(currency) {
  try {
    const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
    const format = new Intl.NumberFormat(LOCALE, style);
    const exponent = format.resolvedOptions().maximumFractionDigits;
    return { exponent, format: (value) => format.format(value) };
  } catch {
    return { exponent: 2, format: (value) => `${number(value, 2)} ${currency}`.trim() };
  }
}

/** Money without its cents, where nobody looks at them. */
export function wholeMoney(minor, currency) {
  return currency ? money(minor, currency).replace(/[.]\d+$/, "") : number(minor);
}

/**
 * Local time of an instant of the run, as a date whose UTC fields are that local time.
 *
 * @param {string | undefined} start `RunStatus.start`, local, ISO 8601; before the first frame none
 * @param {number} ns since the start
 */
export function instant(start = NEVER, ns = 0) {
  return new Date(Date.parse(`${start.slice(0, 19)}Z`) + ns / NS_PER_MS);
}

/** Hours and minutes: "09:12". */
export function hourMinute(date) {
  return date.toISOString().slice(11, 16);
}

/** Hours, minutes and seconds: "09:12:08". */
export function clock(date) {
  return date.toISOString().slice(11, 19);
}

/** With tenths of a second: "09:12:08.6". */
export function clockTenths(date) {
  return date.toISOString().slice(11, 21);
}

/** Weekday, day and month: "Fri 28 Nov". */
export function day(date) {
  return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** A span of time in its two largest units: "2 min 5 s", "1 h 30 min", "3 d 4 h". */
export function span(ns) {
  const seconds = Math.round(ns / 1e9);
  const units = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  const [name, size] = units[seconds < 1 ? 3 : first];
  const rest = seconds % size;
  const [small, smaller] = units[first + 1] ?? ["", 1];
  const more = Math.floor(rest / smaller);
  return `${Math.floor(seconds / size)} ${name}` + (more && small ? ` ${more} ${small}` : "");
}

/** Words as a code writes them, for people: "DUPLICATE_SUBMIT" becomes "duplicate submit". */
export function words(code) {
  return code.toLowerCase().replaceAll("_", " ");
}

/** How fast: "60×", "0.5×". */
export function times(speed) {
  return `${number(speed, speed < 9.95 && speed % 1 ? 1 : 0)}×`;
}
