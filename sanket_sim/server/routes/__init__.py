"""The routes below /api, a module for each kind of question.

Neighbours: `bridge` (from a request to the flight deck), `models` and `live.frames` (what goes in
and out). Routes hold no state: the flight deck has it. Whatever waits for the run's process runs
in a thread; whatever only looks at the latest frames runs on the event loop and never waits.
"""
