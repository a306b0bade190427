import { make, makeSvg, setAttribute, setText } from "./dom.js";

const POINTS_SHOWN = 90;
const WIDTH = 120;
const HEIGHT = 36;
const PLACES = ["throughput", "p99", "leakage", "resilience", "recall", "carbon"];

/** The six numbers that a glance must catch. */
export default class Tiles {
  static styles = new URL("tiles.css", import.meta.url);

  constructor(host, deck) {
    this.host = host;
    this.deck = deck;
    this.tiles = new Map(PLACES.map((key) => [key, new TileCard(key)]));
    const heading = make("h2", "visually-hidden", "Key figures");
    host.append(heading, ...[...this.tiles.values()].map((tile) => tile.card));
  }

  /** @param {{tiles: object[]}} body of the topic `metrics` */
  update({ tiles }) {
    const points = this.deck.points.all.slice(-POINTS_SHOWN);
    const fresh = this.deck.points.version !== this.version;
    this.version = this.deck.points.version;
    for (const tile of tiles) {
      const card = this.tiles.get(tile.key) ?? this.#add(tile.key);
      card.show(tile);
      if (fresh) card.draw(points, tile);
    }
  }

  #add(key) {
    const tile = new TileCard(key);
    this.tiles.set(key, tile);
    this.host.append(tile.card);
    return tile;
  }
}

class TileCard {
  constructor(key) {
    this.label = make("span", "long", LABELS[key] ?? key);
    const short = make("span", "short", SHORT_LABELS[key] ?? "");
    const label = make("h3", "tile-label", this.label, short);
    label.toggleAttribute("data-shortens", key in SHORT_LABELS);
    this.chip = make("span", "chip");
    this.chip.hidden = true;
    this.value = make("span", "tile-value", "–");
    this.unit = make("span", "tile-unit");
    this.facts = [make("span"), make("span")];
    this.card = make(
      "article",
      "card tile",
      make("div", "tile-top", label, this.chip),
      make("div", "tile-number", this.value, this.unit),
      this.#spark(),
      make("div", "tile-facts", ...this.facts),
    );
    this.card.dataset.testid = `tile-${key}`;
    this.card.dataset.state = "idle";
    this.card.dataset.known = "false";
    this.chip.dataset.state = "idle";
  }

  #spark() {
    this.area = makeSvg("path", { class: "area" });
    this.line = makeSvg("path", { class: "line" });
    this.goal = makeSvg("line", { class: "goal", x1: 0, x2: WIDTH, y1: -9, y2: -9 });
    const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
    const marks = [this.area, this.goal, this.line];
    this.drawing = makeSvg("svg", { ...box, class: "tile-spark", "aria-hidden": "true" }, ...marks);
    this.goal.style.display = "none";
    return this.drawing;
  }

  show(tile) {
    setText(this.label, tile.label);
    setText(this.value, tile.text);
    setText(this.unit, tile.value == null ? "" : tile.unit);
    setText(this.chip, tile.chip);
    this.chip.hidden = !tile.chip;
    setAttribute(this.card, "data-known", String(tile.value != null));
    setAttribute(this.chip, "data-state", tile.state);
    setAttribute(this.card, "data-state", tile.state);
    tile.facts.forEach((fact, at) => setText(this.facts[at], fact));
    const read = tile.value == null ? "not known" : `${tile.text} ${tile.unit}`;
    const said = [tile.label, read, tile.chip, ...tile.facts];
    setAttribute(this.card, "aria-label", said.join(", "));
    setAttribute(this.card, "title", said.filter(Boolean).slice(3).join(" · "));
  }

  /** Draw the newest points of the tile's series, with its goal in sight. */
  draw(points, { series, goal }) {
    const values = points.map((point) => point[series]);
    const known = values.filter((value) => value != null);
    const reach = rangeOf(goal == null ? known : [...known, goal]);
    const line = pathOf(values, reach);
    this.line.setAttribute("d", line.path);
    this.area.setAttribute("d", line.path && `${line.path}V${HEIGHT}H${line.begin}Z`);
    this.goal.style.display = goal == null || !known.length ? "none" : "";
    if (goal != null) this.#level(height(goal, reach));
  }

  #level(y) {
    setAttribute(this.goal, "y1", y);
    setAttribute(this.goal, "y2", y);
  }
}

const LABELS = {
  throughput: "Throughput",
  p99: "p99 latency",
  leakage: "Leakage rate",
  resilience: "Service level",
  recall: "Fraud recall",
  carbon: "CO₂e per good payment",
};

/** For tiles that have no room for the whole. */
const SHORT_LABELS = { carbon: "CO₂e / good payment" };

/** From the least to the most, with a margin, and not so tight that grain looks like waves. */
function rangeOf(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const least = Math.max(Math.abs(high) * 0.25, 1e-9);
  const slack = Math.max(0, least - (high - low)) / 2;
  return { low: low - slack, high: high + slack };
}

function height(value, { low, high }) {
  const share = (value - low) / (high - low);
  return (HEIGHT - 3 - share * (HEIGHT - 7)).toFixed(1);
}

function pathOf(values, reach) {
  const step = WIDTH / Math.max(values.length - 1, 1);
  const begin = values.findIndex((value) => value != null);
  const marks = [];
  for (let at = begin; at >= 0 && at < values.length; at += 1) {
    if (values[at] != null) marks.push(`${(at * step).toFixed(1)} ${height(values[at], reach)}`);
  }
  const path = marks.length > 1 ? `M${marks.join("L")}` : "";
  return { path, begin: (Math.max(begin, 0) * step).toFixed(1) };
}
