"""How much longer an attempt takes: a duration with its blur."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.core.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class Blurred:
    """A duration, uniform within `jitter_ns` to both sides; a `bank.description.Law`.

    Examples
    --------
    >>> law = Blurred(5_000_000_000, 1_000_000_000)
    >>> law.ns(0.25), law.mean_s, round(law.variance_s2, 6)
    (4500000000, 5.0, 0.333333)
    """

    centre_ns: int
    jitter_ns: int = 0

    @property
    def mean_s(self) -> float:
        """Mean duration [s]."""
        return self.centre_ns / NS_PER_S

    @property
    def variance_s2(self) -> float:
        """Variance of a uniform law of width 2 * jitter [s^2]."""
        return (self.jitter_ns / NS_PER_S) ** 2 / 3.0

    def ns(self, u: float) -> int:
        """Return the duration [ns] at probability `u` in (0, 1)."""
        return self.centre_ns + round((2.0 * u - 1.0) * self.jitter_ns)
