"""Sagas: an operation that fails takes back what it has done; taking back can fail too."""

from __future__ import annotations

from sanket_sim.bank.description import StepKind
from sanket_sim.core.draws import word_of
from sanket_sim.network.callers import Callers
from sanket_sim.network.edges import EdgeRow
from sanket_sim.network.rows import Attempt

WORD_UNDO = word_of("undo")


class Saga:
    """Remembers what each attempt would have to take back, and asks for it.

    Compensations are calls like any other: along their edge, with its time-out and its retries.
    What they answer changes nothing; if they fail, or the replica dies, the work stays done.

    Parameters
    ----------
    edges : list of EdgeRow
    callers : Callers
    """

    def __init__(self, edges: list[EdgeRow], callers: Callers) -> None:
        self.edges = edges
        self.callers = callers

    @staticmethod
    def note(attempt: Attempt, succeeded: bool) -> None:
        """Remember the compensation of a call that has been made, or may have been.

        A business no to the only attempt has certainly changed nothing; a time-out, before it or
        instead of it, may hide a success.
        """
        step = attempt.call.edge.operation.steps[attempt.group - 1]
        if step.kind != StepKind.CALL or step.undo < 0:
            return
        if succeeded or not attempt.refused:
            attempt.undos = [*(attempt.undos or ()), step.undo]

    def take_back(self, attempt: Attempt) -> bool:
        """Ask for the latest compensation; False when nothing is left to take back."""
        if not attempt.undos:
            return False
        edge = self.edges[attempt.undos.pop()]
        attempt.group = len(attempt.call.edge.operation.steps) + 1 + len(attempt.undos)
        attempt.waiting = attempt.needed = 1
        attempt.ok = attempt.failed = 0
        self.callers.call(attempt, edge, WORD_UNDO ^ edge.index, attempt.group)
        return True
