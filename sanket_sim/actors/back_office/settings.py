"""What an experiment says about the back office: how often it looks, and how fast it acts."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator

from sanket_sim.bank.law_parameters import TimeLaw, read_law
from sanket_sim.core.settings import DurationNs, PositiveDurationNs, Settings, Share
from sanket_sim.core.units import MINUTE_NS, NS_PER_S


def _time_of_day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f'expected a time of day such as "17:30", is "{value}"') from error
    return value


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day, json_schema_input_type=str)]
"""Local time of the bank, written ``17:30:00`` or ``"17:30"``."""


class ReconciliationSettings(Settings):
    """How the bank finds and mends what went wrong, as ``[reconciliation]``.

    The laws are chosen, not measured: public figures say how much was recovered, seldom how soon.

    Examples
    --------
    >>> asked = ReconciliationSettings.model_validate({"intraday": "1m", "end_of_day": "17:30"})
    >>> asked.intraday, asked.end_of_day
    (60000000000, datetime.time(17, 30))
    """

    enabled: bool = True
    """Off: nobody looks, nothing is found, nothing comes back."""
    intraday: PositiveDurationNs = 5 * MINUTE_NS
    """How often the bank compares its orders with its own posting log."""
    end_of_day: TimeOfDay | None = None
    """When the day is closed and statements from outside are compared too; the end of the run
    closes the last day in any case."""
    grace: DurationNs = 30 * NS_PER_S
    """An order to which something happened so recently is left alone: it may be a matter of
    timing. No grace where the day is closed and nothing is on its way any more."""
    investigation: TimeLaw = read_law(
        {"law": "lognormal", "median": "10m", "p99": "2h"}, DurationNs
    )
    """From the break to the decision what to do about it."""
    approval: PositiveDurationNs = MINUTE_NS
    """From the decision to the correction (a second pair of eyes); a tick must not be longer."""
    await_corrections: bool = False
    """Let the run drain, as far as its `drain` allows, until every correction has been made; else
    it ends with the last customer, and what is still investigated then stays open."""
    recovery: Share = 1.0
    """Probability that whoever has the money agrees to give it back."""
    complaints: Share = 0.8
    """Probability that a customer notices what no reconciliation can see."""
    complaint: TimeLaw = read_law({"law": "lognormal", "median": "4h", "p99": "4d"}, DurationNs)
    """From the answer to the customer to the complaint."""
