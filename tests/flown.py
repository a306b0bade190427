"""A small bank to fly, and a flight in this very process that a test steers from outside."""

import os
import threading
from itertools import count
from multiprocessing import Pipe

from sanket_sim.live.flying.orders import Answer, Boarded, Request
from sanket_sim.live.flying.outbox import Outbox
from sanket_sim.live.flying.pilot import Pilot
from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import value_of
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.trace.files import TEMPORARY_SUFFIX
from sanket_sim.trace.manifest import load_manifest

SMALL = """# Question: does a small day fly?
name = "small"
model = "retail_bank"
seed = 5
start = 2026-11-27T08:00:00
duration = "12s"
warmup = "1s"
drain = "30s"
[population]
customers = 60
[demand]
rate = "15/s"
[fraud]
rate = 0.01
[[fault]]
kind = "latency"
target = "payment"
at = "3s"
for = "4s"
add = "3s"
probability = 0.3
[[trap]]
kind = "duplicate_submit"
probability = 0.05
"""
PATIENCE_S = 300.0
"""How long a run may say nothing on a machine that has much else to do."""
STALL = {"kind": "latency", "target": "ledger", "for": "2s", "add": "400ms"}


def written(folder):
    """Say what stands in every part of every table of a run."""
    files = load_manifest(folder).files
    return {path: file.sha256 for path, file in files.items() if path.endswith(".parquet")}


def file_of(folder, text=SMALL, name="small.toml"):
    """Write an experiment."""
    path = folder / name
    path.write_text(text)
    return path


def hold_up(path):
    """Let whoever writes a file of a run wait there until a signal comes: nobody reads the pipe."""
    os.mkfifo(path.with_name(path.name + TEMPORARY_SUFFIX))


class Landed:
    """The last report of a flight."""


class Aloft:
    """A run on a thread, with its pilot; this thread is whoever looks."""

    def __init__(self, source, out, *, speed=10_000.0, play=False):
        theirs, self.orders = Pipe(duplex=False)
        self.reports, their_reports = Pipe(duplex=False)
        self._outbox = Outbox(their_reports)
        self.pilot = Pilot(theirs, self._outbox, 1, "why?", speed=speed, play=play)
        self.run = self.error = None
        self.frames, self._numbers = {}, count(1)
        self._resolved, self._options = resolve(source), Options(out=out, report=False)
        threading.Thread(target=self._fly, daemon=True).start()
        self._hear_until(lambda report: isinstance(report, Boarded))

    def _fly(self):
        try:
            self.run = run_once(self._resolved, self._options, crew=self.pilot)
        except Exception as error:  # noqa: BLE001  # a test looks at it
            self.error = error
        finally:
            self._outbox.put(Landed())

    def _hear_until(self, is_it):
        while True:
            assert self.reports.poll(PATIENCE_S), self.error or "the flight is silent"
            report = self.reports.recv()
            if isinstance(report, Frame):
                self.frames[report.topic] = report
            if is_it(report):
                return report

    @property
    def metrics(self):
        return value_of(self.frames["metrics"].body)

    @property
    def status(self):
        return self.metrics["run"]

    def ask(self, order):
        number = next(self._numbers)
        self.orders.send(Request(number, order))
        return self._hear_until(lambda one: isinstance(one, Answer) and one.number == number)

    def until(self, *states, now_ns=0):
        """Wait until a frame says that the flight is in one of these states, and so far."""

        def is_there():
            return self.status["state"] in states and self.status["now_ns"] >= now_ns

        if not is_there():
            self._hear_until(lambda one: isinstance(one, Frame) and is_there())
        return self.status

    def land(self):
        """Wait for the end of the run; None if it has none, and `error` says why."""
        self._hear_until(lambda report: isinstance(report, Landed))
        return self.run
