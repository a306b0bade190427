// Small acts on DOM nodes that the lists and the map share, beside those of `dom.js`.

/**
 * Make an HTML element from attributes.
 *
 * @param {string} tag
 * @param {Object<string, string>} attributes
 * @param {...(Node|string)} children strings become text, never markup
 */
export function html(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Set an attribute, or remove it for null, touching the node only on a change. */
export function mark(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
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
