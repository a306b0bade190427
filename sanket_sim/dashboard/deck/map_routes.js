// How the edges of the service map run between its cards: pure geometry, no DOM.

const PORT_STEP = 7;
const LANE_STEP = 5;
const STUB = 13;
const HEAD = 5;
const OUTSIDE = 15;

/**
 * Route every edge around the cards.
 *
 * @param {{caller: string, callee: string}[]} edges
 * @param {object} layout what `layOut` gave.
 * @returns {Map<string, {line: string, head: string, middle: {x: number, y: number}}>} SVG path
 *   texts, by `keyOf(edge)`; edges to unknown services are left out.
 */
export function route(edges, layout) {
  const known = edges.filter((edge) => layout.places.has(edge.callee) && isDrawn(edge, layout));
  const trips = known.map((edge) => tripOf(edge, layout));
  spreadPorts(trips, layout);
  chooseLanes(trips, layout);
  return new Map(trips.map((trip) => [keyOf(trip.edge), drawn(trip, layout)]));
}

/** The name of an edge. */
export function keyOf({ caller, callee }) {
  return `${caller} ${callee}`;
}

function isDrawn({ caller, callee }, { places }) {
  return caller !== callee && (caller === "client" || places.has(caller));
}

/** From which side of which card to which, and by what kind of way. */
function tripOf(edge, layout) {
  const to = layout.places.get(edge.callee);
  if (edge.caller === "client") return { edge, from: null, to, way: "stub", out: null, into: "left" };
  const from = layout.places.get(edge.caller);
  const step = to.column - from.column;
  if (step === 0) return upright(edge, from, to, layout);
  const [out, into] = step > 0 ? ["right", "left"] : ["left", "right"];
  const near = Math.abs(step) === 1 || isFree(layout, from.row, from.column, to.column, to);
  return { edge, from, to, way: near && (Math.abs(step) === 1 || from.row === to.row) ? "swing" : "corridor", out, into };
}

/** Between cards of one column: straight, or around those between them. */
function upright(edge, from, to, layout) {
  const down = to.row > from.row;
  const side = from.column === layout.columns - 1 && from.column > 0 ? "left" : "right";
  if (Math.abs(to.row - from.row) > 1) return { edge, from, to, way: "bulge", out: side, into: side };
  return { edge, from, to, way: "swing", out: down ? "bottom" : "top", into: down ? "top" : "bottom" };
}

/** Whether a row holds no card strictly between two columns. */
function isFree(layout, row, one, other) {
  const [first, last] = [Math.min(one, other), Math.max(one, other)];
  return [...layout.places.values()].every(
    (place) => place.row !== row || place.column <= first || place.column >= last,
  );
}

/** Set apart the ends that share a side of a card, in the order of where they lead. */
function spreadPorts(trips) {
  const sides = new Map();
  const put = (place, side, end) => {
    const key = `${place.name} ${side}`;
    sides.set(key, [...(sides.get(key) ?? []), end]);
  };
  for (const trip of trips) {
    const straight = trip.way === "swing" && trip.from.row === trip.to.row && trip.out === "right";
    const twin = trip.from && trip.from.name > trip.to.name ? 1 : 0;
    const rank = trip.way === "bulge" ? [twin, -twin] : [twin, twin];
    trip.twin = twin;
    trip.start = { place: trip.from, side: trip.out, toward: trip.to, straight, rank };
    trip.end = { place: trip.to, side: trip.into, toward: trip.from ?? trip.to, straight, rank };
    if (trip.from) put(trip.from, trip.out, trip.start);
    put(trip.to, trip.into, trip.end);
  }
  for (const ends of sides.values()) setApart(ends);
}

function setApart(ends) {
  const level = ends[0].side === "left" || ends[0].side === "right";
  const key = level ? "y" : "x";
  const { x, y, width, height } = ends[0].place;
  const length = level ? height : width;
  const step = Math.min(PORT_STEP, (length - 16) / ends.length);
  ends.sort((a, b) => a.toward[key] - b.toward[key] || remoteness(a) - remoteness(b) || tie(a) - tie(b));
  const straight = ends.findIndex((end) => end.straight);
  const middle = straight < 0 ? (ends.length - 1) / 2 : straight;
  const most = length / 2 - 8;
  ends.forEach((end, index) => {
    const offset = Math.max(-most, Math.min(most, (index - middle) * step));
    end.x = level ? x + (end.side === "right" ? width : 0) : x + width / 2 + offset;
    end.y = level ? y + height / 2 + offset : y + (end.side === "bottom" ? height : 0);
  });
}

/** Two ways between the same two cards run side by side, bulges one inside the other. */
function tie({ place, toward, rank }) {
  return rank[toward.row < place.row ? 0 : 1];
}

function remoteness(end) {
  return Math.abs(end.toward.column - end.place.column);
}

/** Give edges that skip columns a free row, or a lane of a corridor between two rows. */
function chooseLanes(trips, layout) {
  const lanes = new Map();
  const far = trips.filter((trip) => trip.way === "corridor");
  far.sort((a, b) => reach(a) - reach(b));
  for (const trip of far) {
    const best = levels(trip, layout, lanes).reduce((one, other) => (other.cost < one.cost ? other : one));
    trip.level = best.y;
    if (best.lane !== undefined) take(lanes, best, trip);
  }
}

function reach(trip) {
  return Math.abs(trip.to.column - trip.from.column);
}

/** Every height at which a trip could pass the cards between its ends. */
function levels(trip, layout, lanes) {
  const { start, end, from, to } = trip;
  const bends = (y) => Math.abs(y - start.y) + Math.abs(y - end.y);
  const found = [];
  if (isFree(layout, from.row, from.column, to.column)) found.push({ y: start.y, cost: bends(start.y) });
  if (isFree(layout, to.row, from.column, to.column)) found.push({ y: end.y, cost: bends(end.y) });
  for (let corridor = 0; corridor <= layout.rows; corridor += 1) {
    const lane = freeLane(lanes.get(corridor) ?? [], trip);
    const y = heightOf(corridor, lane, layout);
    const outside = corridor === 0 || corridor === layout.rows ? 30 : 0;
    found.push({ y, corridor, lane, cost: bends(y) + 6 * lane + outside + 12 });
  }
  return found;
}

function freeLane(taken, trip) {
  const [first, last] = span(trip);
  let lane = 0;
  while ((taken[lane] ?? []).some(([a, b]) => a < last && first < b)) lane += 1;
  return lane;
}

function span({ from, to }) {
  return [Math.min(from.column, to.column), Math.max(from.column, to.column)];
}

function take(lanes, { corridor, lane }, trip) {
  const taken = lanes.get(corridor) ?? [];
  taken[lane] = [...(taken[lane] ?? []), span(trip)];
  lanes.set(corridor, taken);
}

/** Lanes lie around the middle of a corridor: 0, +1, -1, +2, ... */
function heightOf(corridor, lane, layout) {
  const [above, below] = wallsOf(corridor, layout);
  const most = Math.max(0, (below - above) / 2 - 3);
  const offset = Math.ceil(lane / 2) * LANE_STEP * (lane % 2 ? 1 : -1);
  return (above + below) / 2 + Math.max(-most, Math.min(most, offset));
}

/** Between what a corridor runs: the cards above and below; outside, one as wide as a margin. */
function wallsOf(corridor, { rows, gap, card, top }) {
  const below = top + corridor * (card.height + gap.y);
  if (corridor === 0) return [Math.max(0, below - OUTSIDE), below];
  const above = below - gap.y;
  return [above, corridor === rows ? above + OUTSIDE : below];
}

function drawn(trip, layout) {
  const { start, end } = trip;
  const head = headOf(end);
  const tip = shifted(end, HEAD - 1);
  const points = WAYS[trip.way](trip, start, tip, layout);
  return { line: pathOf(points), head, middle: middleOf(points) };
}

const WAYS = {
  stub: (_, __, tip) => [{ x: tip.x - STUB, y: tip.y }, { to: tip, a: tip, b: tip }],
  swing: (trip, start, tip) => [start, bend(start, tip, trip.start.side)],
  bulge: (trip, start, tip, { gap }) => {
    const depth = Math.max(16, Math.min(0.9 * gap.x, 44)) + 14 * trip.twin;
    const x = start.x + (trip.out === "right" ? depth : -depth);
    return [start, { a: { x, y: start.y }, b: { x, y: tip.y }, to: tip }];
  },
  corridor: (trip, start, tip, { gap }) => {
    const way = trip.start.side === "right" ? 1 : -1;
    const up = { x: start.x + way * gap.x, y: trip.level };
    const down = { x: trip.end.x - way * gap.x, y: trip.level };
    return [start, bend(start, up), { a: up, b: down, to: down }, bend(down, tip)];
  },
};

/** A smooth S from one point to another, level (or upright) at both ends. */
function bend(from, to, side = "right") {
  if (side === "top" || side === "bottom") {
    const y = (from.y + to.y) / 2;
    return { a: { x: from.x, y }, b: { x: to.x, y }, to };
  }
  const x = (from.x + to.x) / 2;
  return { a: { x, y: from.y }, b: { x, y: to.y }, to };
}

const OUTWARD = { left: [-1, 0], right: [1, 0], top: [0, -1], bottom: [0, 1] };

function shifted({ x, y, side }, by) {
  const [dx, dy] = OUTWARD[side];
  return { x: x + dx * by, y: y + dy * by };
}

/** A small arrow head whose tip touches the card. */
function headOf(end) {
  const [dx, dy] = OUTWARD[end.side];
  const back = shifted(end, HEAD + 1);
  const half = 3.4;
  const one = { x: back.x + dy * half, y: back.y + dx * half };
  const other = { x: back.x - dy * half, y: back.y - dx * half };
  return `M${spot(end)}L${spot(one)}L${spot(other)}Z`;
}

function pathOf([first, ...bends]) {
  return `M${spot(first)}${bends.map(({ a, b, to }) => `C${spot(a)} ${spot(b)} ${spot(to)}`).join("")}`;
}

function middleOf(points) {
  const from = points.length > 2 ? points[1].to : points[0];
  const { a, b, to } = points.length > 2 ? points[2] : points[1];
  return { x: (from.x + 3 * a.x + 3 * b.x + to.x) / 8, y: (from.y + 3 * a.y + 3 * b.y + to.y) / 8 };
}

function spot({ x, y }) {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}
