"""A customer who has something to decide; the contented mass lives in the population's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

if TYPE_CHECKING:
    from sanket_sim.actors.city import City


class Customer(mesa.Agent):  # type: ignore[misc]  # mesa carries no types
    """Somebody whose payment has failed at least once.

    Parameters
    ----------
    city : City
    customer_id : int
        Agent id, which is also the id of the current account.
    """

    def __init__(self, city: City, customer_id: int) -> None:
        super().__init__(city)
        self.city = city
        self.customer_id = customer_id
        self.failures = 0
        """Answers that were no success."""
        self.complaints = 0
        self.left = False

    def try_again_at(self, at_ns: int, tx_id: int, last: bool) -> None:
        """Note to submit an open intent once more."""
        self.city.enter(
            at_ns, tx_id, lambda now_ns: self.city.resubmit(tx_id, now_ns, may_retry=not last)
        )

    def enquire_at(self, at_ns: int, draw_key: int) -> None:
        """Note to ask for the balance, to see what became of a payment."""
        self.city.enter(
            at_ns, draw_key, lambda now_ns: self.city.enquire(self.customer_id, now_ns, draw_key)
        )

    def leave_at(self, at_ns: int) -> None:
        """Note to do nothing more in this run."""
        self.city.enter(at_ns, self.customer_id, self._leave)

    def _leave(self, now_ns: int) -> None:
        if not self.left:
            self.left = True
            self.city.let_go(self.customer_id, now_ns)
