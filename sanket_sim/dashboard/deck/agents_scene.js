// What of a crowd may be shown, and where it stands on the board.

const MARGIN = { x: 20, top: 14, bottom: 22 };
const CRIMINAL = new Set(["mule", "fraudster"]);

/**
 * A crowd as somebody may see it: without ground truth, whoever the bank has not found is a customer
 * like any other, and fraudsters and campaigns that it has not found are not there.
 *
 * @param {object} crowd a `Crowd`
 * @param {boolean} truth whether ground truth is shown
 * @param {{width: number, height: number}} room of the board [px]
 */
export function sceneOf(crowd, truth, room) {
  const seen = crowd.dots.filter((dot) => truth || dot.found || dot.role !== "fraudster");
  const dots = seen.map((dot) => ({ ...dot, ...placeOf(dot, room), role: roleOf(dot, truth) }));
  const known = new Map(dots.map((dot) => [dot.agent_id, dot]));
  const shown = crowd.campaigns.filter((campaign) => truth || campaign.found);
  const campaigns = shown.map((campaign) => ({
    ...campaign,
    people: campaign.agents.map((id) => known.get(id)).filter(Boolean),
  }));
  return { dots, known, campaigns, ...flowsOf(crowd.flows, known, campaigns) };
}

/** Whether a dot is one of a crime's own people, as far as it is shown. */
export function isCriminal(dot) {
  return CRIMINAL.has(dot.role);
}

function placeOf({ x, y }, { width, height }) {
  return {
    left: MARGIN.x + x * (width - 2 * MARGIN.x),
    top: MARGIN.top + y * (height - MARGIN.top - MARGIN.bottom),
  };
}

function roleOf(dot, truth) {
  return !truth && !dot.found && CRIMINAL.has(dot.role) ? "customer" : dot.role;
}

function flowsOf(flows, known, campaigns) {
  const found = new Map(campaigns.map((campaign) => [campaign.campaign_id, campaign.found]));
  const quiet = [];
  const hot = [];
  for (const flow of flows) {
    const from = known.get(flow.debtor);
    const to = known.get(flow.creditor);
    if (!from || !to || from === to) continue;
    const campaign = found.get(flow.campaign_id);
    if (campaign !== undefined) hot.push({ from, to, found: campaign, amount: flow.amount_minor });
    else if (flow.amount_minor > 0) quiet.push({ from, to });
  }
  return { quiet, hot };
}

/** How many of each role are shown. */
export function countsOf(dots) {
  const counts = { customer: 0, merchant: 0, mule: 0, fraudster: 0 };
  for (const { role } of dots) counts[role] += 1;
  return counts;
}

/** The dot within reach of a point, the more interesting and then the nearer first; or none. */
export function dotAt(dots, left, top, reach = 10) {
  let best = null;
  for (const dot of dots) {
    const far = Math.hypot(dot.left - left, dot.top - top);
    const score = far - (isCriminal(dot) ? 4 : 0);
    if (far <= reach && (!best || score < best.score)) best = { dot, score };
  }
  return best?.dot ?? null;
}

/** Dots that keyboard users step through: findings and suspects, from left to right. */
export function stopsOf(dots) {
  const stops = dots.filter((dot) => isCriminal(dot) || dot.state !== "ok");
  return stops.sort((a, b) => a.left - b.left || a.agent_id - b.agent_id);
}
