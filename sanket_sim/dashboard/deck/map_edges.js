// The lines between services: drawn once for a layout, then only their looks change.

import { makeSvg, setAttribute } from "./dom.js";
import { keyOf, route } from "./map_routes.js";

const WIDTH_LEAST = 1.1;
const WIDTH_MOST = { full: 5, roomy: 4.4, slim: 3, tight: 3, brief: 3.6, terse: 3, pinched: 3, bare: 3 };
const RATE_LEAST = 40;

/** All edges of a map, below its cards. */
export class EdgeLayer {
  constructor() {
    this.node = makeSvg("svg", { class: "map-edges", "aria-hidden": "true" });
    this.drawn = new Map();
    this.busiest = RATE_LEAST;
    this.widest = WIDTH_MOST.full;
  }

  /** Route the edges anew, after a change of what there is or of the room. */
  place(edges, layout) {
    const routes = route(edges, layout);
    this.widest = WIDTH_MOST[layout.finish];
    setAttribute(this.node, "width", layout.width);
    setAttribute(this.node, "height", layout.height);
    for (const [key, edge] of this.drawn) if (!routes.has(key)) this.drop(key, edge);
    for (const edge of edges) this.put(edge, routes.get(keyOf(edge)));
  }

  drop(key, { node }) {
    node.remove();
    this.drawn.delete(key);
  }

  put({ caller, callee }, path) {
    if (!path) return;
    const key = keyOf({ caller, callee });
    const edge = this.drawn.get(key) ?? this.build(key, caller, callee);
    setAttribute(edge.line, "d", path.line);
    setAttribute(edge.head, "d", path.head);
    setAttribute(edge.sign, "transform", `translate(${path.middle.x.toFixed(1)} ${path.middle.y.toFixed(1)})`);
  }

  build(key, caller, callee) {
    const line = makeSvg("path", { class: "map-way" });
    const head = makeSvg("path", { class: "map-tip" });
    const sign = makeSvg("path", { class: "map-sign" });
    const node = makeSvg("g", { class: "map-edge", "data-edge": `${caller}->${callee}` }, line, head, sign);
    const edge = { node, line, head, sign, caller, callee };
    this.drawn.set(key, edge);
    this.node.append(node);
    return edge;
  }

  /** Show rates as widths, errors and breakers as colours, dashes and signs. */
  show(edges) {
    this.busiest = Math.max(this.busiest, ...edges.map((edge) => edge.rate_per_s));
    for (const edge of edges) {
      const drawn = this.drawn.get(keyOf(edge));
      if (drawn) this.showOne(drawn, edge);
    }
  }

  showOne({ node, line, sign }, edge) {
    setAttribute(node, "data-state", edge.state);
    setAttribute(node, "data-breaker", edge.breaker);
    setAttribute(line, "stroke-width", this.widthOf(edge.rate_per_s));
    const errors = edge.state === "critical" && edge.caller !== "client" ? SIGNS.errors : "";
    setAttribute(sign, "d", SIGNS[edge.breaker] ?? errors);
  }

  widthOf(rate) {
    const width = WIDTH_LEAST + (this.widest - WIDTH_LEAST) * Math.sqrt(rate / this.busiest);
    return String(Math.round(width * 4) / 4);
  }

  /** Bring out the edges of one service; null: of none. */
  light(name) {
    setAttribute(this.node, "data-lit", name === null ? null : "");
    for (const { node, caller, callee } of this.drawn.values()) {
      setAttribute(node, "data-lit", name !== null && (caller === name || callee === name) ? "" : null);
    }
  }
}

/** Shapes at the middle of an edge: a cross, half a cross, a wedge. */
const SIGNS = {
  open: "M-3.6,-3.6L3.6,3.6M-3.6,3.6L3.6,-3.6",
  half_open: "M-3.6,3.6L3.6,-3.6",
  errors: "M0,-4.4L4.4,3.2L-4.4,3.2Z",
};
