"""What people do about a failure: try again, ask for the balance, complain, leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sanket_sim.actors.settings import PatienceSettings
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import Ack, Outcome
from sanket_sim.trace.batch import Columns

_DOUBTFUL = (Outcome.TIMEOUT, Outcome.DEADLINE_EXCEEDED, Outcome.CONNECTION_RESET)


@dataclass(frozen=True, slots=True)
class Reactions:
    """What the people behind failed answers will do, row by row.

    Parameters
    ----------
    retry, enquire, complain, leave : bool array, shape (answers,)
    retry_ns, enquire_ns, settle_ns : int64 array, shape (answers,) [ns]
        When the person tries again, asks for the balance, or settles the matter for himself.
    last_try : bool array, shape (answers,)
        The next try, if there is one, is the last.
    """

    retry: NDArray[np.bool_]
    enquire: NDArray[np.bool_]
    complain: NDArray[np.bool_]
    leave: NDArray[np.bool_]
    retry_ns: NDArray[np.int64]
    enquire_ns: NDArray[np.int64]
    settle_ns: NDArray[np.int64]
    last_try: NDArray[np.bool_]


class Patience:
    """The law of reactions; every number keyed by intent and submission.

    Parameters
    ----------
    settings : PatienceSettings
    draws : Draws
    """

    def __init__(self, settings: PatienceSettings, draws: Draws) -> None:
        self.settings = settings
        self.draws = draws.child("patience")

    def react(self, failed: Columns) -> Reactions:
        """Return what follows from failed answers that are still open."""
        law = self.settings
        tries_left = law.retries_max - failed["submission"].astype(np.int64)
        retry = (tries_left > 0) & self._happens(failed, "retry", law.retry)
        doubtful = np.isin(failed["outcome"], _DOUBTFUL) | (failed["ack"] == Ack.UNKNOWN)
        return Reactions(
            retry=retry,
            enquire=doubtful & self._happens(failed, "enquire", law.enquire),
            complain=~retry & self._happens(failed, "complain", law.complain),
            leave=~retry & self._happens(failed, "leave", law.leave),
            retry_ns=self._later_ns(failed, "retry_delay"),
            enquire_ns=self._later_ns(failed, "enquire_delay"),
            settle_ns=failed["answered_ns"] + law.minimum,
            last_try=tries_left <= 1,
        )

    def _happens(self, failed: Columns, purpose: str, share: float) -> NDArray[np.bool_]:
        u = self.draws.child(purpose).uniform(failed["draw_key"], failed["submission"])
        return np.asarray(u < share)

    def _later_ns(self, failed: Columns, purpose: str) -> NDArray[np.int64]:
        u = self.draws.child(purpose).uniform(failed["draw_key"], failed["submission"])
        delay_ns = self.settings.median * np.exp(self.settings.spread * ndtri(u))
        delay_ns = np.minimum(np.maximum(delay_ns, self.settings.minimum), 2.0**60)
        return np.asarray(failed["answered_ns"] + np.rint(delay_ns).astype(np.int64))
