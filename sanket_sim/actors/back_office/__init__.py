"""The back office: finds what went wrong with money, and puts right what can be put right.

Nouns: `Book` (orders that are still open to doubt, and what the posting log says about each),
`Break` (a kind of disagreement), `Case` (a break under investigation), `Remedy` (a movement that
puts it right), `BackOffice` (the people who do all this, at fixed instants of simulated time).
Neighbours: the bank's description and the trace's batches below; the loop of the simulation asks
it for corrections as it asks the city for payments. This room must not know the truth: not what
an intent was really worth, not the traps, not the leaks. Only a customer who complains knows what
he wanted himself.
"""

from sanket_sim.actors.back_office.settings import ReconciliationSettings

__all__ = ["ReconciliationSettings"]
