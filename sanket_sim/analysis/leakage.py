"""Leakage: truth against fact, by class, service, kind, trap and control, in every currency."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.decomposition import Flows, flows_of
from sanket_sim.analysis.intents import Judgement, Loss, judged
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.root_cause import root_services
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, ratio, wilson
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.trace.batch import Columns, rows_in

UNKNOWN = "unknown"
NO_TRAP = frozenset({"", "none"})
"""How the trace says that no trap struck an intent."""


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
class LeakCell:
    """The leaks of one class, at one service, from one trap that one control should have caught.

    Parameters
    ----------
    leak_class, service : str
    trap : str
        Empty for leaks that come from no trap: faults, races, delays.
    control : str
        The control that catches the trap; empty if there is none.
    leaked : int
        Intents.
    glv_minor : dict
        Gross leak by currency [minor units], each leg in its own.
    """

    leak_class: str
    service: str
    trap: str
    control: str
    leaked: int
    glv_minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class CurrencyLeakage:
    """The money of one currency, first and second legs alike."""

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
    cells : tuple of LeakCell
        The cross table of class, service, trap and control, what leaked most money first (in the
        bank's first currency, at its own rates). Its sums are the totals.
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
    cells: tuple[LeakCell, ...]


class _Way(NamedTuple):
    """How an intent leaked, in codes."""

    leak_class: int
    service: int
    trap: int
    kind: int


class _Leaks:
    """Every leak counted once, by way and currency; all tables are margins of this one."""

    def __init__(self) -> None:
        self.leaked: Counter[_Way] = Counter()
        self.glv: dict[_Way, Counter[int]] = {}

    def add(self, rows: Columns) -> None:
        """Count lost legs: a way each, a currency, how much, and whether it is the principal."""
        if rows_in(rows) == 0:
            return
        keys = np.stack([rows[name].astype(np.int64) for name in (*_Way._fields, "currency")])
        found, place = np.unique(keys, axis=1, return_inverse=True)
        leaked, lost = (np.zeros(found.shape[1], np.int64) for _ in range(2))
        np.add.at(leaked, place.ravel(), rows["principal"])
        np.add.at(lost, place.ravel(), rows["glv_minor"])
        for key, intents, minor in zip(
            found.T.tolist(), leaked.tolist(), lost.tolist(), strict=True
        ):
            way = _Way(*key[:-1])
            self.leaked[way] += intents
            self.glv.setdefault(way, Counter())[key[-1]] += minor

    def margin(self, *axes: str) -> dict[tuple[int, ...], _Loss]:
        """Sum over all but the axes named."""
        found: dict[tuple[int, ...], _Loss] = {}
        for way, count in self.leaked.items():
            loss = found.setdefault(tuple(getattr(way, axis) for axis in axes), _Loss())
            loss.leaked += count
            loss.glv.update(self.glv[way])
        return found


@dataclass(slots=True)
class _Loss:
    """What leaked of one group: intents, and minor units by the code of a currency."""

    leaked: int = 0
    glv: Counter[int] = field(default_factory=Counter)

    def named(self, currencies: Sequence[str]) -> dict[str, int]:
        return {currencies[code]: minor for code, minor in sorted(self.glv.items())}


@dataclass(slots=True)
class _Currency:
    expected: int = 0
    glv: int = 0
    glv_squared: float = 0.0
    created: int = 0
    n: int = 0

    def flow(self, e_minor: NDArray[np.int64], created_minor: NDArray[np.int64]) -> None:
        self.expected += int(e_minor.sum())
        self.created += int(created_minor.sum())
        self.n += len(e_minor)

    def lose(self, glv_minor: NDArray[np.int64]) -> None:
        self.glv += int(glv_minor.sum())
        self.glv_squared += math.fsum(glv_minor.astype(np.float64) ** 2)

    def finding(self) -> CurrencyLeakage:
        rate = ratio(self.glv, self.expected, self.glv_squared, self.n)
        return CurrencyLeakage(self.expected, self.glv, rate, self.created)


class _Ledger:
    """Everything that one pass over the intents counts."""

    def __init__(self) -> None:
        self.submitted = self.good = self.open = 0
        self.of_kind: Counter[int] = Counter()
        self.of_trap: Counter[int] = Counter()
        self.leaks = _Leaks()
        self.currencies: dict[int, _Currency] = {}
        self.rootless: list[Columns] = []

    def add(self, judgement: Judgement) -> None:
        columns = judgement.columns
        self.submitted += len(judgement.leaked)
        self.good += int(judgement.good.sum())
        self.open += int(judgement.open.sum())
        self.of_kind.update(_counted(columns["kind"]))
        self.of_trap.update(_counted(columns["trap"]))
        rows = _leaked_rows(judgement)
        named = rows["service"] >= 0
        self.leaks.add({name: column[named] for name, column in rows.items()})
        self.rootless.append({name: column[~named] for name, column in rows.items()})
        self._add_money(judgement)

    def _add_money(self, judgement: Judgement) -> None:
        columns, parts = judgement.columns, judgement.parts
        expected = columns["e_minor"], columns["second_e_minor"][parts.second_rows]
        for leg, e_minor in zip(flows_of(columns, parts), expected, strict=True):
            for code in np.unique(leg.currency).tolist():
                here = leg.currency == code
                self._currency(code).flow(e_minor[here], _created(leg)[here])
        for loss in judgement.losses():
            for code in np.unique(loss.currency).tolist():
                self._currency(code).lose(loss.glv_minor[loss.currency == code])

    def _currency(self, code: int) -> _Currency:
        return self.currencies.setdefault(code, _Currency())

    def find_roots(self, run: RunFolder) -> None:
        """Blame a service for the leaks that the trace itself left without one."""
        ids = [rows["tx_id"] for rows in self.rootless]
        blamed = root_services(run, np.concatenate(ids)) if ids else {}
        for rows in self.rootless:
            roots = [blamed.get(tx_id, -1) for tx_id in rows["tx_id"].tolist()]
            self.leaks.add(rows | {"service": np.array(roots, np.int64)})


def _leaked_rows(judgement: Judgement) -> Columns:
    """Return a row for every leg of the intents that leaked."""
    principal, second = judgement.losses()
    legs = [_legs(judgement, loss, of_principal=loss is principal) for loss in (principal, second)]
    return {name: np.concatenate([leg[name] for leg in legs]) for name in legs[0]}


def _legs(judgement: Judgement, loss: Loss, *, of_principal: bool) -> Columns:
    columns = judgement.columns
    return {
        "tx_id": columns["tx_id"][loss.rows],
        "leak_class": judgement.parts.leak_class[loss.rows],
        "service": columns["root_service"][loss.rows],
        "trap": columns["trap"][loss.rows],
        "kind": columns["kind"][loss.rows],
        "currency": loss.currency,
        "glv_minor": loss.glv_minor,
        "principal": np.full(len(loss.rows), of_principal),
    }


def _created(leg: Flows) -> NDArray[np.int64]:
    """Return the money that each leg made (+) or destroyed (-), by law L3."""
    return leg.credits_minor - leg.debits_minor


def _counted(groups: NDArray[np.integer]) -> dict[int, int]:
    codes, counts = np.unique(groups, return_counts=True)
    return dict(zip(codes.tolist(), counts.tolist(), strict=True))


_COLUMNS = ("tx_id", "kind", "trap", "root_service")


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
    total, leaks = ledger.submitted, ledger.leaks
    soft = sum(n for way, n in leaks.leaked.items() if way.leak_class >= LeakClass.LATE)
    leaked = leaks.leaked.total()
    currencies = {money[code]: sums.finding() for code, sums in sorted(ledger.currencies.items())}
    main = max(
        currencies, key=lambda name: run.worth({name: currencies[name].expected_minor}), default=""
    )
    cells = _cells(run, leaks, money)
    _assert_sums(cells, leaked, currencies)
    traps = _groups(leaks, "trap", run.trace.words("trap"), money, ledger.of_trap)
    return LeakageFinding(
        submitted=total,
        leaked=leaked,
        rate_count=wilson(leaked, total),
        rate_value=currencies[main].rate_value if main else Estimate(),
        hard=wilson(leaked - soft, total),
        soft=wilson(soft, total),
        failure_rate=wilson(total - ledger.good - ledger.open, total),
        by_class=_groups(leaks, "leak_class", run.trace.words("leak_class"), money, total),
        by_service=_groups(leaks, "service", run.services, money, total),
        by_kind=_groups(leaks, "kind", run.trace.words("kind"), money, ledger.of_kind),
        by_trap={name: group for name, group in traps.items() if name not in NO_TRAP},
        by_currency=currencies,
        cells=cells,
    )


def _groups(
    leaks: _Leaks,
    axis: str,
    words: Sequence[str],
    currencies: Sequence[str],
    submitted: Counter[int] | int,
) -> dict[str, LeakGroup]:
    """Name the groups of an axis, most leaks first, each beside what was submitted of it."""
    margin = {key[0]: loss for key, loss in leaks.margin(axis).items()}
    codes = margin.keys() | (submitted if isinstance(submitted, Counter) else ())
    found = {}
    for code in sorted(codes, key=lambda one: (-margin.get(one, _Loss()).leaked, one)):
        loss = margin.get(code, _Loss())
        trials = submitted[code] if isinstance(submitted, Counter) else submitted
        rate = wilson(loss.leaked, trials)
        found[_word(words, code)] = LeakGroup(loss.leaked, rate, loss.named(currencies))
    return found


def _cells(run: RunFolder, leaks: _Leaks, currencies: Sequence[str]) -> tuple[LeakCell, ...]:
    classes, traps = run.trace.words("leak_class"), run.trace.words("trap")
    found = []
    for (leak_class, service, trap), loss in leaks.margin("leak_class", "service", "trap").items():
        laid = _word(traps, trap)
        kind = "" if laid in NO_TRAP else laid
        control = run.traps[kind].control if kind in run.traps else ""
        named = _word(classes, leak_class), _word(run.services, service), kind, control
        found.append(LeakCell(*named, loss.leaked, loss.named(currencies)))
    return tuple(sorted(found, key=lambda cell: _rank(run, cell)))


def _rank(run: RunFolder, cell: LeakCell) -> tuple[Fraction, int, str, str, str]:
    names = cell.leak_class, cell.service, cell.trap
    return -run.worth(cell.glv_minor), -cell.leaked, *names


def _word(words: Sequence[str], code: int) -> str:
    return words[code] if 0 <= code < len(words) else UNKNOWN


def _assert_sums(
    cells: Sequence[LeakCell], leaked: int, currencies: dict[str, CurrencyLeakage]
) -> None:
    """Hold the cross table against totals that were summed without it."""
    assert sum(cell.leaked for cell in cells) == leaked, "every leak stands in one cell"
    for name, one in currencies.items():
        lost = sum(cell.glv_minor.get(name, 0) for cell in cells)
        assert lost == one.glv_minor, f"every {name} that leaked stands in one cell"
