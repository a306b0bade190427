// Whether ground truth is shown, and the switch that changes it.

const hidden = new WeakSet();

/**
 * Whether what only the simulator knows is shown: as the deck's attribute `truth` says, and in the
 * view "resilience" unless somebody has switched it off.
 *
 * @param {HTMLElement} deck
 */
export function truthOf(deck) {
  return deck.truth || (deck.view === "resilience" && !hidden.has(deck));
}

/** Show ground truth or hide it, in every part of the deck. */
export function showTruth(deck, shown) {
  if (shown) hidden.delete(deck);
  else hidden.add(deck);
  deck.toggleAttribute("truth", shown);
}
