"""Payments that anybody makes, the ways in and out of a bank, and whose accounts are used.

Launderers and honest people share them, so that nothing in a single row tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sanket_sim.actors.actor import Actor
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import way
from sanket_sim.bank.description import Bank, Party

_WORLDS_IN = (Party.CASH, Party.OTHER_BANK, Party.EMPLOYER)
_WORLDS_OUT = (Party.OTHER_BANK, Party.CASH, Party.MERCHANT)


class Holders:
    """Whose accounts stand behind a web's labels: everybody another person.

    Parameters
    ----------
    draw : callable
        Customer number for a label and an attempt.
    people : int
        How many customers there are.
    """

    def __init__(self, draw: Callable[[int, int], int], people: int) -> None:
        self._draw, self._people = draw, people
        self._number: dict[int, int] = {}
        self._taken: set[int] = set()

    def has(self, number: int) -> bool:
        """Say whether a customer stands behind any label, or stood there."""
        return number in self._taken

    def number(self, label: int) -> int:
        """Return the customer behind a label."""
        if label not in self._number:
            self._number[label] = self._free(label)
        return self._number[label]

    def replace(self, label: int, number: int) -> None:
        """Put somebody else behind a label, unless that has been done."""
        if self._number.get(label) == number:
            del self._number[label]

    def _free(self, label: int) -> int:
        number = self._draw(label, 0)
        for attempt in range(1, 2 * self._people):
            if number not in self._taken or len(self._taken) >= self._people:
                break
            number = self._draw(label, attempt)
        self._taken.add(number)
        return number


def personal(actor: Actor, now_ns: int, kind: int, number: int, *keys: int) -> Wish:
    """Return a wish made by a customer himself: on his device, where he is."""
    return Wish(
        created_ns=now_ns,
        kind=kind,
        customer_id=actor.account(number),
        device=actor.own_device(number, *keys),
        place=actor.whereabouts(number, *keys),
        proves=actor.can_prove(*keys),
    )


def placement(actor: Actor, now_ns: int, kind: int, number: int, *keys: int) -> Wish:
    """Return a wish by which money comes into a customer's account from outside the bank."""
    return personal(actor, now_ns, kind, number, *keys)._replace(
        debtor_account=world_account(actor.bank.routes[kind].debtor),
        creditor_account=actor.account(number),
    )


def spend(actor: Actor, now_ns: int, number: int, *keys: int) -> None:
    """Have a customer pay a shop what he usually pays, with money of his own."""
    kind = way(actor.bank, Party.CUSTOMER, Party.MERCHANT)
    if kind is None:
        return
    taste = np.array([actor.u("favourite", *keys)])
    shop = int(actor.population.favourite(np.array([number]), taste)[0])
    wish = personal(actor, now_ns, kind, number, *keys)._replace(
        creditor_account=actor.population.first_merchant + shop,
        amount_minor=actor.quantile_minor(kind, number, actor.u("ticket", *keys)),
    )
    actor.submit(wish, None, *keys, stage="cover", role="cover", tainted_share=0.0)


def route_out(bank: Bank) -> int | None:
    """Return the route by which money leaves the bank, None without one."""
    ways = (way(bank, Party.CUSTOMER, world) for world in _WORLDS_OUT)
    return next((kind for kind in ways if kind is not None), None)


def routes_in(bank: Bank) -> tuple[int, ...]:
    """Return the routes by which money comes into the bank: cash and other banks, if there are."""
    ways = [way(bank, world, Party.CUSTOMER) for world in _WORLDS_IN]
    known = tuple(kind for kind in ways[:2] if kind is not None)
    return known or tuple(kind for kind in ways[2:] if kind is not None)


def lacks(bank: Bank) -> str:
    """Say which way a bank lacks for money to come in, go round and leave; empty: none."""
    if not routes_in(bank):
        return "a route from outside the bank to customers"
    if way(bank, Party.CUSTOMER, Party.CUSTOMER) is None:
        return "a route with debtor customer and creditor customer"
    return "" if route_out(bank) is not None else "a route by which customers' money leaves"
