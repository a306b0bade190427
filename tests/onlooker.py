"""Two short runs that somebody looks at from their first tick to after their last."""

import pickle
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames.json_text import json_of, value_of
from sanket_sim.live.inspection import inspect
from sanket_sim.live.inspection.reading_room import ReadingRoom, tell_unwritten
from sanket_sim.live.picture import Picture
from sanket_sim.simulation import run as running
from sanket_sim.simulation.resolve import resolve
from sanket_sim.trace.writer import TraceWriter

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
ROWS_PER_PART = 3000
"""Small, so that a short run has rows on the disk while others wait."""


_FOLDERS: list[tempfile.TemporaryDirectory] = []
"""Go when the tests are over."""


class Onlooker:
    """Puts a run into a picture, and takes notes at set seconds."""

    def __init__(self, looks: dict[int, Callable[["Onlooker"], object]]) -> None:
        self.looks = looks
        self.notes: dict[int, object] = {}
        self.frames = []
        self.newest_hop_of = -1

    def board(self, cockpit) -> None:
        self.cockpit = cockpit
        self.picture = Picture(cockpit)
        self.room = ReadingRoom(cockpit.resolved.bank)
        cockpit.simulation.observers = (*cockpit.simulation.observers, self)

    def observe(self, batch) -> tuple[()]:
        self.picture.observe(batch)
        if len(batch.hops["tx_id"]):
            self.newest_hop_of = int(batch.hops["tx_id"].max())
        if frame := self.picture.feed.frame():
            self.frames.append(frame)
        second = batch.end_ns // NS_PER_S
        if second in self.looks and second not in self.notes:
            self.notes[second] = self.looks[second](self)
        return ()

    def leave(self) -> None:
        self.picture.close()

    def service(self, name):
        return next(one for one in self.picture.services.services() if one.name == name)

    def seen(self, kind, key):
        """Return an inspector's answer as a page gets it."""
        found = self.story(str(key)) if kind == "payment" else inspect(self.picture, kind, str(key))
        return value_of(json_of(found))

    def story(self, key):
        """Look a payment up as the server does: what the run says of it crosses a pipe."""
        return self.room.story(
            key, lambda *asked: pickle.loads(pickle.dumps(tell_unwritten(self.picture, *asked)))
        )

    @property
    def rows(self):
        return [row for frame in self.frames for row in frame.rows]


def fly(name, duration, overrides, looks=()):
    onlooker = Onlooker(dict(looks))
    asked = resolve(EXPERIMENTS / f"{name}.toml", overrides, duration=duration)
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="sanket-onlooker-"))
    out = Path(_FOLDERS[-1].name)
    small = partial(TraceWriter, rows_per_part=ROWS_PER_PART)
    with patch.object(running, "TraceWriter", small):
        run = running.run_once(asked, running.Options(out=out, report=False), crew=onlooker)
    return onlooker, run


def _leaks_seen(one: Onlooker):
    """Open payments of every age while the run goes on."""
    leaked = next(row.tx_id for row in reversed(one.rows) if row.leak_class)
    return {
        "first": one.seen("payment", 0),
        "leaked": one.seen("payment", leaked),
        "newest": one.seen("payment", one.rows[-1].tx_id),
        "under_way": one.seen("payment", one.newest_hop_of),
        "parts": len(list((one.cockpit.folder / "hops").glob("*.parquet"))),
        "pool": one.seen("service", "pool"),
    }


@cache
def storm():
    """Return a storm of retries, in which every payment is posted three times."""
    return fly("retry_storm", "80s", {"warmup": "0s"}, {79: _leaks_seen})


TROUBLE = [
    {"kind": "crash", "target": "ledger", "replicas": "one", "at": "8s", "for": "6s"},
    {"kind": "abort", "target": "fraud", "at": "16s", "for": "8s", "code": "UNAVAILABLE"},
    {"kind": "latency", "target": "payment", "at": "26s", "for": "6s", "add": "5s"},
]
TRAPS = [
    {"kind": "duplicate_submit", "probability": 0.05},
    {"kind": "currency_mismatch", "probability": 0.2},
    {"kind": "wrong_exponent", "probability": 1.0},
]


def _cards(one: Onlooker):
    return {service.name: service for service in one.picture.services.services()}


@cache
def day():
    """Return a bank in every kind of trouble, whose back office looks away."""
    settings = {
        "warmup": "0s",
        "fault": TROUBLE,
        "trap": TRAPS,
        "demand.rate": "60/s",
        "controls.idempotency_key": False,
        "controls.same_ledger": False,
        "controls.exponent_table": False,
        "reconciliation.enabled": False,
    }
    return fly("peak_load", "40s", settings, {10: _cards, 15: _cards, 24: _cards, 36: _cards})
