"""The four figures of a SANKET audit, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.analysis.leakage import LeakageFinding
from sanket_sim.analysis.resilience import ResilienceFinding
from sanket_sim.analysis.statistics import Estimate, wilson


@dataclass(frozen=True, slots=True)
class ExecutiveFinding:
    """One screen for somebody in a hurry, under the names of the SANKET audit.

    Parameters
    ----------
    critical_bottleneck : str
        The service with the lowest seed score; without any leak, the one on which the slowest
        paths spend most of their time.
    bottleneck_significant : bool
        Whether it leaks more than chance would make it (Holm-adjusted).
    resilience_score : Estimate
        ``100 * (1 - leaked / visited)`` of that service.
    detected_leakage : Estimate
        Intents that leaked.
    stress_volume : int
        Intents submitted.
    global_leakage_rate_percent, failure_rate_percent : Estimate
        Leaked, and not completed properly for any reason, of all submitted.
    high_energy_events : Estimate
        Hops over the latency threshold.
    p_worst_by_chance : float
        Probability that the worst of so many equal services would look this bad.
    worth : str
        The same in a sentence.
    """

    critical_bottleneck: str
    bottleneck_significant: bool
    resilience_score: Estimate
    detected_leakage: Estimate
    stress_volume: int
    global_leakage_rate_percent: Estimate
    failure_rate_percent: Estimate
    high_energy_events: Estimate
    p_worst_by_chance: float
    worth: str


def summarise(
    leakage: LeakageFinding, resilience: ResilienceFinding, slow_hops: int
) -> ExecutiveFinding:
    """Put the audit's figures together."""
    bottleneck = resilience.bottleneck
    name = bottleneck.worst_by_leakage or bottleneck.by_critical_path
    services = resilience.by_service
    score = services[name].seed_score if name in services else Estimate()
    hops = max(resilience.attempts, slow_hops)
    return ExecutiveFinding(
        critical_bottleneck=name,
        bottleneck_significant=bool(name) and bottleneck.by_leakage == name,
        resilience_score=score,
        detected_leakage=leakage.rate_count.scaled(leakage.submitted),
        stress_volume=leakage.submitted,
        global_leakage_rate_percent=leakage.rate_count.scaled(100),
        failure_rate_percent=leakage.failure_rate.scaled(100),
        high_energy_events=wilson(slow_hops, hops).scaled(hops),
        p_worst_by_chance=bottleneck.p_worst_by_chance,
        worth=_worth(leakage, resilience, name, score),
    )


def _worth(
    leakage: LeakageFinding, resilience: ResilienceFinding, name: str, score: Estimate
) -> str:
    """Say what the score can carry."""
    if not leakage.submitted:
        return "No intent was measured, so no service can be called worse than another."
    if not leakage.leaked:
        return (
            f"Nothing leaked, so no service can be called worse than another by leakage; on "
            f"{leakage.submitted:,} intents the true rate may still be up to "
            f"{100 * leakage.rate_count.high:.3g} % (95 %)."
        )
    bottleneck = resilience.bottleneck
    below = " or less" if bottleneck.p_worst_by_chance < 1e-6 else ""
    chance = (
        f"The 95 % interval of {name}'s score is {score.low:.2f} to {score.high:.2f}, and the "
        f"worst of {len(bottleneck.p_adjusted)} equal services would look this bad with "
        f"probability {max(bottleneck.p_worst_by_chance, 1e-6):.2g}{below}: "
    )
    if bottleneck.by_leakage:
        return chance + f"{bottleneck.by_leakage} leaks significantly more than its share."
    return chance + "no service is significantly worse."
