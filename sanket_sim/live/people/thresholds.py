"""The what-if of the fraud desk: what flagging by the score alone would have meant."""

from __future__ import annotations

import numpy as np

from sanket_sim.analysis.fraud_scores import SCORE_BINS, Histogram
from sanket_sim.bank.description import Bank
from sanket_sim.live.frames import WhatIf
from sanket_sim.live.people.campaigns import first_currency_minor
from sanket_sim.live.reading.detection import share_of

_STEP = 50
"""Bins of the histogram from one cut of the what-if to the next."""


def what_if(scores: Histogram, bank: Bank, currencies: list[str]) -> tuple[WhatIf, ...]:
    """Return what other cuts would have meant; none without fraud that was scored.

    Parameters
    ----------
    scores : Histogram
    bank : Bank
        Its thresholds are among the cuts.
    currencies : list of str
        The words behind the histogram's codes.
    """
    service = bank.fraud_service
    present = (service.review_at, service.step_up_at, service.decline_at)
    marks = {round(score * SCORE_BINS) for score in present}
    bins = sorted(marks | set(range(0, SCORE_BINS, _STEP)))
    above = np.cumsum(scores.counts[:, ::-1], axis=1)[:, ::-1]
    honest, fraud = above[:, 0].tolist()
    if not fraud:
        return ()
    return tuple(
        WhatIf(
            score=place / SCORE_BINS,
            recall=share_of(right, fraud),
            precision=share_of(right, right + wrong),
            honest_share=share_of(wrong, honest),
            flagged_minor=first_currency_minor(_at_stake_minor(scores, place, currencies), bank),
        )
        for place in bins
        if place < SCORE_BINS
        for wrong, right in (above[:, place].tolist(),)
    )


def _at_stake_minor(scores: Histogram, place: int, currencies: list[str]) -> dict[str, int]:
    """Return attempts at their owners' money from a bin on, by currency."""
    sums = scores.at_stake_minor.items()
    return {currencies[code]: int(minor[place:].sum()) for code, minor in sums}
