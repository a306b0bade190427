"""Finding a bank's ways of doing something, whatever the model calls them."""

from __future__ import annotations

from sanket_sim.bank.description import Bank, Party


def way(bank: Bank, debtor: Party, creditor: Party) -> int | None:
    """Return the busiest route that moves money from `debtor` to `creditor`, None without one.

    Only plain ones count: in the bank's own currency, for a person to use whenever he likes.
    """
    kinds = [
        kind
        for kind, route in enumerate(bank.routes)
        if route.moves_money
        and not (route.reverses or route.converts_to or route.batch)
        and route.currency == bank.currencies[0]
        and (route.debtor, route.creditor) == (debtor, creditor)
    ]
    return max(kinds, key=lambda kind: bank.routes[kind].weight, default=None)


def way_out(bank: Bank) -> int | None:
    """Return the route by which a customer's money reaches another person, here or elsewhere."""
    here = way(bank, Party.CUSTOMER, Party.CUSTOMER)
    return here if here is not None else way(bank, Party.CUSTOMER, Party.OTHER_BANK)


def errand(bank: Bank, name: str) -> int | None:
    """Return the route called `name` if it moves no money (login, balance_enquiry, ...)."""
    for kind, route in enumerate(bank.routes):
        if route.name == name and not route.moves_money:
            return kind
    return None
