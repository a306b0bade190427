"""Law L7: what traps did, which control stood in the way, what was noticed and what put right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.breaks import DETECTORS, Breaks, breaks_of, corrections_of
from sanket_sim.analysis.decomposition import IntentStatus
from sanket_sim.analysis.intents import Judgement, judged
from sanket_sim.analysis.leakage import NO_TRAP, UNKNOWN, LeakageFinding
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import LaidTrap, RunFolder
from sanket_sim.analysis.statistics import Estimate, QuantileSketch, wilson
from sanket_sim.core.errors import ConservationError
from sanket_sim.core.outcomes import Decline

Mask = NDArray[np.bool_]

WITHOUT_TRAP = "no_trap"
"""Where leaks stand that come from no trap: faults, races, delays."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Intents that reached one stage, and what they leaked by currency [minor units].

    The stages that no money has left (`MONEYLESS`) have no value: what was submitted says nothing
    of what a control saved.
    """

    intents: int
    minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class TrapCourse:
    """What became of the intents that one trap struck.

    Parameters
    ----------
    code, control : str
        The trap's number, and the control that catches it; empty for leaks without a trap.
    control_on : bool
        Whether that control was on in this run.
    injected, prevented, executed : Passage
        Struck; of these no money went wrong (stopped, carried out as they should be, or never at
        risk), or some did, on either leg. Without a trap, what leaked counts as struck.
    told_wrong : Passage
        Of the prevented, as a memo: every unit is where it belongs, but the customer was told
        otherwise or too late, or a hold stayed open. These are leaks in count, not in value.
    detected, undetected : Passage
        Of the executed: found by reconciliation or by a complaint, or not.
    recovered, residual : Passage
        Of the detected: put right to the last unit, or not. Their values count every unit by
        itself, whether or not the rest of its intent came back.
    prevention, detection : Estimate
        Prevented of injected; detected of executed.
    delay_p50, delay_p95 : Estimate
        Time from the last posting (else from the customer's answer) to the first break [s]; 0
        where the bank was on to the payment before it leaked.
    detected_by : dict
        Who found the first break -> leaked intents.
    """

    code: str
    control: str
    control_on: bool
    injected: Passage
    prevented: Passage
    told_wrong: Passage
    executed: Passage
    detected: Passage
    undetected: Passage
    recovered: Passage
    residual: Passage
    prevention: Estimate
    detection: Estimate
    delay_p50: Estimate
    delay_p95: Estimate
    detected_by: dict[str, int]


@dataclass(frozen=True, slots=True)
class Detector:
    """How one of those who look for breaks fared.

    Parameters
    ----------
    breaks : int
        All that it raised, over the whole run.
    leaks, told_wrong, false_alarms : int
        Measured intents that it was the first to raise, and whose money had gone wrong, or about
        which only somebody had been told wrong, or neither.
    """

    breaks: int
    leaks: int
    told_wrong: int
    false_alarms: int


@dataclass(frozen=True, slots=True)
class ControlsFinding:
    """How the bank's controls and its reconciliation fared.

    Parameters
    ----------
    overall : TrapCourse
        All traps, and the leaks without one.
    by_trap : dict
        Kind of the trap, or `WITHOUT_TRAP`.
    by_detector : dict
    by_break : dict
        Kind of break -> how many were raised.
    overcorrected_minor : dict
        By currency: what corrections moved beyond the gross leak of what had been found, which
        counts a payment that went wrong at both ends once.
    false_breaks : Estimate
        Intents that did not leak, of those that a break was raised on.
    blocked : Estimate
        Honest, sound payments that a control refused, of all such payments; what the fraud check
        refused is counted with fraud.
    blocked_minor : dict
        Their value by currency.
    blocked_for : dict
        Reason given -> payments.
    """

    overall: TrapCourse
    by_trap: dict[str, TrapCourse]
    by_detector: dict[str, Detector]
    by_break: dict[str, int]
    overcorrected_minor: dict[str, int]
    false_breaks: Estimate
    blocked: Estimate
    blocked_minor: dict[str, int]
    blocked_for: dict[str, int]


STAGES = (
    "injected",
    "prevented",
    "told_wrong",
    "executed",
    "detected",
    "undetected",
    "recovered",
    "residual",
)
MONEYLESS = frozenset({"injected", "prevented", "told_wrong"})
"""Stages that are counted, but have no value."""
_LAW_L7 = (
    ("injected", "prevented", "executed"),
    ("executed", "detected", "undetected"),
    ("detected", "recovered", "residual"),
)
_NO_CONTROL = (Decline.NONE, Decline.SUSPECTED_FRAUD, Decline.ACCOUNT_FROZEN, Decline.CHECK_FAILED)
"""Reasons that no control against traps has: suspicion is for the findings about fraud to judge."""
_READ = ("tx_id", "trap", "posted_ns", "campaign_id")


class _Purse(NamedTuple):
    """Money of some intents, an entry for each leg.

    Parameters
    ----------
    rows : int64 array
        Whose: places of intents in a judgement.
    currency : int array
    minor : int64 array
    """

    rows: NDArray[np.int64]
    currency: NDArray[np.integer]
    minor: NDArray[np.int64]

    def where(self, intents: Mask) -> _Purse:
        """Return the money of the intents marked."""
        mine = intents[self.rows]
        return _Purse(self.rows[mine], self.currency[mine], self.minor[mine])

    def by_currency(self) -> dict[int, int]:
        """Sum the money by the code of its currency."""
        codes = np.unique(self.currency).tolist()
        return {code: int(self.minor[self.currency == code].sum()) for code in codes}

    def by_intent(self, intents: int) -> NDArray[np.int64]:
        """Sum the legs of each intent, whatever their currencies: only its zero says anything."""
        sums = np.zeros(intents, np.int64)
        np.add.at(sums, self.rows, self.minor)
        return sums


_Stages = dict[str, tuple[Mask, _Purse]]
"""Which intents came to each stage, and the money that came there."""


@dataclass(slots=True)
class _Passage:
    intents: int = 0
    minor: Counter[int] = field(default_factory=Counter)

    def finding(self, currencies: Sequence[str]) -> Passage:
        return Passage(self.intents, _named(self.minor, currencies))


@dataclass(slots=True)
class _Course:
    """The stages of one trap's intents, each counted by itself."""

    stages: dict[str, _Passage] = field(
        default_factory=lambda: {stage: _Passage() for stage in STAGES}
    )
    delays: QuantileSketch = field(default_factory=QuantileSketch)
    detectors: Counter[int] = field(default_factory=Counter)

    def add(self, here: Mask, stages: _Stages) -> None:
        for stage, (reached, purse) in stages.items():
            self.stages[stage].intents += int((here & reached).sum())
            self.stages[stage].minor.update(purse.where(here).by_currency())

    def merge(self, other: _Course) -> None:
        for stage, passage in other.stages.items():
            self.stages[stage].intents += passage.intents
            self.stages[stage].minor.update(passage.minor)
        self.delays.merge(other.delays)
        self.detectors.update(other.detectors)

    def finding(self, laid: LaidTrap, currencies: Sequence[str]) -> TrapCourse:
        self._hold(laid.kind, currencies)
        passages = {stage: one.finding(currencies) for stage, one in self.stages.items()}
        names = list(DETECTORS.values())
        return TrapCourse(
            code=laid.code,
            control=laid.control,
            control_on=laid.control_on,
            **passages,
            prevention=wilson(passages["prevented"].intents, passages["injected"].intents),
            detection=wilson(passages["detected"].intents, passages["executed"].intents),
            delay_p50=self.delays.quantile(0.5) if self.delays.n else Estimate(),
            delay_p95=self.delays.quantile(0.95) if self.delays.n else Estimate(),
            detected_by={names[place]: n for place, n in sorted(self.detectors.items())},
        )

    def _hold(self, kind: str, currencies: Sequence[str]) -> None:
        """Hold law L7: each stage against the two it divides into; in value too, if it has one."""
        for whole, *halves in _LAW_L7:
            parts = [self.stages[half] for half in halves]
            detail = f"{kind or WITHOUT_TRAP}: {whole} less {' and '.join(halves)}"
            left = self.stages[whole].intents - sum(part.intents for part in parts)
            if left:
                raise ConservationError("L7", "intents", left, detail)
            if whole in MONEYLESS:
                continue
            rest = Counter(self.stages[whole].minor)
            for part in parts:
                rest.subtract(part.minor)
            for code, minor in rest.items():
                if minor:
                    raise ConservationError("L7", currencies[code], minor, detail)


@dataclass(slots=True)
class _Blocked:
    """Honest, sound payments, and those of them that a control refused."""

    sound: int = 0
    minor: Counter[int] = field(default_factory=Counter)
    reasons: Counter[int] = field(default_factory=Counter)

    def add(self, judgement: Judgement, struck: Mask) -> None:
        columns = judgement.columns
        honest = ~columns["is_fraud"] & (columns["campaign_id"] < 0)
        sound = ~struck & honest & (columns["e_minor"] > 0)
        reason = columns["decline_reason"]
        refused = sound & ~np.isin(reason, _NO_CONTROL)
        refused &= judgement.parts.status == IntentStatus.FAILED_CLEAN
        self.sound += int(sound.sum())
        self.reasons.update(reason[refused].tolist())
        rows = np.flatnonzero(refused)
        purse = _Purse(rows, columns["currency"][rows], columns["e_minor"][rows])
        self.minor.update(purse.by_currency())


class _Matrix:
    """Everything that one pass over the intents counts."""

    def __init__(self, breaks: Breaks, corrections: dict[int, Counter[int]]) -> None:
        self.breaks, self.corrections = breaks, corrections
        self.courses: dict[int, _Course] = {}
        self.blocked = _Blocked()
        self.told_wrong: Counter[int] = Counter()
        self.false_alarms: Counter[int] = Counter()
        self.over: Counter[int] = Counter()

    def add(self, judgement: Judgement, untouched: Sequence[int]) -> None:
        """Count a part of the run; `untouched` are the codes that stand for no trap.

        What is still in flight has neither leaked nor been prevented, and counts nowhere yet.
        """
        columns, leaked = judgement.columns, judgement.leaked
        lost = _money_lost(judgement)
        row = self.breaks.rows_of(columns["tx_id"])
        struck = ~np.isin(columns["trap"], untouched) & ~judgement.open
        self.told_wrong.update(self.breaks.detector[row[(row >= 0) & leaked & ~lost]].tolist())
        self.false_alarms.update(self.breaks.detector[row[(row >= 0) & ~leaked]].tolist())
        self.blocked.add(judgement, struck)
        stages = self._stages(judgement, struck, row >= 0)
        traps = np.where(struck, columns["trap"], -1)
        for code in np.unique(traps[struck | leaked]).tolist():
            course = self.courses.setdefault(code, _Course())
            course.add(traps == code, stages)
            self._time(course, judgement, row, lost & (traps == code) & (row >= 0))

    def _time(
        self, course: _Course, judgement: Judgement, row: NDArray[np.int64], detected: Mask
    ) -> None:
        found = row[detected]
        waited_ns = self.breaks.time_ns[found] - _leaked_ns(judgement)[detected]
        course.delays.add(np.maximum(waited_ns, 0))
        course.detectors.update(self.breaks.detector[found].tolist())

    def _stages(self, judgement: Judgement, struck: Mask, broken: Mask) -> _Stages:
        leaked, lost = judgement.leaked, _money_lost(judgement)
        value, detected = _value(judgement), lost & broken
        none = value.where(np.zeros_like(lost))
        back = self._brought_back(judgement, detected, value)
        left = value._replace(minor=value.minor - back.minor)
        whole = detected & (left.by_intent(len(lost)) == 0)
        return {
            "injected": (struck | leaked, none),
            "prevented": ((struck | leaked) & ~lost, none),
            "told_wrong": (leaked & ~lost, none),
            "executed": (lost, value),
            "detected": (detected, value.where(detected)),
            "undetected": (lost & ~broken, value.where(lost & ~broken)),
            "recovered": (whole, back.where(detected)),
            "residual": (detected & ~whole, left.where(detected)),
        }

    def _brought_back(self, judgement: Judgement, detected: Mask, value: _Purse) -> _Purse:
        """Return what corrections brought back of each detected leak, at most what it lost."""
        tx_ids, came = judgement.columns["tx_id"], np.zeros_like(value.minor)
        corrected = np.isin(tx_ids, list(self.corrections))
        for entry in np.flatnonzero((corrected & detected)[value.rows]).tolist():
            money = self.corrections[int(tx_ids[value.rows[entry]])]
            code = int(value.currency[entry])
            came[entry] = min(int(value.minor[entry]), money[code])
            money[code] -= int(came[entry])
        for tx_id in tx_ids[corrected].tolist():
            self.over.update(+self.corrections[tx_id])
        return value._replace(minor=came)


def _value(judgement: Judgement) -> _Purse:
    """Return what the leaked intents lost."""
    legs = [(loss.rows, loss.currency, loss.glv_minor) for loss in judgement.losses()]
    return _Purse(*(np.concatenate(column) for column in zip(*legs, strict=True)))


def _money_lost(judgement: Judgement) -> Mask:
    """Return which intents leaked money, on either leg, and not their status or a hold alone."""
    parts = judgement.parts
    astray = (parts.glv_minor != 0) | (parts.second_glv_minor != 0)
    return np.asarray(judgement.leaked & astray)


def _leaked_ns(judgement: Judgement) -> NDArray[np.int64]:
    columns = judgement.columns
    told_ns = np.where(columns["completed_ns"] >= 0, columns["completed_ns"], columns["created_ns"])
    return np.where(columns["posted_ns"] >= 0, columns["posted_ns"], told_ns)


def _named(minor: Counter[int], currencies: Sequence[str]) -> dict[str, int]:
    return {currencies[code]: amount for code, amount in sorted(minor.items())}


@analysers.register("controls")
def measure_controls(run: RunFolder) -> ControlsFinding:
    """Follow what every trap injected through prevention, detection and recovery.

    Raises
    ------
    ConservationError
        If law L7 does not hold: an intent, or a minor unit, was counted at one stage and is in
        none of the two that it divides into.

    Examples
    --------
    ``measure_controls(RunFolder("results/peak_load-s42")).by_trap["duplicate_submit"].prevention``
    """
    matrix = _Matrix(breaks_of(run), corrections_of(run))
    for judgement in judged(run, _READ):
        words = run.trace.words("trap")
        matrix.add(judgement, [code for code, word in enumerate(words) if word in NO_TRAP])
    return _finding(run, matrix)


def _finding(run: RunFolder, matrix: _Matrix) -> ControlsFinding:
    currencies, words = run.trace.words("currency"), run.trace.words("trap")
    overall = _Course()
    for course in matrix.courses.values():
        overall.merge(course)
    courses = {kind: _Course() for kind in run.traps}
    courses |= {_kind(words, code): one for code, one in sorted(matrix.courses.items())}
    nothing = LaidTrap("", "", "", control_on=False)
    blocked, wrong = matrix.blocked, matrix.false_alarms.total()
    right = overall.stages["detected"].intents + matrix.told_wrong.total()
    reasons = run.trace.words("decline")
    return ControlsFinding(
        overall=overall.finding(nothing, currencies),
        by_trap={
            kind: course.finding(run.traps.get(kind, nothing), currencies)
            for kind, course in courses.items()
        },
        by_detector=_detectors(matrix, overall),
        by_break=dict(sorted(matrix.breaks.by_subject.items())),
        overcorrected_minor=_named(matrix.over, currencies),
        false_breaks=wilson(wrong, wrong + right),
        blocked=wilson(blocked.reasons.total(), blocked.sound),
        blocked_minor=_named(blocked.minor, currencies),
        blocked_for={reasons[code]: n for code, n in sorted(blocked.reasons.items())},
    )


def _kind(words: Sequence[str], code: int) -> str:
    if code < 0:
        return WITHOUT_TRAP
    return words[code] if code < len(words) else UNKNOWN


def _detectors(matrix: _Matrix, overall: _Course) -> dict[str, Detector]:
    breaks = matrix.breaks.by_detector
    return {
        name: Detector(
            breaks=breaks[name],
            leaks=overall.detectors[place],
            told_wrong=matrix.told_wrong[place],
            false_alarms=matrix.false_alarms[place],
        )
        for place, name in enumerate(DETECTORS.values())
        if breaks[name]
    }


def hold_totals(controls: ControlsFinding, leakage: LeakageFinding) -> None:
    """Hold what the traps executed against what leaked, which was summed by other code.

    Leaks are money that went wrong (executed) and status that did (told wrong).

    Raises
    ------
    ConservationError
        L7, where the two differ.
    """
    executed = controls.overall.executed
    left = executed.intents + controls.overall.told_wrong.intents - leakage.leaked
    if left:
        raise ConservationError("L7", "intents", left, "executed and told wrong less leaked")
    for currency, one in leakage.by_currency.items():
        left = executed.minor.get(currency, 0) - one.glv_minor
        if left:
            raise ConservationError("L7", currency, left, "executed less gross leak")
