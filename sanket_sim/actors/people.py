"""What people earn, own and do: a preset's laws, drawn for everybody by his own number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, ndtri

from sanket_sim.actors.presets import PresetSettings, SegmentSettings
from sanket_sim.core.draws import Draws

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

_GRID = np.linspace(-6.0, 6.0, 1201)
"""Normal scores at which laws of income are asked; in between, logarithms are straight."""


@dataclass(frozen=True, slots=True)
class Means:
    """What sets customers apart, as columns by customer number.

    Parameters
    ----------
    segment : int8 array
        Index into the preset's segments.
    income_minor, opening_minor : int64 array [minor units]
        Monthly income, and opening balance of the current account.
    activity : float64 array
        Weight of the customer's demand, of mean 1 over the preset.
    thrift : float64 array
        Uniform; who lies below his segment's share of savers has a savings account.
    saves : bool array
    """

    segment: NDArray[np.int8]
    income_minor: Numbers
    opening_minor: Numbers
    activity: Floats
    thrift: Floats
    saves: NDArray[np.bool_]


def means_of(preset: PresetSettings, draws: Draws, number: Numbers, affluence: Floats) -> Means:
    """Draw customers' means.

    Parameters
    ----------
    preset : PresetSettings
    draws : Draws
    number : int64 array
        Customer numbers.
    affluence : float64 array
        Standard normal; a customer's place among the incomes of his segment.

    Examples
    --------
    >>> from sanket_sim.actors.presets import read_preset
    >>> two = means_of(read_preset("modern"), Draws(1), np.arange(2), np.array([-1.0, 1.0]))
    >>> two.income_minor.shape, two.saves.dtype
    ((2,), dtype('bool'))
    """
    shares = np.array([segment.share for segment in preset.segment])
    segment = choose(shares / shares.sum(), draws.child("segment").uniform(number))
    busy = draws.child("activity").uniform(number)
    cushion = ndtri(draws.child("balance").uniform(number))
    income, opening, activity = np.empty((3, len(number)))
    mean_activity = np.average([one.activity for one in preset.segment], weights=shares)
    for code, kind in enumerate(preset.segment):
        here = np.flatnonzero(segment == code)
        income[here] = _incomes_minor(kind, affluence[here])
        drift = kind.balance_sigma * cushion[here] - kind.balance_sigma**2 / 2.0
        opening[here] = kind.balance * income[here] * np.exp(drift)
        quantile = gammaincinv(kind.activity_shape, busy[here]) / kind.activity_shape
        activity[here] = quantile * kind.activity / mean_activity
    thrift = draws.child("thrift").uniform(number)
    savers = np.array([kind.savings for kind in preset.segment])
    return Means(
        segment=segment,
        income_minor=np.rint(income).astype(np.int64),
        opening_minor=np.rint(opening).astype(np.int64),
        activity=activity,
        thrift=thrift,
        saves=thrift < savers[segment],
    )


def choose(shares: Floats, u: Floats) -> NDArray[np.int8]:
    """Return which of several each uniform number falls on."""
    edges = np.cumsum(shares)[:-1]
    return np.searchsorted(edges, u, side="right").astype(np.int8)


def _incomes_minor(kind: SegmentSettings, affluence: Floats) -> Floats:
    law = kind.income.build()
    logarithms = np.log([max(1, law.ns(u)) for u in ndtr(_GRID).tolist()])
    return np.asarray(np.exp(np.interp(affluence, _GRID, logarithms)), dtype=np.float64)
