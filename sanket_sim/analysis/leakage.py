"""Leakage: truth against fact, by class, service, kind and trap."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.intents import Judgement, judged
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.root_cause import root_services
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, ratio, wilson
from sanket_sim.core.outcomes import LeakClass

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LeakGroup:
    """The leaks of one class, service, kind or trap.

    Parameters
    ----------
    leaked : int
        Intents that leaked.
    rate : Estimate
        `leaked` as a share: of the intents of that kind or trap; of all intents for classes and
        services.
    glv_minor : dict
        Gross leak by currency [minor units].
    """

    leaked: int
    rate: Estimate
    glv_minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class CurrencyLeakage:
    """The money of one currency."""

    expected_minor: int
    glv_minor: int
    rate_value: Estimate
    net_created_minor: int
    """Money that came to be out of nothing (+) or vanished (-)."""


@dataclass(frozen=True, slots=True)
class LeakageFinding:
    """What leaked.

    Parameters
    ----------
    rate_count : Estimate
        Leaked intents of all submitted.
    rate_value : Estimate
        Gross leak of all that should have moved, in the currency that moves most.
    hard, soft : Estimate
        Shares of intents whose money went wrong, and of those wrong in time or holds only.
    failure_rate : Estimate
        Intents not completed properly, whether they leaked or failed clean: the plain figure of a
        SANKET audit, not to be confused with leakage.
    """

    submitted: int
    leaked: int
    rate_count: Estimate
    rate_value: Estimate
    hard: Estimate
    soft: Estimate
    failure_rate: Estimate
    by_class: dict[str, LeakGroup]
    by_service: dict[str, LeakGroup]
    by_kind: dict[str, LeakGroup]
    by_trap: dict[str, LeakGroup]
    by_currency: dict[str, CurrencyLeakage]


@dataclass(slots=True)
class _Tally:
    """Counts and gross leak by the code of a group."""

    submitted: Counter[int] = field(default_factory=Counter)
    leaked: Counter[int] = field(default_factory=Counter)
    glv: dict[int, Counter[int]] = field(default_factory=dict)

    def count(self, groups: NDArray[np.integer]) -> None:
        self.submitted.update(_counted(groups))

    def leak(
        self,
        groups: NDArray[np.integer],
        currency: NDArray[np.integer],
        glv_minor: NDArray[np.int64],
    ) -> None:
        self.leaked.update(_counted(groups))
        for group in np.unique(groups):
            here = groups == group
            lost = self.glv.setdefault(int(group), Counter())
            for code in np.unique(currency[here]):
                lost[int(code)] += int(glv_minor[here & (currency == code)].sum())

    def groups(self, words: list[str], currencies: list[str], total: int) -> dict[str, LeakGroup]:
        """Name the groups, most leaks first; `total` 0 relates each to its own submissions."""
        found = {}
        for code in sorted(
            self.leaked | self.submitted, key=lambda code: (-self.leaked[code], code)
        ):
            name = words[code] if 0 <= code < len(words) else UNKNOWN
            lost = {
                currencies[c]: amount for c, amount in sorted(self.glv.get(code, Counter()).items())
            }
            rate = wilson(self.leaked[code], total or self.submitted[code])
            found[name] = LeakGroup(self.leaked[code], rate, lost)
        return found


@dataclass(slots=True)
class _Currency:
    expected: int = 0
    glv: int = 0
    glv_squared: float = 0.0
    created: int = 0
    n: int = 0

    def add(self, judgement: Judgement, here: NDArray[np.bool_]) -> None:
        parts = judgement.parts
        lost = np.where(judgement.leaked, parts.glv_minor, 0)[here]
        self.expected += int(judgement.columns["e_minor"][here].sum())
        self.glv += int(lost.sum())
        self.glv_squared += math.fsum(lost.astype(np.float64) ** 2)
        self.created += int((parts.orphan_credit - parts.orphan_debit)[here].sum())
        self.n += int(here.sum())

    def finding(self) -> CurrencyLeakage:
        rate = ratio(self.glv, self.expected, self.glv_squared, self.n)
        return CurrencyLeakage(self.expected, self.glv, rate, self.created)


class _Ledger:
    """Everything that one pass over the intents counts."""

    def __init__(self) -> None:
        self.submitted = self.good = self.open = 0
        self.classes, self.services, self.kinds, self.traps = (_Tally() for _ in range(4))
        self.currencies: dict[int, _Currency] = {}
        self.rootless: list[tuple[NDArray[np.int64], NDArray[np.integer], NDArray[np.int64]]] = []

    def add(self, judgement: Judgement) -> None:
        columns, leaked = judgement.columns, judgement.leaked
        self.submitted += len(leaked)
        self.good += int(judgement.good.sum())
        self.open += int(judgement.open.sum())
        self.kinds.count(columns["kind"])
        self.traps.count(columns["trap"])
        currency, glv = columns["currency"][leaked], judgement.parts.glv_minor[leaked]
        self.classes.leak(judgement.parts.leak_class[leaked], currency, glv)
        self.kinds.leak(columns["kind"][leaked], currency, glv)
        self.traps.leak(columns["trap"][leaked], currency, glv)
        self._blame(columns["root_service"][leaked], columns["tx_id"][leaked], currency, glv)
        for code in np.unique(columns["currency"]):
            sums = self.currencies.setdefault(int(code), _Currency())
            sums.add(judgement, columns["currency"] == code)

    def _blame(
        self,
        roots: NDArray[np.integer],
        tx_ids: NDArray[np.int64],
        currency: NDArray[np.integer],
        glv: NDArray[np.int64],
    ) -> None:
        named = roots >= 0
        self.services.leak(roots[named], currency[named], glv[named])
        self.rootless.append((tx_ids[~named], currency[~named], glv[~named]))

    def find_roots(self, run: RunFolder) -> None:
        """Blame a service for the leaks that the trace itself left without one."""
        ids = [tx_ids for tx_ids, _, _ in self.rootless]
        blamed = root_services(run, np.concatenate(ids)) if ids else {}
        for tx_ids, currency, glv in self.rootless:
            roots = np.array([blamed.get(tx_id, -1) for tx_id in tx_ids.tolist()], np.int64)
            self.services.leak(roots, currency, glv)


def _counted(groups: NDArray[np.integer]) -> dict[int, int]:
    codes, counts = np.unique(groups, return_counts=True)
    return dict(zip(codes.tolist(), counts.tolist(), strict=True))


_COLUMNS = ("tx_id", "kind", "trap", "currency", "root_service")


@analysers.register("leakage")
def measure_leakage(run: RunFolder) -> LeakageFinding:
    """Measure what leaked, where, and how sure we are.

    Examples
    --------
    ``measure_leakage(RunFolder("results/peak_load-s42")).rate_count.value``
    """
    ledger = _Ledger()
    for judgement in judged(run, _COLUMNS):
        ledger.add(judgement)
    ledger.find_roots(run)
    return _finding(run, ledger)


def _finding(run: RunFolder, ledger: _Ledger) -> LeakageFinding:
    money = run.trace.words("currency")
    total, leaks = ledger.submitted, ledger.classes.leaked
    soft = sum(count for code, count in leaks.items() if code >= LeakClass.LATE)
    leaked = leaks.total()
    currencies = {money[code]: sums.finding() for code, sums in sorted(ledger.currencies.items())}
    main = max(currencies.values(), key=lambda one: one.expected_minor, default=None)
    no_trap = {"", "none"}
    traps = ledger.traps.groups(run.trace.words("trap"), money, 0)
    services = ledger.services.groups(run.services, money, total)
    assert sum(group.leaked for group in services.values()) == leaked, "every leak has one root"
    return LeakageFinding(
        submitted=total,
        leaked=leaked,
        rate_count=wilson(leaked, total),
        rate_value=main.rate_value if main else Estimate(),
        hard=wilson(leaked - soft, total),
        soft=wilson(soft, total),
        failure_rate=wilson(total - ledger.good - ledger.open, total),
        by_class=ledger.classes.groups(run.trace.words("leak_class"), money, total),
        by_service=services,
        by_kind=ledger.kinds.groups(run.trace.words("kind"), money, 0),
        by_trap={name: group for name, group in traps.items() if name not in no_trap},
        by_currency=currencies,
    )
