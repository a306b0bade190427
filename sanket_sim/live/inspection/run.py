"""The run inspector: what a run amounts to so far, as its findings will tell it."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.live.meters.level_so_far import ResilienceSoFar
from sanket_sim.live.meters.tally import Count
from sanket_sim.live.picture import Picture
from sanket_sim.live.reading.settling import BreakKind
from sanket_sim.live.services.bottlenecks import Bottleneck


@dataclass(frozen=True, slots=True)
class Amounts:
    """What has been counted since the warm-up, as in `findings.json`.

    Parameters
    ----------
    submitted, good, leaked : int
    leaked_minor : dict
        Gross leak by currency [minor units].
    energy_j, operational_gco2e, embodied_gco2e : float
    good_payments : int
        What energy and carbon are divided by.
    """

    submitted: int
    good: int
    leaked: int
    leaked_minor: dict[str, int]
    energy_j: float
    operational_gco2e: float
    embodied_gco2e: float
    good_payments: int


@dataclass(frozen=True, slots=True)
class RunSoFar:
    """What a run amounts to.

    Parameters
    ----------
    counted : str
        Which part of the run that is, in words: ``"since 08:01:00"``.
    amounts : Amounts
    resilience : ResilienceSoFar or None
        None during the warm-up.
    breaks : list of BreakKind
        Of the whole run, its warm-up included.
    bottlenecks : tuple of Bottleneck
        Of now, the worst first.
    """

    counted: str
    amounts: Amounts
    resilience: ResilienceSoFar | None
    breaks: list[BreakKind]
    bottlenecks: tuple[Bottleneck, ...]


def inspect_run(picture: Picture, key: str) -> RunSoFar:
    """Tell what a run amounts to so far; there is but one, whatever the key."""
    del key
    return RunSoFar(
        counted=picture.meters.now.counted,
        amounts=_amounts(picture),
        resilience=picture.account.resilience,
        breaks=picture.account.settling.kinds(),
        bottlenecks=picture.services.bottlenecks(),
    )


def _amounts(picture: Picture) -> Amounts:
    now = picture.meters.now
    spent = now.spent
    return Amounts(
        submitted=now.total[Count.SUBMITTED],
        good=now.total[Count.GOOD],
        leaked=now.total[Count.LEAKED],
        leaked_minor=now.leaked_minor,
        energy_j=spent.energy_j,
        operational_gco2e=spent.operational_g(now.energy.grid),
        embodied_gco2e=spent.embodied_g,
        good_payments=now.total[Count.GOOD_PAYMENTS],
    )
