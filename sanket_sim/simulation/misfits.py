"""What is right in an experiment by itself, and wrong or without effect on its bank."""

from __future__ import annotations

from collections.abc import Iterator

from sanket_sim.actors import plans
from sanket_sim.actors.demand import demand_of
from sanket_sim.actors.onboarding import APPLICATION
from sanket_sim.actors.plans import MONTH_NS
from sanket_sim.actors.presets import read_preset
from sanket_sim.actors.routes import errand
from sanket_sim.actors.settings import PopulationSettings
from sanket_sim.bank.description import Bank, Effect, StepKind
from sanket_sim.core.settings import nearest
from sanket_sim.core.toml_text import KeyPath, split_path
from sanket_sim.core.units import NS_PER_S, format_duration
from sanket_sim.faults import Fault
from sanket_sim.faults import settings as disturbances
from sanket_sim.simulation.experiment import Experiment

INTENTS_MAX = 1_000_000_000
"""Most intents of a run: two days of computing."""
INTENTS_PER_TICK_MAX = 2_000_000
"""Most intents planned at once: about a gigabyte."""
READINGS_MAX = 1_000_000
"""Most readings of the gauges in a run: a day, read every tenth of a second."""
WINDOWS_MAX = 10_000
"""Most windows of all faults together: each is laid out before the run goes on."""

Misfit = tuple[KeyPath, str]


def misfits(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    """Yield what is right by itself and wrong on this bank: key path and message."""
    yield from _slow_ticks(experiment)
    yield from excesses(experiment, bank)
    yield from _foreign_wallets(experiment, bank)
    yield from plans.misfits(experiment.population, experiment.demand, bank)
    yield from _idle_applicants(experiment, bank)
    yield from _idle_onboarding(experiment, bank)
    yield from _campaigns(experiment, bank)
    yield from _idle_fraud_service(experiment, bank)
    for problem in disturbances.misfits(experiment.fault, experiment.trap, bank):
        yield _keys(problem.path), problem.message
    for place, command in enumerate(experiment.command):
        for problem in command.deed.problems(bank):
            yield ("command", place, command.table, *_keys(problem.path)), problem.message


def _keys(path: str) -> KeyPath:
    return tuple(int(key) if key.isdecimal() else key for key in split_path(path))


def latecomers(experiment: Experiment) -> Iterator[Misfit]:
    """Yield what would begin when customers arrive no more, and so never: key path and message."""
    campaigns = enumerate(experiment.fraud.campaign)
    begins: list[tuple[KeyPath, int]] = [
        (("fraud", "campaign", place, "at"), campaign.at) for place, campaign in campaigns
    ]
    begins += [
        (("command", place, command.table, "at"), command.at_ns)
        for place, command in enumerate(experiment.command)
    ]
    if experiment.onboarding.rate:
        begins.append((("onboarding", "at"), experiment.onboarding.at))
    lasts = format_duration(experiment.duration)
    for keys, at_ns in begins:
        if at_ns >= experiment.duration:
            message = f"must be before the end of the run ({lasts}), is {format_duration(at_ns)}"
            yield keys, f"{message}; begin earlier, or lengthen the duration"


def _idle_applicants(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    applicants = experiment.population.applicants
    if applicants and errand(bank, APPLICATION) is None:
        message = f'nobody can apply: model {bank.name} has no route "{APPLICATION}", is '
        message += f"{applicants}; leave it out, or take a model with that route"
        yield ("population", "applicants"), message


def _idle_onboarding(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    """Find newcomers who are asked for and would never come."""
    asked = experiment.onboarding
    if not asked.rate:
        return
    if errand(bank, APPLICATION) is None:
        message = f'nobody can apply: model {bank.name} has no route "{APPLICATION}", is '
        message += f'"{asked.rate:g}/s"; leave [onboarding] out, or take a model with that route'
        yield ("onboarding", "rate"), message
    elif not experiment.population.applicants:
        message = f'nobody is there to apply, is "{asked.rate:g}/s"; '
        yield ("onboarding", "rate"), message + "give [population] applicants = 1000, say"


def _campaigns(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    """Find campaigns that cannot be, or that share their name and so their draws."""
    first: dict[str, int] = {}
    for place, campaign in enumerate(experiment.fraud.campaign):
        where = ("fraud", "campaign", place)
        if lack := campaign.missing(bank):
            message = f"{campaign.typology} needs {lack}, which model {bank.name} has not"
            yield (*where, "typology"), message
        if campaign.APPLIES and not experiment.population.applicants:
            message = f"{campaign.typology} needs people who can apply for an account, is 0; "
            message += "give [population] applicants = 1000, say"
            yield ("population", "applicants"), message
        if campaign.name and first.setdefault(campaign.name, place) != place:
            message = f'is "{campaign.name}", as that of campaign {first[campaign.name]} is; '
            yield (*where, "name"), message + "names are unique: give it another, or none"


def _idle_fraud_service(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    """Find overrides of a service that nobody asks."""
    steps = (step for operation in bank.operations for step in operation.steps)
    if any(step.kind == StepKind.CHECK and step.effect == Effect.CHECK_FRAUD for step in steps):
        return
    for key in experiment.fraud_service:
        message = f'has no effect: no operation of model {bank.name} has a step {{check = "fraud"}}'
        yield ("fraud_service", key), f"{message}; leave it out, or give the model that step"


def _foreign_wallets(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    """Find wallets in currencies that the bank has not; those that are the default do no harm."""
    usual = PopulationSettings().wallets
    for currency, share in experiment.population.wallets.items():
        if currency not in bank.currencies and usual.get(currency) != share:
            known = nearest(currency, bank.currencies)
            message = f"model {bank.name} has no such currency, is {share:g}; {known}"
            yield ("population", "wallets", currency), message


def _slow_ticks(experiment: Experiment) -> Iterator[Misfit]:
    shortest_ns = experiment.shortest_reaction_ns
    if experiment.tick > shortest_ns:
        yield (
            ("tick",),
            (
                f"must not exceed the shortest reaction of actors ({format_duration(shortest_ns)}, "
                f"population.patience.minimum), is {format_duration(experiment.tick)}; "
                "shorten the tick, or they would react to what they cannot know yet"
            ),
        )
    approval_ns = experiment.reconciliation.approval
    if experiment.reconciliation.enabled and experiment.tick > approval_ns:
        yield (
            ("reconciliation", "approval"),
            (
                f"must not be shorter than the tick ({format_duration(experiment.tick)}), is "
                f"{format_duration(approval_ns)}; corrections would have to leave in the past"
            ),
        )
    review_ns = experiment.financial_crime.minimum
    if experiment.financial_crime.analysts and experiment.tick > review_ns:
        yield (
            ("financial_crime", "minimum"),
            (
                f"must not be shorter than the tick ({format_duration(experiment.tick)}), is "
                f"{format_duration(review_ns)}; accounts would have to be blocked in the past"
            ),
        )


def excesses(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    """Yield what no machine would finish: a typing error in a number must not fill its memory."""
    if found := [*_too_many_readings(experiment), *_too_many_windows(experiment)]:
        yield from found
    else:
        yield from _too_many_intents(experiment, bank)


def _struck_by(experiment: Experiment) -> Iterator[tuple[KeyPath, Fault]]:
    """Yield every fault, planned or commanded, and where it stands."""
    for place, fault in enumerate(experiment.fault):
        yield ("fault", place), fault
    for place, command in enumerate(experiment.command):
        if command.fault is not None:
            yield ("command", place, "fault"), command.fault


def _too_many_readings(experiment: Experiment) -> Iterator[Misfit]:
    readings = (experiment.duration + experiment.drain) // experiment.gauges
    if readings > READINGS_MAX:
        message = f"asks for {readings:,} readings, more than {READINGS_MAX:,}; read less often"
        yield ("gauges",), message


def _too_many_windows(experiment: Experiment) -> Iterator[Misfit]:
    total = 0
    for keys, fault in _struck_by(experiment):
        times = fault.times(experiment.duration)
        total += times
        if total > WINDOWS_MAX and times > 1:
            message = f"strikes {times:,} times, and all faults together {total:,}"
            yield (*keys, "repeat"), f"{message}; at most {WINDOWS_MAX:,}: repeat it less often"


def _too_many_intents(experiment: Experiment, bank: Bank) -> Iterator[Misfit]:
    people, lasts_ns = experiment.population, experiment.duration
    preset = read_preset(people.preset)
    crowds = [crowd for _, fault in _struck_by(experiment) for crowd in fault.surges(lasts_ns)]
    demand = demand_of(
        experiment.demand, people.customers, experiment.start, lasts_ns, crowds, preset
    )
    fastest_per_s = people.customers * float(max(demand.after.max(), demand.before.max()))
    a_tick = fastest_per_s * experiment.tick / NS_PER_S
    monthly = plans.Plans.of(people, experiment.demand, bank)
    expected = demand.expected + sum(monthly.per_month.values()) * lasts_ns / MONTH_NS
    expected *= people.customers
    if not expected <= INTENTS_MAX:
        asked = f"about {expected:.3g} intents, more than {INTENTS_MAX:,}"
        yield ("demand", "rate"), f"asks for {asked}; lower it, or shorten the duration"
    elif a_tick > INTENTS_PER_TICK_MAX:
        asked = f"{a_tick:.3g} intents in a tick, more than {INTENTS_PER_TICK_MAX:,}"
        yield ("demand", "rate"), f"asks for {asked}; lower it, or shorten the tick"
