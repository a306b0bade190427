"""The time-line: what disturbs the run and when, planned or commanded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from sanket_sim.faults import Fault
from sanket_sim.live.frames import Disturbance
from sanket_sim.live.scene import Scene
from sanket_sim.live.wording import in_words, place_in_words
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in
from sanket_sim.trace.schema import TRAP_MARK

PLANNED = "experiment"
WINDOWS_MAX = 50
"""Most windows of one fault that are drawn apart; more are drawn as the stretch that they fill."""


class Timeline:
    """Every window of a fault or trap, in the order in which they became known."""

    def __init__(self, scene: Scene) -> None:
        self._words = scene.words
        self._until_ns = scene.experiment.duration
        self._known: list[Disturbance] = []
        self._pending: list[Disturbance] = []
        self._numbers = count(-1, -1)
        self._take(scene.faults, PLANNED)

    @property
    def disturbances(self) -> tuple[Disturbance, ...]:
        """All of them; last what is commanded but has not taken effect, for no time has passed."""
        return (*self._known, *self._pending)

    def announce(self, command: OperatorCommand) -> None:
        """Show a command that has been accepted, before the run goes on and it takes effect."""
        deed = command.deed
        if deed.vanishes:
            return
        if isinstance(deed, Fault):
            place, windows = deed.place, deed.windows(self._until_ns)
        else:
            place, windows = ",".join(deed.kinds or []), [deed.window(self._until_ns)]
        number, trap = next(self._numbers), command.fault is None
        seen = [
            _disturbance(number, deed.kind, place, begin_ns, end_ns, command.by, trap, pending=True)
            for begin_ns, end_ns in windows
        ]
        self._pending += _merged(seen)

    def observe(self, batch: TraceBatch) -> None:
        """Take up what was commanded."""
        if rows_in(batch.faults):
            self._take(batch.faults, self._author(batch.decisions))

    def _author(self, decisions: Columns) -> str:
        return self._words["actor"].words[int(decisions["actor"][0])]

    def _take(self, faults: Columns, by: str) -> None:
        known = list(self._read(faults, by))
        for number in dict.fromkeys(one.fault_id for one in known):
            self._known += _merged([one for one in known if one.fault_id == number])
        for one in known:
            self._settle(one)

    def _read(self, faults: Columns, by: str) -> Iterator[Disturbance]:
        kinds, targets = self._words["fault_kind"].words, self._words["fault_target"].words
        names = ("fault_id", "kind", "target", "begin_ns", "end_ns")
        for fault_id, kind, target, begin_ns, end_ns in zip(
            *(faults[name].tolist() for name in names), strict=True
        ):
            said, trap = kinds[kind].removeprefix(TRAP_MARK), kinds[kind].startswith(TRAP_MARK)
            yield _disturbance(fault_id, said, targets[target], begin_ns, end_ns, by, trap)

    def _settle(self, real: Disturbance) -> None:
        """Forget the announcement of what has now taken effect: the first of its like."""
        for one in self._pending:
            if (one.kind, one.target, one.begin_ns) == (real.kind, real.target, real.begin_ns):
                self._pending = [two for two in self._pending if two.fault_id != one.fault_id]
                return


def _disturbance(
    fault_id: int,
    kind: str,
    place: str,
    begin_ns: int,
    end_ns: int,
    by: str,
    trap: bool,
    *,
    pending: bool = False,
) -> Disturbance:
    label = in_words(kind) + (f" on {place_in_words(place)}" if place else "")
    return Disturbance(fault_id, kind, place, label, begin_ns, end_ns, by, trap, pending)


def _merged(windows: list[Disturbance]) -> list[Disturbance]:
    """Draw the windows of one fault as one stretch, if there are too many to tell apart."""
    if len(windows) <= WINDOWS_MAX:
        return windows
    first, last = windows[0], windows[-1]
    return [
        Disturbance(
            first.fault_id,
            first.kind,
            first.target,
            f"{first.label}, {len(windows):,} times",
            first.begin_ns,
            last.end_ns,
            first.by,
            first.trap,
            first.pending,
        )
    ]
