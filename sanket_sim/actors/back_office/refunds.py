"""Refunds against what they refund: the bank knows which payment a refund names."""

from __future__ import annotations

from collections import Counter

import numpy as np

from sanket_sim.actors.back_office.book import Mask, Rows
from sanket_sim.bank.description import Bank
from sanket_sim.core.outcomes import Ack


class RefundCap:
    """Adds up refunds by the payment that they name.

    Parameters
    ----------
    bank : Bank
    """

    def __init__(self, bank: Bank) -> None:
        self._is_refund = np.array([bool(route.reverses) for route in bank.routes])
        self._captured: dict[int, int] = {}
        self._given: Counter[int] = Counter()

    def count(self, rows: Rows, ripe: Mask) -> None:
        """Mark refunds, in the order of their orders, that go beyond what was captured."""
        referred = rows["reference"] >= 0
        refund = self._is_refund[rows["kind"]]
        for place in np.flatnonzero(referred & ~refund).tolist():
            self._captured[int(rows["reference"][place])] = int(rows["d_minor"][place])
        done = ripe & ~rows["counted"] & (rows["d_minor"] > 0) & (rows["told"] == Ack.OK)
        for place in np.flatnonzero(referred & refund & done).tolist():
            reference, minor = int(rows["reference"][place]), int(rows["d_minor"][place])
            rows["counted"][place] = True
            if self._given[reference] + minor > self._captured.get(reference, 0):
                rows["excess"][place] = True
            else:
                self._given[reference] += minor
