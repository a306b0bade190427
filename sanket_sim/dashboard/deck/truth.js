// Whether ground truth is shown, and the switch that changes it.

const asked = new WeakSet();

/**
 * Whether what only the simulator knows is shown: as the deck's attribute `truth` says; and in the
 * view "resilience" until somebody has used a switch for it.
 *
 * @param {HTMLElement} deck
 */
export function truthOf(deck) {
  if (deck.truth) asked.add(deck);
  return deck.truth || (deck.view === "resilience" && !asked.has(deck));
}

/** Show ground truth or hide it, in every part of the deck, and tell the host: `sanket-truth`. */
export function showTruth(deck, value) {
  asked.add(deck);
  deck.toggleAttribute("truth", value);
  deck.dispatchEvent(new CustomEvent("sanket-truth", { detail: { value }, bubbles: true, composed: true }));
}
