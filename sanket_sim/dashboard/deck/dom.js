const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {string | Object<string, string>} attributes by name; a mere string is its class
 * @param {...(Node | string)} children strings become text, never markup
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  const named = typeof attributes === "string" ? attributes && { class: attributes } : attributes;
  for (const [name, value] of Object.entries(named)) element.setAttribute(name, value);
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

/** Set an attribute only where it differs, or remove it for null. */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Set a custom property or a style only where it differs. */
export function setStyle(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** Put nodes first into a list, in an order: only those that are out of place are moved. */
export function keepInOrder(list, nodes) {
  let next = list.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else list.insertBefore(node, next);
  }
}

/** The title row of a card: a heading, a quiet note, and what stands at the right. */
export function cardHead(title, note = "") {
  const heading = make("h2", "card-title", title);
  const quiet = make("span", "card-note", note);
  const aside = make("div", "card-aside");
  const row = make("div", "card-head", heading, quiet, aside);
  return { row, heading, note: quiet, aside };
}

/**
 * Let rows fill a scroller exactly, so that none is cut off while it rests: sets `--row` on it.
 *
 * @param {HTMLElement} scroller
 * @param {number} least lowest row [px]
 * @param {() => number} taken what stands above the rows inside the scroller [px]
 */
export function fitRows(scroller, least, taken = () => 0) {
  const fit = () => {
    const room = scroller.clientHeight - taken();
    const count = Math.max(1, Math.floor(room / least));
    const height = Math.max(least, Math.min(room / count, 1.3 * least));
    if (room > 0) scroller.style.setProperty("--row", `${height.toFixed(2)}px`);
  };
  new ResizeObserver(fit).observe(scroller);
}
