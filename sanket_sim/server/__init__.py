"""The API of a flight deck: REST, a WebSocket, health and Prometheus metrics, as one ASGI app.

Nouns: the *hub* fans frames out to *clients*, each with a short queue of its own: who is slow gets
fewer frames, and holds nobody up. *Routes* answer from the latest frames, or pass an order on over
the *bridge*; a *refusal* is every answer but a good one. *Access* stands before all of it, and
before whatever is mounted behind.

Neighbours: `live` (the flight deck, and everything that can be asked of it). This room must not
know of the page: `console` mounts that beside it. FastAPI and uvicorn are imported here and where
the page is mounted, nowhere else.
"""
