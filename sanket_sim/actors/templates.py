"""Kinds of payment that people make month by month: what a file says about one of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from sanket_sim.bank.law_parameters import AmountLaw
from sanket_sim.core.settings import AmountMinor, Settings, Several, Share

DAY_WORDS = ("first", "last", "first_business_day", "last_business_day")
HOURS, WEEKDAYS, MONTHS = 24, 7, 12

Factor = Annotated[float, Field(ge=0, le=100)]
Incomes = Annotated[float, Field(ge=0, le=1e4)]
"""An amount in the customer's own monthly incomes."""


def _day(value: Any) -> Any:
    if isinstance(value, str) and value in DAY_WORDS:
        return value
    ends = tuple(value) if isinstance(value, list | tuple) else (value, value)
    numbers = len(ends) == 2 and all(type(day) is int and 1 <= day <= 31 for day in ends)
    if numbers and ends[0] <= ends[1]:
        return ends if isinstance(value, list) else value
    if numbers:
        raise ValueError(f"the range runs backwards; write [{ends[1]}, {ends[0]}]")
    words = ", ".join(f'"{word}"' for word in DAY_WORDS)
    raise ValueError(f"expected a day 1 to 31, a range such as [5, 14], or one of {words}")


Day = Annotated[int | str | tuple[int, int], BeforeValidator(_day)]
"""A day of the month, by number or by word, or a range in which everybody has a day of his own."""


def _rises(table: tuple[tuple[float, float], ...]) -> bool:
    shares, incomes = zip(*table, strict=True)
    ends = len(shares) >= 2 and (shares[0], shares[-1]) == (0, 1)
    return ends and list(shares) == sorted(set(shares)) and list(incomes) == sorted(incomes)


class TemplateSettings(Settings):
    """A kind of payment, as ``[[population.template]]`` or as ``[[template]]`` of a preset.

    It comes `per_month` times, whenever, or once a month on a `day`. Its draws are named by its
    name: one more template changes no other.

    Examples
    --------
    >>> rent = TemplateSettings.model_validate({"name": "rent", "route": "transfer", "day": [1, 5],
    ...     "of_income": [[0, 0.15], [1, 0.45]], "steady": 1, "payee": "same", "share": 0.4})
    >>> rent.day, rent.shift
    ((1, 5), 'none')
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]
    """Names its draws. An experiment's template takes the place of a preset's of the same name."""
    route: Annotated[str, Field(min_length=1)]
    """The bank's route by which it goes."""
    optional: bool = False
    """At a bank without that route: leave the template out, instead of refusing the experiment."""
    replaces: bool = False
    """The demand by the routes' weights leaves this route to templates."""
    share: Share = 1.0
    """Share of the customers (of `segments`) who have it, the same ones in every month."""
    one_of: Annotated[str, Field(max_length=60)] = ""
    """Templates of the same group exclude one another: everybody has one of them at most. Their
    shares add up, in the order of the file."""
    segments: Several[str] = ()
    """Who may have it; empty: everybody."""
    per_month: Annotated[float, Field(gt=0, le=100)] | None = None
    """Mean number a calendar month for a customer of activity 1; his activity multiplies it."""
    fano: Annotated[float, Field(ge=1, le=50)] = 1.0
    """Variance over mean of a customer's monthly number: 1 Poisson, above negative binomial."""
    day: Day | None = None
    """Instead of `per_month`: once a month, on this day, if the month is shorter on its last."""
    shift: Literal["none", "next", "previous"] = "none"
    """What becomes of a day on which banks are closed: the next or the previous business day."""
    misses: Share = 0.0
    """Probability that a payment with a `day` does not come in a month."""
    amount: AmountLaw | None = None
    """Law of amounts [minor units]; without it and `of_income`, the law of the route."""
    of_income: Several[Annotated[tuple[Share, Incomes], Field(strict=False)]] = ()
    """Quantiles of the amount in the customer's own monthly incomes, straight between the points:
    ``[[0, 0.05], [0.5, 0.2], [1, 1.5]]``."""
    of_rest: Several[Annotated[tuple[Share, Incomes], Field(strict=False)]] = ()
    """Instead of `of_income`, the same in what standing orders leave of the customer's income:
    his templates with `day`, `of_income` and `steady` (at least a tenth is left)."""
    amount_months: Several[Factor] = ()
    """12 factors from January on, of the amount: a thirteenth salary in December."""
    steady: Share = 0.0
    """How much a customer's amounts resemble one another (correlation of two of them on the normal
    scale): 0 every time another, 1 always the same, as of a standing order."""
    round_to: Annotated[AmountMinor, Field(gt=0)] | None = None
    """Amounts are rounded to multiples of this [minor units] ..."""
    round_share: Share = 1.0
    """... in this share of payments."""
    payee: Literal["usual", "same", "to_savings", "from_savings"] = "usual"
    """Who is paid: as the route's payments usually go; always the same person or shop; or the
    customer himself, to or from his savings account (those without one leave it)."""
    channels: dict[str, Factor] = Field(default_factory=dict)
    """Channel -> share; empty: as the route has them."""
    hours: Several[Factor] = ()
    """24 weights of the hours of day; empty: by `peaks`."""
    peaks: Several[Annotated[tuple[Factor, Factor, Factor], Field(strict=False)]] = ()
    """Instead of `hours`, bells of weight, middle [h] and deviation [h]: ``[[0.6, 12.5, 2.5]]``;
    without either, as on an ordinary working day."""
    weekdays: Several[Factor] = ()
    """7 factors from Monday on, of a day against the others of its month."""
    months: Several[Factor] = ()
    """12 factors from January on, of the mean number."""

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if (self.per_month is None) == (self.day is None):
            raise ValueError("expected either per_month, or day")
        loose = [key for key in ("weekdays", "months") if getattr(self, key)]
        if self.day is not None and (loose or self.fano > 1):
            raise ValueError(f"{(*loose, 'fano')[0]} goes with per_month, which is not given")
        if self.day is None and (self.shift != "none" or self.misses):
            stray = "misses" if self.misses else "shift"
            raise ValueError(f"{stray} goes with day, which is not given")
        return self

    @model_validator(mode="after")
    def _tables_fit(self) -> Self:
        tables = {"hours": HOURS, "weekdays": WEEKDAYS, "months": MONTHS, "amount_months": MONTHS}
        for key, count in tables.items():
            weights = cast("tuple[float, ...]", getattr(self, key))
            if weights and len(weights) != count:
                raise ValueError(f"expected {count} weights in {key}, {len(weights)} are given")
            if weights and not sum(weights) > 0:
                raise ValueError(f"expected a weight > 0 in {key}, all {count} are 0")
        if self.hours and self.peaks:
            raise ValueError("expected either hours or peaks")
        if self.peaks and not all(spread > 0 for _, _, spread in self.peaks):
            raise ValueError("expected peaks of deviation > 0: [[weight, middle, deviation]]")
        if self.channels and not sum(self.channels.values()) > 0:
            raise ValueError("expected at least one share > 0 in channels")
        return self

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        given = sum(map(bool, (self.amount, self.of_income, self.of_rest)))
        if given > 1:
            raise ValueError("expected either amount or of_income or of_rest")
        if self.amount_months and not given:
            raise ValueError("amount_months goes with amount, of_income or of_rest")
        for key, table in (("of_income", self.of_income), ("of_rest", self.of_rest)):
            if table and not _rises(table):
                raise ValueError(
                    f"expected rising points of {key}, the first at 0 and the last at 1, "
                    "with incomes that never fall"
                )
        return self

    def expected_per_month(self) -> float:
        """Return how often it comes to a mean customer in a mean month."""
        if self.per_month is None:
            return self.share * (1.0 - self.misses)
        seasons = sum(self.months) / MONTHS if self.months else 1.0
        return self.share * self.per_month * seasons
