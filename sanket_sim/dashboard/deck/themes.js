const NAMES = [
  "bg", "card", "raised", "border", "grid", "text", "muted", "accent", "ok", "warn", "critical",
  "heat-low", "heat-high", "violet", "teal",
];
const prefersLight = matchMedia("(prefers-color-scheme: light)");

/**
 * The theme that an attribute asks for: "auto" (or nothing) follows the system.
 *
 * @param {string | null} wish
 * @returns {"dark" | "light"}
 */
export function resolveTheme(wish) {
  if (wish === "dark" || wish === "light") return wish;
  return prefersLight.matches ? "light" : "dark";
}

/** Call back when the system's theme changes; returns how to stop it. */
export function onSystemTheme(changed) {
  prefersLight.addEventListener("change", changed);
  return () => prefersLight.removeEventListener("change", changed);
}

/**
 * The colours of an element's theme as strings, for canvases.
 *
 * @param {HTMLElement} element whose computed style has the custom properties
 * @returns {Record<string, string>} `accent`, `heatLow`, ...; and `theme`
 */
export function tokensOf(element) {
  const style = getComputedStyle(element);
  const entries = NAMES.map((name) => [camel(name), style.getPropertyValue(`--${name}`).trim()]);
  return { ...Object.fromEntries(entries), theme: element.dataset.theme };
}

function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

/**
 * A colour with another opacity.
 *
 * @param {string} hex "#RRGGBB"
 * @param {number} alpha in [0, 1]
 */
export function faded(hex, alpha) {
  return `rgba(${channels(hex).join(", ")}, ${alpha})`;
}

/** A colour laid over a ground: `share` of it, as an opaque colour. */
export function mixed(hex, ground, share) {
  const [above, below] = [channels(hex), channels(ground)];
  const mix = above.map((value, at) => Math.round(share * value + (1 - share) * below[at]));
  return `rgb(${mix.join(", ")})`;
}

function channels(hex) {
  const long = hex.length === 4 ? hex.replace(/[^#]/g, "$&$&") : hex;
  return [1, 3, 5].map((at) => parseInt(long.slice(at, at + 2), 16));
}
