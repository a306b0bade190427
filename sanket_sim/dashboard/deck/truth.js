/**
 * Show ground truth or hide it, in every part of the deck, and tell the host: `sanket-truth`.
 *
 * What only the simulator knows is hidden until somebody asks for it, by a switch of the deck or of
 * its host; the attribute `truth` is the one place that says so.
 */
export function showTruth(deck, value) {
  deck.toggleAttribute("truth", value);
  deck.dispatchEvent(new CustomEvent("sanket-truth", { detail: { value }, bubbles: true, composed: true }));
}
