"""The view: a Solara page, and the deck that it hosts.

Nouns: the *page* is Solara's (run controls, experiment chooser, inject form, inspectors, after
Mesa's conventions); the *deck* (``deck/``, one framework-free custom element ``<sanket-deck>``) is
everything that moves five times a second, fed by the server's WebSocket and no other way.

Neighbours: `live` (the flight deck, orders). This room must not know of the server: it is mounted
behind it by `console`. Solara and Mesa's conventions are imported here alone, and no asset comes
from the internet.
"""
