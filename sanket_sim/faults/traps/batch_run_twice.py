"""T16: a file of payments runs for two dates: UTC's and the local one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.reach import Reach
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import LeakClass, Mishap
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, traps


@traps.register("batch_run_twice")
class BatchRunTwice(Trap):
    """At the cut-off two schedules disagree about the date, and each runs the whole file.

    A file is struck as a whole or not at all; a window that begins or ends while a file is being
    released cuts it.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "batch_run_twice", "probability": 0.3}
    CODE: ClassVar[str] = "T16"
    CONTROL: ClassVar[str] = "batch_uniqueness"
    LEAK_CLASS: ClassVar[LeakClass] = LeakClass.DUPLICATE
    NEEDS: ClassVar[str] = "moves money in files"
    REMEDY: ClassVar[str] = "give a route a `batch`"

    kind: Literal["batch_run_twice"]
    gap: PositiveDurationNs = 60 * NS_PER_S
    """Time from the first run to the second."""

    def fits(self, reach: Reach, route: int) -> bool:
        """Choose what comes in files, whoever pays."""
        return reach.bank.routes[route].moves_money and reach.bank.routes[route].batch is not None

    def chance(self, intents: Intents, draws: Draws) -> NDArray[np.float64]:
        """Draw for each file by itself."""
        return draws.uniform(intents["kind"], intents["batch_id"])

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Choose items of a file."""
        del ground
        listed: NDArray[np.bool_] = candidates["batch_id"] > 0
        return listed

    def poison(self, victims: Intents, ground: Ground) -> None:
        """Run the file again."""
        del ground
        victims["mishap"] |= int(Mishap.BATCH_RERUN)
        victims["copies"] = 2
        victims["copy_gap_ns"] = self.gap
