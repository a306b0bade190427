"""A flight in a process of its own: whatever befalls it, the deck goes on and says what happened.

Every test here starts processes that build a bank; they take seconds each.
"""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from flown import PATIENCE_S, SMALL, STALL, file_of, written

from sanket_sim.core.errors import InputError
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps import traps
from sanket_sim.live.flying.flight_deck import FlightDeck, FlightError
from sanket_sim.live.flying.orders import Give, Inspect, Pause, Play, SetSpeed, Step, Stop
from sanket_sim.simulation.run import run
from sanket_sim.trace.files import sha256_of
from sanket_sim.trace.manifest import load_manifest

pytestmark = pytest.mark.slow

PLUGIN = """
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sanket_sim.core.errors import ConservationError
from sanket_sim.faults.traps import Trap, traps


@traps.register("{kind}")
class {name}(Trap):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {{"kind": "{kind}", "probability": 0.3}}
    CODE: ClassVar[str] = "{code}"
    CONTROL: ClassVar[str] = ""
    kind: Literal["{kind}"]

    def poison(self, victims, ground):
        {deed}
"""
KEEP = """
        from pathlib import Path

        class Hoard:
            def __del__(self, path=Path({marker!r})):
                path.touch()

        if not hasattr(self, "hoard"):
            object.__setattr__(self, "hoard", Hoard())
"""
MAKE_MONEY = """
        from sanket_sim.network.balances import BalanceStore

        post = BalanceStore.post
        BalanceStore.post = lambda self, account, amount_minor, now_ns: post(
            self, account, amount_minor + (amount_minor > 0), now_ns
        )
"""


def with_plugin(folder, kind, code, deed):
    """Write an experiment with a trap of its own that does something bad after two seconds."""
    text = PLUGIN.format(name=kind.title(), kind=kind, code=code, deed=deed)
    (folder / f"{kind}.py").write_text(text)
    named = SMALL.replace('name = "small"', f'name = "small"\nplugins = ["{kind}.py"]')
    laid = f'[[trap]]\nkind = "{kind}"\nprobability = 0.5\nat = "2s"\n'
    return str(file_of(folder, named + laid))


class Watch:
    """Whoever looks at a deck, and can wait for what it shows."""

    def __init__(self, deck):
        self.deck, self._changed, self.frames = deck, threading.Condition(), 0
        deck.listen(lambda _: self._hear())

    def _hear(self):
        with self._changed:
            self.frames += 1
            self._changed.notify_all()

    def until(self, *states, now_ns=0):
        def is_there():
            status = self.deck.status
            return status.state in states and status.now_ns >= now_ns

        with self._changed:
            assert self._changed.wait_for(is_there, PATIENCE_S), self.deck.status
        return self.deck.status


@pytest.fixture(autouse=True)
def _own_traps():
    """Forget what a plugin has registered here too, where the deck has read its experiment."""
    known = dict(traps._parts)
    yield
    traps._parts.clear()
    traps._parts.update(known)
    for name in [name for name in sys.modules if name.startswith("sanket_plugin_")]:
        del sys.modules[name]


@pytest.fixture
def small(tmp_path):
    return str(file_of(tmp_path))


@pytest.fixture
def deck(tmp_path):
    deck = FlightDeck(tmp_path / "out")
    yield deck
    deck.hurry()


@pytest.fixture
def watch(deck):
    return Watch(deck)


def test_the_bytes_of_a_watched_and_disturbed_flight_are_those_of_a_bare_run(
    small, deck, watch, tmp_path
):
    deck.start(small)
    for speed in (5.0, 200.0):
        deck.ask(SetSpeed(speed))
        deck.ask(Step(4 * NS_PER_S))  # on its way, or at its end, when the pause comes
        deck.ask(Pause())
        deck.ask(Step(111_111_111))
        watch.until("paused")
        deck.ask(Inspect("history"))
    deck.ask(SetSpeed(10_000.0))
    deck.ask(Play())
    folder = Path(watch.until("ended").folder)
    run(small, out=tmp_path / "bare", report=False)
    assert watch.frames > 10
    assert len(written(folder)) > 5
    assert written(folder) == written(tmp_path / "bare" / "small-s5")


def test_a_flight_that_was_steered_is_replayed_from_its_own_experiment(
    small, deck, watch, tmp_path
):
    deck.start(small)
    deck.ask(Step(1_700_000_001))
    watch.until("paused")
    deck.ask(Give(STALL))
    deck.ask(SetSpeed(10_000.0))
    deck.ask(Play())
    folder = Path(watch.until("ended").folder)
    run(folder / "experiment.toml", out=tmp_path / "again", report=False)
    assert "[[command]]" in (folder / "experiment.toml").read_text()
    assert written(tmp_path / "again" / "small-s5") == written(folder)


def test_reset_brings_the_same_to_its_start_in_a_new_folder_and_the_old_one_is_measured(
    small, deck, watch
):
    deck.start(small)
    deck.ask(SetSpeed(77.0))
    deck.ask(Step())
    first = watch.until("paused")
    deck.reset()
    second = deck.status
    assert (second.state, second.now_ns, second.run_id) == ("ready", 0, 2)
    assert second.speed == 77.0
    assert second.folder != first.folder
    deck.close()
    assert load_manifest(Path(first.folder)).reason.startswith("interrupted by the operator")
    assert (Path(first.folder) / "report.html").is_file()
    assert not Path(second.folder).exists(), "what has never flown leaves nothing"


def test_stopping_what_never_flew_leaves_no_folder_and_reset_begins_again(small, deck, watch):
    deck.start(small)
    folder = Path(deck.status.folder)
    deck.ask(Stop())
    assert watch.until("ended").folder == ""
    assert not folder.exists()
    assert deck.ask(Play()).problems
    deck.reset()
    assert deck.status.state == "ready"


def test_a_process_that_is_killed_leaves_a_deck_that_says_so_and_flies_again(small, deck, watch):
    deck.start(small, speed=1.0, play=True)
    watch.until("running", now_ns=1)
    os.kill(deck.pid, signal.SIGKILL)
    status = watch.until("failed")
    assert "SIGKILL" in status.message
    assert status.now_ns > 0
    with pytest.raises(FlightError, match="reset"):
        deck.ask(Play())
    assert not load_manifest(Path(status.folder)).complete
    deck.reset()
    assert deck.status.state == "ready"


def test_a_plugin_that_raises_ends_the_run_as_failed_with_its_own_words(deck, watch, tmp_path):
    source = with_plugin(tmp_path, "surprise", "X01", 'raise ZeroDivisionError("nobody thought")')
    deck.start(source, speed=10_000.0, play=True)
    status = watch.until("failed")
    assert re.search(
        r"ZeroDivisionError: nobody thought \(surprise\.py, line \d+\)", status.message
    )
    assert status.now_ns >= 2 * NS_PER_S
    assert deck.ask(Inspect("history")).body
    deck.reset()
    assert deck.status.state == "ready"


@pytest.mark.parametrize(("speed", "state"), [(10_000.0, "ended"), (5.0, "running")])
def test_nobody_waits_for_a_run_to_be_taken_apart_once_all_of_it_is_written(
    deck, watch, tmp_path, speed, state
):
    taken_apart = tmp_path / "taken_apart"
    source = with_plugin(tmp_path, "hoarder", "X03", KEEP.format(marker=str(taken_apart)))
    deck.start(source, speed=speed, play=True)
    folder = Path(watch.until(state, now_ns=6 * NS_PER_S).folder)
    process = deck._flight._process
    deck.close()
    assert process.exitcode == 0, "it has gone by itself"
    assert not taken_apart.exists()
    assert deck.status.state == "ended"
    files = load_manifest(folder).files
    assert {"findings.json", "report.html"} <= set(files)
    for name, file in files.items():
        assert sha256_of((folder / name).read_bytes()) == file.sha256, name


def test_money_out_of_nothing_is_found_by_the_auditor_and_fails_the_run(deck, watch, tmp_path):
    deck.start(with_plugin(tmp_path, "thief", "X02", MAKE_MONEY), speed=10_000.0, play=True)
    status = watch.until("failed")
    assert re.search(r"conservation law L4 failed: residual [1-9]\d* EUR", status.message)
    assert not status.conserved
    assert status.now_ns < 12 * NS_PER_S, "at the first tick in which it does not hold"
    deck.ask(Inspect("history"))  # its answer comes after whatever was shown with the failure
    (alert,) = [one for one in deck.body("alerts")["alerts"] if one["topic"] == "LEDGER"]
    assert (alert["title"], alert["severity"]) == ("Conservation law broken", "critical")
    assert "law L4" in load_manifest(Path(status.folder)).reason


def test_a_disk_that_is_full_in_mid_flight_fails_the_run_and_reset_flies_again(small, deck, watch):
    deck.start(small)
    deck.ask(Step())
    watch.until("paused")
    resource.prlimit(deck.pid, resource.RLIMIT_FSIZE, (10_000, 10_000))  # as a disk without room
    deck.ask(SetSpeed(10_000.0))
    deck.ask(Play())
    status = watch.until("failed")
    assert "cannot be written" in status.message
    assert status.conserved
    assert not load_manifest(Path(status.folder)).complete
    assert deck.ask(Inspect("history")).body, "what it has seen can still be looked at"
    deck.reset()
    assert deck.status.state == "ready"


def test_a_wrong_experiment_leaves_the_present_flight_alone(small, deck, watch):
    deck.start(small)
    with pytest.raises(InputError, match="no such file"):
        deck.start("no_such_experiment")
    assert not deck.ask(Step()).problems
    assert watch.until("paused").run_id == 1


def test_without_a_speed_the_length_of_the_run_chooses_it(small, deck):
    deck.start(str(small), duration="1h", wait=False)
    assert deck.status.speed == 10.0


def test_a_deck_without_a_flight_is_no_error(tmp_path):
    deck = FlightDeck(tmp_path)
    assert (deck.status, deck.points, deck.plan) == (None, [], None)
    with pytest.raises(FlightError, match="no run has been started"):
        deck.ask(Play())
    with pytest.raises(FlightError, match="no run has been started"):
        deck.reset()
    deck.close()
    assert not list(tmp_path.iterdir())


def test_when_the_server_is_killed_the_run_ends_properly_and_leaves_no_orphan(small, tmp_path):
    script = f"""
import time
from pathlib import Path
from sanket_sim.live.flying.flight_deck import FlightDeck
if __name__ == "__main__":
    deck = FlightDeck(Path({str(tmp_path / "out")!r}))
    deck.start({small!r}, speed=1.0, play=True)
    while not deck.status.now_ns:
        time.sleep(0.05)
    print(deck.pid, flush=True)
    time.sleep(600)
"""
    file = tmp_path / "server.py"
    file.write_text(script)
    with subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True) as server:
        pid = int(server.stdout.readline())
        server.kill()
    _wait(lambda: _is_gone(pid))
    manifest = json.loads((tmp_path / "out" / "small-s5" / "manifest.json").read_text())
    assert manifest["reason"].startswith("interrupted by the loss of its server")
    assert (tmp_path / "out" / "small-s5" / "findings.json").is_file()


def _is_gone(pid):
    """Say whether a process has ended, even if nobody has asked how yet."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return said.rpartition(")")[2].split()[0] in "ZX"


def _wait(is_so):
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s, "it takes too long"
        time.sleep(0.05)
