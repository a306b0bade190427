"""People who look into alerts: how many, how long alerts wait, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, QuantileSketch, wilson
from sanket_sim.core.units import NS_PER_S

HONEST = "honest"
"""Where reviews stand that a payment of nobody's campaign had raised."""
COVER = "cover"
"""Where those stand that a campaign's clean money had raised."""
_COLUMNS = ("time_ns", "actor", "decision", "tx_id", "reason")
_AML = "aml:"


@dataclass(frozen=True, slots=True)
class ReviewedKind:
    """Reviews of alerts that fraud of one typology raised; or honest payments; or cover."""

    reviews: int
    confirmed: Estimate


@dataclass(frozen=True, slots=True)
class ReviewFinding:
    """What analysts did.

    Parameters
    ----------
    monitoring_alerts : int
        Raised by monitoring of the posting log, as `by_pattern` tells them apart.
    reviews, unfinished : int
        Alerts that somebody judged, and those taken up but not judged when the run ended.
    waiting : int
        Alerts that nobody had taken up, or that joined an earlier one about the same account.
    confirmed : Estimate
        Of those judged, the share taken for fraud.
    wait_p50_s, wait_p95_s : Estimate
        From an alert to its being taken up.
    handling_s : float
        All the time that analysts spent.
    by_typology : dict
        By what the payment that raised the alert truly was.
    """

    monitoring_alerts: int
    by_pattern: dict[str, int]
    reviews: int
    unfinished: int
    waiting: int
    confirmed: Estimate
    wait_p50_s: Estimate
    wait_p95_s: Estimate
    handling_s: float
    by_typology: dict[str, ReviewedKind]


def measure_reviews(
    run: RunFolder, typology_of: Mapping[int, str], cover_ids: NDArray[np.int64]
) -> ReviewFinding:
    """Follow each alert from its being raised to its verdict.

    Parameters
    ----------
    typology_of : mapping
        The typology of every fraudulent payment, by tx_id.
    cover_ids : int64 array
        tx_id of the payments of clean money that campaigns make.
    """
    kinds = dict.fromkeys(cover_ids.tolist(), COVER) | dict(typology_of)
    said = _Said(run)
    taken, raised = said.times("analyst", ("take_up",)), said.raised()
    verdicts = said.times("analyst", ("confirm", "clear"))
    # What an alert of the warm-up led to does not count, whenever that was.
    begun = taken | raised
    ended = {key: at_ns for key, at_ns in verdicts.items() if begun.get(key, 0) >= run.start_ns}
    taken = {key: at_ns for key, at_ns in taken.items() if begun[key] >= run.start_ns}
    waiting = {key for key, at_ns in raised.items() if at_ns >= run.start_ns} - taken.keys()
    confirmed = ended.keys() & said.times("analyst", ("confirm",)).keys()
    wait = _sketch([at_ns - raised[key] for key, at_ns in taken.items() if key in raised])
    patterns = said.patterns(run.start_ns)
    return ReviewFinding(
        monitoring_alerts=sum(patterns.values()),
        by_pattern=patterns,
        reviews=len(ended),
        unfinished=len(taken.keys() - ended.keys()),
        waiting=len(waiting),
        confirmed=wilson(len(confirmed), len(ended)),
        wait_p50_s=wait.quantile(0.5) if wait.n else Estimate(),
        wait_p95_s=wait.quantile(0.95) if wait.n else Estimate(),
        handling_s=sum(at_ns - taken.get(key, at_ns) for key, at_ns in ended.items()) / NS_PER_S,
        by_typology=_by_typology(ended.keys(), confirmed, kinds),
    )


def _sketch(waits_ns: Sequence[int]) -> QuantileSketch:
    sketch = QuantileSketch()
    sketch.add(np.array(waits_ns, np.int64))
    return sketch


_Key = tuple[int, str, int]
"""A payment, the reason of an alert, and how many of the same came before."""


class _Said:
    """Decisions told apart by who decided what about which payment."""

    def __init__(self, run: RunFolder) -> None:
        self.rows = run.trace.columns("decisions", _COLUMNS)
        self.actors, self.words = run.trace.words("actor"), run.trace.words("decision")
        self.reasons = run.trace.words("reason")

    def times(self, actor: str, decisions: tuple[str, ...], prefix: str = "") -> dict[_Key, int]:
        """Return when something was decided, by payment and reason [ns]."""
        found: dict[_Key, int] = {}
        for row in self._rows(actor, decisions).tolist():
            reason = prefix + self.reasons[self.rows["reason"][row]]
            self._enter(found, row, reason)
        return found

    def raised(self) -> dict[_Key, int]:
        """Return when alerts were raised: by monitoring, or by the fraud service."""
        found = self.times("aml", ("alert",), _AML)
        for row in self._rows("fraud", tuple(self.words)).tolist():
            self._enter(found, row, self.words[self.rows["decision"][row]])
        return found

    def patterns(self, begin_ns: int) -> dict[str, int]:
        """Count the alerts of monitoring from an instant on by what they found."""
        alerts = self._rows("aml", ("alert",))
        codes = self.rows["reason"][alerts[self.rows["time_ns"][alerts] >= begin_ns]]
        counts = {self.reasons[code]: int((codes == code).sum()) for code in np.unique(codes)}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def _enter(self, found: dict[_Key, int], row: int, reason: str) -> None:
        tx_id, ordinal = int(self.rows["tx_id"][row]), 0
        while (tx_id, reason, ordinal) in found:
            ordinal += 1
        found[tx_id, reason, ordinal] = int(self.rows["time_ns"][row])

    def _rows(self, actor: str, decisions: tuple[str, ...]) -> NDArray[np.intp]:
        codes = [code for code, word in enumerate(self.words) if word in decisions]
        theirs = np.array([word == actor for word in (*self.actors, "")])[self.rows["actor"]]
        return np.flatnonzero(theirs & np.isin(self.rows["decision"], codes))


def _by_typology(
    reviewed: AbstractSet[_Key], confirmed: AbstractSet[_Key], typology_of: Mapping[int, str]
) -> dict[str, ReviewedKind]:
    by_kind: dict[str, list[bool]] = {}
    for key in reviewed:
        by_kind.setdefault(typology_of.get(key[0], HONEST), []).append(key in confirmed)
    return {
        kind: ReviewedKind(len(verdicts), wilson(sum(verdicts), len(verdicts)))
        for kind, verdicts in sorted(by_kind.items())
    }
