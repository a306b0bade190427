// Small acts on DOM nodes that the lists and the map share: build once, then touch what changed.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Build an HTML element.
 *
 * @param {string} tag
 * @param {Object<string, string>} attributes
 * @param {...(Node|string)} children
 */
export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Build an SVG element, like `html`. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Show a text, touching the node only if it says something else. */
export function say(node, text) {
  if (node.shownText === text) return;
  node.shownText = text;
  node.textContent = text;
}

/** Set an attribute, or remove it for null, touching the node only on a change. */
export function mark(node, name, value) {
  const shown = (node.shownMarks ??= new Map());
  if (shown.get(name) === value) return;
  shown.set(name, value);
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

/** Set a CSS custom property, touching the node only on a change. */
export function tune(node, name, value) {
  const shown = (node.shownTunes ??= new Map());
  if (shown.get(name) === value) return;
  shown.set(name, value);
  node.style.setProperty(name, value);
}

/** Give the root around a part a stylesheet that lies beside the modules, once. */
export function dress(host, file) {
  const root = host.getRootNode();
  const href = new URL(file, import.meta.url).href;
  const home = root instanceof ShadowRoot ? root : document.head;
  if ([...home.querySelectorAll("link")].some((link) => link.href === href)) return;
  home.append(html("link", { rel: "stylesheet", href }));
}

/**
 * Let rows fill a scroller exactly, so that none is cut off while it rests: sets `--row` on it.
 *
 * @param {HTMLElement} scroller
 * @param {number} least lowest row [px].
 * @param {() => number} taken what stands above the rows inside the scroller [px].
 */
export function fitRows(scroller, least, taken = () => 0) {
  const fit = () => {
    const room = scroller.clientHeight - taken();
    const count = Math.max(1, Math.floor(room / least));
    if (room > 0) tune(scroller, "--row", `${Math.max(least, Math.min(room / count, least * 1.3)).toFixed(2)}px`);
  };
  new ResizeObserver(fit).observe(scroller);
}
