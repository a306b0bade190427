// Where the cards of the service map stand: pure geometry, no DOM. All lengths in CSS pixels.

const CARD = { width: 150, height: 72 };
const GAP_MIN = { x: 18, y: 15 };
const GAP_EASY = { x: 58, y: 36 };
const GAP_MAX = { x: 96, y: 64 };
const EDGE_OF_ROOM = { x: 13, y: 13 };
const GROWTH_MAX = 1.3;
const WIDTH_LEAST = 84;
const HEIGHT_LEAST = 26;

/**
 * Lay cards out in columns and rows and centre them; they never overlap.
 *
 * @param {{name: string, x: number, y: number}[]} services grid coordinates: columns from the left,
 *   rows from the top; only their order counts, and two in one cell move apart.
 * @param {{width: number, height: number}} room what there is [px].
 * @returns {{width: number, height: number, top: number, card: {width: number, height: number},
 *   gap: {x: number, y: number}, columns: number, rows: number, finish: string,
 *   places: Map<string, object>}} `width` exceeds the room's if the cards would get too narrow.
 */
export function layOut(services, room) {
  const cells = cellsOf(services);
  const columns = 1 + Math.max(0, ...cells.map((cell) => cell.column));
  const rows = 1 + Math.max(0, ...cells.map((cell) => cell.row));
  const along = stretch(room.width, columns, "x", CARD.width, WIDTH_LEAST);
  const down = stretch(room.height, rows, "y", CARD.height, HEIGHT_LEAST);
  const card = inProportion(along.size, down.size);
  const gap = {
    x: spread(along.room, columns, card.width, EDGE_OF_ROOM.x, GAP_MAX.x),
    y: spread(down.room, rows, card.height, EDGE_OF_ROOM.y, GAP_MAX.y),
  };
  const origin = {
    x: (along.room - columns * card.width - (columns - 1) * gap.x) / 2,
    y: (down.room - rows * card.height - (rows - 1) * gap.y) / 2,
  };
  const places = new Map(cells.map((cell) => [cell.name, placeOf(cell, card, gap, origin)]));
  const whole = { width: along.room, height: down.room, top: origin.y };
  return { ...whole, card, gap, columns, rows, finish: finishOf(card), places };
}

/** Rank coordinates and give every service a cell of its own. */
function cellsOf(services) {
  const columns = ranks(services.map((service) => service.x));
  const rows = ranks(services.map((service) => service.y));
  const taken = new Set();
  return services.map(({ name, x, y }) => {
    const column = columns.get(x);
    let row = rows.get(y);
    while (taken.has(`${column} ${row}`)) row += 1;
    taken.add(`${column} ${row}`);
    return { name, column, row };
  });
}

function ranks(values) {
  const ordered = [...new Set(values)].sort((a, b) => a - b);
  return new Map(ordered.map((value, rank) => [value, rank]));
}

/** The largest card that fits `count` times, and the room it needs; beyond the usual only at ease. */
function stretch(room, count, axis, usual, least) {
  const fit = (gap) => (room - 2 * EDGE_OF_ROOM[axis] - (count - 1) * gap) / count;
  const grown = Math.min(usual * GROWTH_MAX, fit(GAP_EASY[axis]));
  const size = Math.max(least, grown, Math.min(usual, fit(GAP_MIN[axis])));
  const needed = 2 * EDGE_OF_ROOM[axis] + count * least + (count - 1) * GAP_MIN[axis];
  return { size: Math.floor(size), room: Math.max(room, needed) };
}

/** Grow beyond the usual size only in both directions alike; shrink in each as needed. */
function inProportion(width, height) {
  const growth = Math.max(1, Math.min(width / CARD.width, height / CARD.height));
  return {
    width: Math.min(width, Math.floor(CARD.width * growth)),
    height: Math.min(height, Math.floor(CARD.height * growth)),
  };
}

function spread(room, count, size, margin, most) {
  return count < 2 ? 0 : Math.min(most, Math.floor((room - 2 * margin - count * size) / (count - 1)));
}

function placeOf({ name, column, row }, { width, height }, gap, origin) {
  const x = Math.round(origin.x + column * (width + gap.x));
  const y = Math.round(origin.y + row * (height + gap.y));
  return { name, column, row, x, y, width, height };
}

/**
 * How a card says its six figures, with their units, in words of 11 px or more: `full` in three
 * lines, `roomy` and `brief` in four; less of them: `slim` if it is narrow and high, `tight` if
 * narrow and low; `terse`, `pinched` if narrow; `bare`.
 */
function finishOf({ width, height }) {
  if (height < 34) return "bare";
  if (height < 46) return width < 116 ? "pinched" : "terse";
  if (width < 106) return height > 61 ? "slim" : "tight";
  if (height < 64 || width < 124) return "brief";
  return width < 146 ? "roomy" : "full";
}
