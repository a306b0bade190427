"""The preset `berka` generates what the record says; a preset that is a little off does not."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sanket_sim.actors.presets import read_preset
from sanket_sim.bank.model import load_bank
from sanket_sim.calibration.berka import read_everybody
from sanket_sim.calibration.calibrate import BANK, check, figures
from sanket_sim.calibration.comparison import COUNTS_MAX, DECLINES_MAX, KS_MAX, SHARES_MAX
from sanket_sim.calibration.fit import fit_preset, more_often
from sanket_sim.calibration.generated import Sample
from sanket_sim.calibration.page import page
from sanket_sim.calibration.reference import read_reference

DATA = Path(os.environ.get("SANKET_DATA", Path(__file__).parents[3] / "shared" / "data")) / "berka"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the Berka extracts are not in {DATA}")
REFERENCE = read_reference("everybody")
JUDGED = [name for name in REFERENCE.operation if name != "card_withdrawal"]


@pytest.fixture(scope="module")
def verdict():
    return check(load_bank(BANK)[0], Sample(), REFERENCE)


def fit_of(verdict, operation):
    return next(one for one in verdict.operations if one.operation == operation)


def larger(template, factor):
    table = tuple((share, incomes * factor) for share, incomes in template.of_income)
    return template.model_copy(update={"of_income": table})


@pytest.mark.parametrize("operation", JUDGED)
def test_an_operation_is_as_in_the_record(verdict, operation):
    one = fit_of(verdict, operation)
    assert one.is_judged
    assert one.ks_of_income <= KS_MAX
    assert one.ks_amount <= KS_MAX
    assert abs(one.counts_apart) <= COUNTS_MAX
    assert abs(one.share_apart) <= SHARES_MAX


def test_counts_and_declines_are_as_in_the_record(verdict):
    assert abs(verdict.counts_apart) <= COUNTS_MAX
    assert abs(verdict.declines_apart) <= DECLINES_MAX
    assert 0.2 < REFERENCE.decline10_share < 0.3
    assert verdict.generated.refused_share < 0.05
    assert verdict.passes


def test_bills_that_are_fifteen_per_cent_larger_are_noticed():
    household = [
        larger(one, 1.15) for one in read_preset("berka").template if one.route == "household"
    ]
    verdict = check(load_bank(BANK)[0], Sample(template=household), REFERENCE)
    one = fit_of(verdict, "household")
    assert max(one.ks_of_income, one.ks_amount) > KS_MAX
    assert not verdict.passes


def test_the_verdict_takes_every_bound_seriously(verdict):
    one = fit_of(verdict, "household")
    for broken in (
        replace(one, ks_amount=KS_MAX + 0.001),
        replace(one, ks_of_income=KS_MAX + 0.001),
        replace(one, per_month=one.per_month_reference * 1.051),
        replace(one, share=one.share_reference + 0.011),
    ):
        assert not broken.passes
        assert not replace(verdict, operations=(*verdict.operations, broken)).passes
    sinking = verdict.generated.model_copy(
        update={"decline10_share": REFERENCE.decline10_share - 0.031}
    )
    assert not replace(verdict, generated=sinking).passes


def test_few_entries_are_told_and_not_judged(verdict):
    rare = fit_of(verdict, "card_withdrawal")
    assert not rare.is_judged
    assert "| card_withdrawal |" in page(verdict)
    assert page(verdict).count("| told |") >= 2


def test_the_documentation_tells_what_is_measured(verdict):
    told = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text("utf-8")
    rows = dict(line.strip("| ").split(" | ", 1) for line in told.splitlines() if "| " in line)
    for one in verdict.operations:
        entries, ks_of_income, ks_amount, per_month, *_ = rows[one.operation].split(" | ")
        assert float(entries.replace(",", "")) == pytest.approx(one.entries, rel=0.2)
        assert float(ks_of_income) == pytest.approx(one.ks_of_income, abs=0.03)
        assert float(ks_amount) == pytest.approx(one.ks_amount, abs=0.03)
        assert float(per_month) == pytest.approx(one.per_month, rel=0.05, abs=0.001)


@needs_data
def test_the_figures_in_the_project_are_the_records():
    found = figures(DATA)
    assert found["everybody"] == REFERENCE
    assert found["borrowers"] == read_reference("borrowers")


@needs_data
def test_the_preset_in_the_project_is_the_records_but_for_how_often_people_want_cash():
    fitted = fit_preset(read_everybody(DATA), read_preset("berka").label)
    shipped = read_preset("berka")
    assert type(shipped).model_validate(fitted).segment == shipped.segment
    wanted = {one.name: one for one in shipped.template}
    factors = set()
    for one in type(shipped).model_validate(fitted).template:
        if one.route == "cash_withdrawal" and one.per_month is not None:
            factors.add(round(wanted[one.name].per_month / one.per_month, 2))
            one = one.model_copy(update={"per_month": wanted[one.name].per_month})  # noqa: PLW2901
        assert one == wanted[one.name]
    assert len(factors) == 1
    assert 1.0 < factors.pop() < 1.2


def test_more_often_means_more_of_that_route_only():
    preset = {
        "template": [
            {"name": "a", "route": "x", "per_month": 2.0},
            {"name": "b", "route": "x", "day": 5},
            {"name": "c", "route": "y", "per_month": 1.0},
        ]
    }
    changed = more_often(preset, "x", 1.5)["template"]
    assert [one.get("per_month") for one in changed] == [3.0, None, 1.0]
