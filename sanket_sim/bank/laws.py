"""Laws of durations and amounts: inverse distribution functions with exact moments.

A law counts in ticks: nanoseconds for a duration, minor units for an amount. `mean` and `variance`
are in ticks; `mean_s` and `variance_s2` read the ticks as nanoseconds.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from sanket_sim.bank import law_parameters as written
from sanket_sim.bank.law_parameters import LawParameters, read_law
from sanket_sim.bank.law_rules import (
    exponential_ns,
    gamma_ns,
    lognormal_ns,
    mixture_part,
    normal_quantile,
    pareto_ns,
    table_ns,
    uniform_ns,
    weibull_ns,
)
from sanket_sim.core.registry import Registry
from sanket_sim.core.settings import AmountMinor, DurationNs

_S_PER_NS = 1e-9
_Z99 = normal_quantile(0.99)


class ContinuousLaw(ABC):
    """What every registered law is; its moments are those before rounding to whole ticks."""

    __slots__ = ()
    parameters: ClassVar[Any]
    """The law's `LawParameters` subclass."""

    @classmethod
    @abstractmethod
    def from_parameters(cls, given: Any) -> Self:
        """Return the law of the given parameters."""

    @abstractmethod
    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """Mean [ticks]."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Variance [ticks squared]; may be infinite."""

    @property
    def breaks(self) -> tuple[float, ...]:
        """Probabilities at which `ns` may fall; between them it never does."""
        return ()

    @property
    def mean_s(self) -> float:
        """Mean [s]."""
        return self.mean * _S_PER_NS

    @property
    def variance_s2(self) -> float:
        """Variance [s^2]; may be infinite."""
        return self.variance * _S_PER_NS**2


laws: Registry[type[ContinuousLaw]] = Registry("law")
"""Every law by the name that users write."""


def time_law(value: Any) -> ContinuousLaw:
    """Build a law of durations from what a TOML file would say.

    Raises
    ------
    ValueError
        If the law is unknown or its parameters are wrong.

    Examples
    --------
    >>> time_law("4ms").ns(0.3)
    4000000
    >>> time_law({"law": "exponential", "mean": "4ms"}).mean_s
    0.004
    """
    return read_law(value, DurationNs).build()


def amount_law(value: Any) -> ContinuousLaw:
    """Build a law of amounts [minor units] from what a TOML file would say.

    Examples
    --------
    >>> amount_law({"law": "lognormal", "median": 2500, "p99": 40_000}).ns(0.5)
    2500
    """
    return read_law(value, AmountMinor).build()


@laws.register("constant")
@dataclass(frozen=True, slots=True)
class Constant(ContinuousLaw):
    """Always `ticks`."""

    parameters: ClassVar[Any] = written.ConstantParameters
    ticks: int

    @classmethod
    def from_parameters(cls, given: written.ConstantParameters[int]) -> Self:
        """Return the law of the given parameters."""
        return cls(given.value)

    def ns(self, u: float) -> int:  # noqa: ARG002  the one law that needs no luck
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return self.ticks

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return float(self.ticks)

    @property
    def variance(self) -> float:
        """Variance [ticks squared]."""
        return 0.0


@laws.register("exponential")
@dataclass(frozen=True, slots=True)
class Exponential(ContinuousLaw):
    """Memoryless, with mean `scale` [ticks]."""

    parameters: ClassVar[Any] = written.ExponentialParameters
    scale: float

    @classmethod
    def from_parameters(cls, given: written.ExponentialParameters[int]) -> Self:
        """Return the law of the given parameters."""
        return cls(float(given.mean))

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return exponential_ns(self.scale, u)

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return self.scale

    @property
    def variance(self) -> float:
        """Variance [ticks squared]."""
        return self.scale**2


@laws.register("lognormal")
@dataclass(frozen=True, slots=True)
class Lognormal(ContinuousLaw):
    """The logarithm of the ticks is normal with mean `mu` and standard deviation `sigma`."""

    parameters: ClassVar[Any] = written.LognormalParameters
    mu: float
    sigma: float

    @classmethod
    def from_parameters(cls, given: written.LognormalParameters[int]) -> Self:
        """Return the law of the given parameters."""
        if given.median is not None and given.p99 is not None:
            return cls(math.log(given.median), math.log(given.p99 / given.median) / _Z99)
        assert given.mean is not None
        assert given.cv is not None
        sigma2 = math.log1p(given.cv**2)
        return cls(math.log(given.mean) - sigma2 / 2, math.sqrt(sigma2))

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return lognormal_ns(self.mu, self.sigma, u)

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return math.exp(self.mu + self.sigma**2 / 2)

    @property
    def variance(self) -> float:
        """Variance [ticks squared]."""
        return math.expm1(self.sigma**2) * self.mean**2


@laws.register("gamma")
@dataclass(frozen=True, slots=True)
class Gamma(ContinuousLaw):
    """Gamma with `shape` and `scale` [ticks]; a whole shape k is the Erlang-k law."""

    parameters: ClassVar[Any] = written.GammaParameters
    shape: float
    scale: float
    lower: tuple[float, ...] = field(init=False, repr=False, compare=False)
    upper: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lower, upper = gamma_table(self.shape)
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)

    @classmethod
    def from_parameters(cls, given: written.GammaParameters[int]) -> Self:
        """Return the law of the given parameters."""
        shape = given.shape if given.cv is None else 1.0 / given.cv**2
        assert shape is not None
        return cls(shape, given.mean / shape)

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return gamma_ns(self.scale, GAMMA_STEP, self.lower, self.upper, u)

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return self.shape * self.scale

    @property
    def variance(self) -> float:
        """Variance [ticks squared]."""
        return self.shape * self.scale**2


GAMMA_STEP = 0.02
"""Distance of the rows of a gamma table, in the logarithm of the tail's probability."""


@lru_cache(maxsize=256)
def gamma_table(shape: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Tabulate the standard gamma law's quantiles in both tails (see `law_rules.gamma_ns`).

    Down to probabilities of 1e-16 on either side; mean and variance of what is interpolated are
    within 1e-4 of the law's own (measured in the tests).
    """
    from scipy.special import gammainccinv, gammaincinv  # noqa: PLC0415  keeps --help fast

    tail = 0.5 * np.exp(-GAMMA_STEP * np.arange(1850))
    lower = np.log(np.maximum(gammaincinv(shape, tail), 1e-300))
    upper = gammainccinv(shape, tail)
    return tuple(lower.tolist()), tuple(upper.tolist())


@laws.register("weibull")
@dataclass(frozen=True, slots=True)
class Weibull(ContinuousLaw):
    """Weibull with `shape` and `scale` [ticks]."""

    parameters: ClassVar[Any] = written.WeibullParameters
    shape: float
    scale: float

    @classmethod
    def from_parameters(cls, given: written.WeibullParameters[int]) -> Self:
        """Return the law of the given parameters."""
        if given.scale is not None:
            return cls(given.shape, float(given.scale))
        assert given.mean is not None
        return cls(given.shape, given.mean / math.gamma(1 + 1 / given.shape))

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return weibull_ns(self.scale, 1.0 / self.shape, u)

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return self.scale * math.gamma(1 + 1 / self.shape)

    @property
    def variance(self) -> float:
        """Variance [ticks squared]."""
        return self.scale**2 * math.gamma(1 + 2 / self.shape) - self.mean**2


@laws.register("pareto")
@dataclass(frozen=True, slots=True)
class Pareto(ContinuousLaw):
    """Pareto of the first kind: P(X > x) = (minimum / x)^alpha for x >= minimum [ticks]."""

    parameters: ClassVar[Any] = written.ParetoParameters
    alpha: float
    minimum: float

    @classmethod
    def from_parameters(cls, given: written.ParetoParameters[int]) -> Self:
        """Return the law of the given parameters."""
        if given.minimum is not None:
            return cls(given.alpha, float(given.minimum))
        assert given.mean is not None
        return cls(given.alpha, given.mean * (given.alpha - 1) / given.alpha)

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return pareto_ns(self.minimum, 1.0 / self.alpha, u)

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return self.alpha * self.minimum / (self.alpha - 1)

    @property
    def variance(self) -> float:
        """Variance [ticks squared]; infinite for alpha <= 2."""
        if self.alpha <= 2:
            return math.inf
        return self.minimum**2 * self.alpha / ((self.alpha - 1) ** 2 * (self.alpha - 2))


@laws.register("uniform")
@dataclass(frozen=True, slots=True)
class Uniform(ContinuousLaw):
    """Anything between `low` and `high` [ticks] alike."""

    parameters: ClassVar[Any] = written.UniformParameters
    low: float
    high: float

    @classmethod
    def from_parameters(cls, given: written.UniformParameters[int]) -> Self:
        """Return the law of the given parameters."""
        return cls(float(given.low), float(given.high))

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return uniform_ns(self.low, self.high, u)

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return (self.low + self.high) / 2

    @property
    def variance(self) -> float:
        """Variance [ticks squared]."""
        return (self.high - self.low) ** 2 / 12


@laws.register("empirical")
@dataclass(frozen=True, slots=True)
class Empirical(ContinuousLaw):
    """A quantile table: `ticks[i]` at `shares[i]`, from 0 to 1, straight in between."""

    parameters: ClassVar[Any] = written.EmpiricalParameters
    shares: tuple[float, ...]
    ticks: tuple[float, ...]

    @classmethod
    def from_parameters(cls, given: written.EmpiricalParameters[int]) -> Self:
        """Return the law of the given parameters."""
        shares, ticks = zip(*given.quantiles, strict=True)
        return cls(tuple(map(float, shares)), tuple(map(float, ticks)))

    @classmethod
    def from_sample(cls, ticks: Sequence[float], points: int = 201) -> Self:
        """Return the table of `points` evenly spaced quantiles of a sample [ticks]."""
        shares = np.linspace(0.0, 1.0, points)
        return cls(tuple(shares.tolist()), tuple(np.quantile(ticks, shares).tolist()))

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        return table_ns(self.shares, self.ticks, u)

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        x = np.asarray(self.ticks)
        return float(np.sum(np.diff(self.shares) * (x[1:] + x[:-1]) / 2))

    @property
    def variance(self) -> float:
        """Variance [ticks squared]."""
        x = np.asarray(self.ticks) - self.mean
        squares = x[1:] ** 2 + x[1:] * x[:-1] + x[:-1] ** 2
        return float(np.sum(np.diff(self.shares) * squares / 3))


@laws.register("mixture")
@dataclass(frozen=True, slots=True)
class Mixture(ContinuousLaw):
    """Part i with probability ends[i + 1] - ends[i], chosen by the same uniform number."""

    parameters: ClassVar[Any] = written.MixtureParameters
    parts: tuple[ContinuousLaw, ...]
    ends: tuple[float, ...]

    @classmethod
    def from_parameters(cls, given: written.MixtureParameters[int]) -> Self:
        """Return the law of the given parameters; parts without weight vanish."""
        pairs: list[tuple[LawParameters[int], float]] = [
            (law, weight) for law, weight in zip(given.laws, given.weights, strict=True) if weight
        ]
        sums = np.concatenate([[0.0], np.cumsum([weight for _, weight in pairs])])
        return cls(tuple(law.build() for law, _ in pairs), tuple((sums / sums[-1]).tolist()))

    def ns(self, u: float) -> int:
        """Return the number of whole ticks at probability `u` in (0, 1)."""
        part, rest = mixture_part(self.ends, u)
        return self.parts[part].ns(rest)

    @property
    def breaks(self) -> tuple[float, ...]:
        """Probabilities at which one part ends and the next begins."""
        return self.ends[1:-1]

    @property
    def mean(self) -> float:
        """Mean [ticks]."""
        return float(np.dot(np.diff(self.ends), [part.mean for part in self.parts]))

    @property
    def variance(self) -> float:
        """Variance [ticks squared]: mean of the variances plus variance of the means."""
        squares = [part.variance + (part.mean - self.mean) ** 2 for part in self.parts]
        return float(np.dot(np.diff(self.ends), squares))
