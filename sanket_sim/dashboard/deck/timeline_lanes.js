// Where the windows of the time-line stand: pure geometry, no DOM. All lengths are shares of the run.

const LANES_MAX = 3;

/**
 * Give every window a lane in which it meets no other; what finds none is left over.
 *
 * A lane in which the whole label has room comes before one in which it would be cut.
 *
 * @param {object[]} disturbances
 * @param {number} endNs of the run
 * @param {(disturbance: object) => number} lengthOf a window's label
 * @returns {{laid: {disturbance: object, lane: number, begin: number, end: number, room: number}[],
 *   over: object[]}} up to `room` a label may run on; `over`: for whom there is no lane
 */
export function lanesOf(disturbances, endNs, lengthOf) {
  const order = [...disturbances].sort((a, b) => a.trap - b.trap || a.begin_ns - b.begin_ns);
  const [laid, over] = [[], []];
  for (const disturbance of order) {
    const begin = Math.min(1, disturbance.begin_ns / endNs);
    const end = Math.min(1, disturbance.end_ns / endNs);
    const told = Math.max(end, Math.min(1, begin + lengthOf(disturbance)));
    const lane = freeLane(laid, { begin, end, told });
    if (lane < 0) over.push(disturbance);
    else laid.push({ disturbance, lane, begin, end, told });
  }
  return { laid: laid.map((place) => ({ ...place, room: roomOf(place, laid) })), over };
}

/** The first lane with room for window and label, else for the window, as others leave it. */
function freeLane(laid, { begin, end, told }) {
  const free = (until, taken) => Array.from({ length: LANES_MAX }, (_, lane) => lane).find((lane) =>
    laid.every((other) => other.lane !== lane || begin >= other[taken] || until <= other.begin));
  return free(told, "told") ?? free(end, "end") ?? -1;
}

function roomOf({ lane, begin, end }, laid) {
  const next = laid.filter((other) => other.lane === lane && other.begin > begin);
  return Math.max(end, Math.min(1, ...next.map((other) => other.begin)));
}
