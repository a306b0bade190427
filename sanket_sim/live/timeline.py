"""The time-line: what disturbs the run and when, planned or commanded."""

from __future__ import annotations

from sanket_sim.live.frames import Disturbance
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in

PLANNED = "experiment"
_TRAP = "trap:"
_COMMAND = "command:"


class Timeline:
    """Every window of a fault or trap, in the order in which they became known."""

    def __init__(self, scene: Scene) -> None:
        self._words = scene.words
        self.disturbances: list[Disturbance] = []
        self._take(scene.faults, PLANNED)

    def observe(self, batch: TraceBatch) -> None:
        """Take up what was commanded."""
        if rows_in(batch.faults):
            self._take(batch.faults, self._author(batch.decisions))

    def _author(self, decisions: Columns) -> str:
        return self._words["actor"].words[int(decisions["actor"][0])]

    def _take(self, faults: Columns, by: str) -> None:
        kinds, targets = self._words["fault_kind"].words, self._words["fault_target"].words
        names = ("fault_id", "kind", "target", "begin_ns", "end_ns")
        for fault_id, kind, target, begin_ns, end_ns in zip(
            *(faults[name].tolist() for name in names), strict=True
        ):
            said, trap = kinds[kind].removeprefix(_TRAP), kinds[kind].startswith(_TRAP)
            place = targets[target]
            label = said.replace("_", " ") + (f" on {place}" if place else "")
            self.disturbances.append(
                Disturbance(fault_id, said, place, label, begin_ns, end_ns, by, trap)
            )
