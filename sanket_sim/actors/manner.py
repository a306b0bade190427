"""How payments of one kind depart from what their route's payments usually are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.draws import Draws

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Manner:
    """A departure from a route's habits; this one departs in nothing.

    All methods work on columns, a row per payment.
    """

    def channel(self, draws: Draws, key: Numbers) -> Numbers | None:  # noqa: ARG002  as usual
        """Return codes of channels, drawn from `draws` by `key`; None: the route's own."""
        return None

    def ends(self, customer: Numbers) -> tuple[Numbers, Numbers] | None:  # noqa: ARG002  as usual
        """Return debtors' and creditors' accounts; None: as the route's payments go."""
        return None

    def luck(self, customer: Numbers, u: Floats) -> Floats:  # noqa: ARG002  as usual
        """Return the uniform numbers that stand for the sizes of payments."""
        return u

    def amounts_minor(self, customer: Numbers, u: Floats) -> Numbers | None:  # noqa: ARG002  as usual
        """Return u-quantiles of the customers' amounts [minor units]; None: the route's own."""
        return None

    def rounded(self, key: Numbers, amount_minor: Numbers) -> Numbers:  # noqa: ARG002  as usual
        """Return amounts as people write them [minor units]."""
        return amount_minor


USUAL = Manner()
