// Where the labels of campaigns go: near their people, on the board, and never over one another.

const GAP = 4;
const AWAY = 10;
const STEPS = 7;
/** What covering a dot costs, in pixels of distance. */
const COVERED = 7;
/** What it is worth to a reader that a label stays where it was, in pixels of distance. */
const STAYING = 40;

/**
 * Place labels, one after the other; one that finds no room is left out.
 *
 * @param {{campaign: object, width: number, height: number}[]} labels most important first
 * @param {{width: number, height: number}} room of the board [px]
 * @param {{left: number, top: number, width: number, height: number}[]} taken where none may be
 * @param {{left: number, top: number}[]} dots that are better left uncovered
 * @param {Map<number, object>} before where the labels have been
 * @returns {Map<number, {left: number, top: number}>} by campaign_id
 */
export function placeLabels(labels, room, taken, dots, before) {
  const boxes = [...taken];
  const places = new Map();
  for (const { campaign, width, height } of labels) {
    const around = boxAround(campaign);
    const stay = stayed(before.get(campaign.campaign_id), { width, height }, room);
    const found = [...stay, ...candidates(around, { width, height }, room)];
    const free = found.filter((box) => isFree(box, boxes));
    const best = lowest(free, (box) => (
      distance(box, around) + COVERED * covered(box, dots) - (stay.includes(box) ? STAYING : 0)));
    if (!best) continue;
    boxes.push(best);
    places.set(campaign.campaign_id, best);
  }
  return places;
}

/** The box around the people that a label is about: its criminals if any are shown. */
function boxAround({ people }) {
  const criminals = people.filter(({ role }) => role === "mule" || role === "fraudster");
  const some = criminals.length ? criminals : people;
  const lefts = some.map(({ left }) => left);
  const tops = some.map(({ top }) => top);
  return some.length
    ? { left: Math.min(...lefts), right: Math.max(...lefts), top: Math.min(...tops), bottom: Math.max(...tops) }
    : { left: 0, right: 0, top: 0, bottom: 0 };
}

/** Boxes above, below and beside somebody, near ones and further ones. */
function candidates({ left, right, top, bottom }, { width, height }, room) {
  const middle = (left + right) / 2;
  const found = [];
  for (let step = 0; step < STEPS; step += 1) {
    const far = AWAY + step * (height + GAP) / 2;
    for (const y of [top - far - height, bottom + far]) {
      for (const slide of [-0.5, -0.15, -0.85]) found.push([middle + slide * width, y]);
    }
    const level = (top + bottom - height) / 2 + (step - STEPS / 2) * (height / 2);
    found.push([right + AWAY, level], [left - AWAY - width, level]);
  }
  return found.map(([x, y]) => inside(x, y, width, height, room));
}

function stayed(box, { width, height }, room) {
  return box ? [inside(box.left, box.top, width, height, room)] : [];
}

function inside(left, top, width, height, room) {
  const within = (value, most) => Math.round(Math.min(Math.max(value, GAP), Math.max(GAP, most - GAP)));
  return { left: within(left, room.width - width), top: within(top, room.height - height), width, height };
}

function lowest(items, cost) {
  let best = null;
  for (const item of items) {
    const price = cost(item);
    if (!best || price < best.price) best = { item, price };
  }
  return best?.item;
}

function distance(box, around) {
  const x = box.left + box.width / 2 - (around.left + around.right) / 2;
  const y = box.top + box.height / 2 - (around.top + around.bottom) / 2;
  return Math.hypot(x / 2, y);
}

function covered({ left, top, width, height }, dots) {
  return dots.filter((dot) => (
    dot.left > left - 2 && dot.left < left + width + 2 && dot.top > top - 2 && dot.top < top + height + 2)).length;
}

function isFree(box, boxes) {
  return boxes.every((other) => !overlap(box, other));
}

function overlap(a, b) {
  return (
    a.left < b.left + b.width + GAP && b.left < a.left + a.width + GAP &&
    a.top < b.top + b.height + GAP && b.top < a.top + a.height + GAP
  );
}
