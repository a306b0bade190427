"""What a model says about money: whose, in which currency, and whether it ever moves."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from fractions import Fraction

from sanket_sim.bank.description import CORRECTION
from sanket_sim.bank.settings import ModelSettings, RouteSettings
from sanket_sim.core.money import CURRENCIES
from sanket_sim.core.settings import nearest
from sanket_sim.core.toml_text import KeyPath

Finding = tuple[KeyPath, str]

_OF_MONEY = ("fee", "converts_to", "clock", "reversal", "status", "batch")
"""Keys of a route that say nothing where no money moves."""

_MOVING = {"transfer", "debit", "credit", "hold", "capture"}
_COMMITS = _MOVING | {"void", "fee", "reverse"}


def entries(model: ModelSettings) -> Iterator[tuple[KeyPath, str]]:
    """Yield every operation that the customer's device asks, with the key that names it."""
    for name, route in model.route.items():
        for key in ("entry", "reversal", "status"):
            target = getattr(route, key)
            if target is not None:
                yield ("route", name, key), target


def unknown_currencies(model: ModelSettings) -> Iterator[Finding]:
    """Find currencies of the bank that the world does not have."""
    for place, currency in enumerate(model.currencies):
        if currency not in CURRENCIES:
            near = difflib.get_close_matches(currency, sorted(CURRENCIES), n=1)
            hint = f'did you mean "{near[0]}"? ' if near else ""
            remedy = f"{hint}give a code of ISO 4217, such as EUR, USD or JPY"
            yield ("currencies", place), f'unknown currency "{currency}"; {remedy}'


def wrong_corrections(model: ModelSettings) -> Iterator[Finding]:
    """Find customers who would make corrections: only the bank's back office does."""
    route = model.route.get(CORRECTION)
    if route is not None and route.weight > 0:
        message = f"must be 0, is {route.weight:g}: corrections are the back office's own payments"
        yield ("route", CORRECTION, "weight"), f"{message}; weigh another route"


def wrong_money(route: RouteSettings) -> Iterator[Finding]:
    """Find keys of a route that do not go together."""
    for party in ("debtor", "creditor"):
        if (route.amount is not None) != (getattr(route, party) != "none"):
            yield (party,), "a route has debtor, creditor and amount, or none of them"
    if route.amount is None:
        for key in _OF_MONEY:
            if getattr(route, key):
                yield (key,), "belongs to routes that move money; leave it out, or give an amount"
    if route.fee and route.converts_to:
        yield ("fee",), "a payment has one second leg at most; leave out fee or converts_to"
    if route.batch is not None and route.weight > 0:
        yield ("weight",), "must be 0 beside batch: files come on top of the demand"


def wrong_conversions(route: RouteSettings, model: ModelSettings) -> Iterator[Finding]:
    """Find currencies of a route that the bank does not know, or cannot convert."""
    own = route.currency or model.currencies[0]
    if own not in model.currencies:
        yield ("currency",), f'unknown currency "{own}"; {nearest(own, model.currencies)}'
    if route.converts_to and not sum(route.converts_to.values()) > 0:
        yield ("converts_to",), "every share is 0; expected at least one > 0"
    for currency in route.converts_to:
        at = ("converts_to", currency)
        if currency not in model.currencies:
            yield at, f"unknown currency; {nearest(currency, model.currencies)}"
        elif currency == own:
            yield at, "is the route's own currency; leave it out"
    for currency in dict.fromkeys((own, *route.converts_to) if route.converts_to else ()):
        if currency in model.currencies[1:] and currency not in model.rates:
            rate = f'[rates] {currency} = "1.0"'
            yield ("converts_to",), f"{currency} has no rate; give its own, as in {rate}"


def wrong_rates(model: ModelSettings) -> Iterator[Finding]:
    """Find rates of nothing, and a first currency that is not its own measure."""
    first = model.currencies[0]
    for currency, rate in model.rates.items():
        if currency not in model.currencies:
            yield ("rates", currency), f"unknown currency; {nearest(currency, model.currencies)}"
        elif currency == first and Fraction(rate) != 1:
            message = f"rates are units for one {first}, the bank's first currency"
            yield ("rates", currency), f'must be "1": {message}'


def money_astray(
    model: ModelSettings, reached: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """Find routes that move money without a commit, or commit where they should not.

    Parameters
    ----------
    model : ModelSettings
    reached : mapping
        Operation -> what it and all below it commit or check -> the operation that does.
    """
    for path, target in entries(model):
        _, name, key = path
        moves, found = model.route[str(name)].amount is not None, reached[target]
        committing = next((found[word] for word in sorted(_COMMITS & found.keys())), "")
        complaints: dict[str, dict[str, object]] = {
            "entry": {
                f"moves no money, but {committing} commits": committing and not moves,
                "moves money, but no commit is ever reached": moves and not _MOVING & found.keys(),
            },
            "reversal": {
                'takes nothing back: no {commit = "reverse"} is ever reached': "reverse"
                not in found
            },
            "status": {
                'tells nothing: no {check = "status"} is ever reached': "status" not in found,
                f"must only ask, but {committing} commits": committing,
            },
        }
        yield from ((path, said) for said, wrong in complaints[str(key)].items() if wrong)
