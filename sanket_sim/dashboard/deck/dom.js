const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {string} className
 * @param {...(Node | string)} children strings become text, never markup
 */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/**
 * Make an SVG element with attributes and children. A `style` is set as a property: as an
 * attribute, a strict content policy forbids it.
 */
export function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A small picture of one path on a 16 × 16 grid, drawn in the colour of the text around it. */
export function icon(path, size = 16) {
  const drawing = makeSvg("path", { d: path });
  const box = { viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true" };
  return makeSvg("svg", { ...box, class: "icon" }, drawing);
}

/** Set text only where it differs: an equal text costs no layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an attribute only where it differs. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Set a custom property or a style only where it differs. */
export function setStyle(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** The title row of a card: a heading, a quiet note, and what stands at the right. */
export function cardHead(title, note = "") {
  const heading = make("h2", "card-title", title);
  const quiet = make("span", "card-note", note);
  const aside = make("div", "card-aside");
  const row = make("div", "card-head", heading, quiet, aside);
  return { row, heading, note: quiet, aside };
}
