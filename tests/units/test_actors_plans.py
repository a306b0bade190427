"""What files may say about templates, and what is told to whoever says something else."""

import tomllib
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from small_city import BATCH_ROUTES, bank, money_bank

from sanket_sim.actors import Demand, DemandSettings, PopulationSettings
from sanket_sim.actors.business_days import BusinessDays, day_of, days_in, month_of
from sanket_sim.actors.plans import MONTH_NS, Plans, misfits
from sanket_sim.actors.presets import PresetSettings, preset_names, read_preset
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.core.config import Document, dump_settings, validate
from sanket_sim.core.errors import InputError
from sanket_sim.simulation.resolve import resolve

MODEL, FLAT = DemandSettings(), DemandSettings(rate="5/s")
EXPERIMENT = """
name = "months"
model = "retail_bank"
start = 2026-11-23T08:00:00
duration = "2m"

[[population.template]]
name = "rent"
route = "transfr"
day = 3
"""


def people(*templates, **more):
    return PopulationSettings.model_validate({"template": list(templates), **more})


def one(**asked):
    return {"name": "one", "route": "transfer", "day": 3} | asked


def told(*templates, at=None, demand=FLAT, **more):
    return [
        (keys, said) for keys, said in misfits(people(*templates, **more), demand, at or bank())
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"day": None}, "expected either per_month, or day"),
        ({"per_month": 2.0}, "expected either per_month, or day"),
        ({"fano": 1.2}, "fano goes with per_month"),
        ({"months": [1.0] * 12}, "months goes with per_month"),
        ({"day": None, "per_month": 1.0, "misses": 0.1}, "misses goes with day"),
        ({"day": None, "per_month": 1.0, "shift": "next"}, "shift goes with day"),
        ({"day": 0}, "expected a day 1 to 31"),
        ({"day": 32}, "expected a day 1 to 31"),
        ({"day": [14, 5]}, "the range runs backwards; write [5, 14]"),
        ({"day": [1, 2, 3]}, "a range such as"),
        ({"day": "lastbusinessday"}, '"last_business_day"'),
        ({"day": True}, "expected a day 1 to 31"),
        ({"hours": [1.0] * 23}, "expected 24 weights in hours, 23 are given"),
        ({"hours": [0.0] * 24}, "expected a weight > 0 in hours, all 24 are 0"),
        (
            {"day": None, "per_month": 1.0, "weekdays": [1.0] * 8},
            "expected 7 weights in weekdays, 8 are given",
        ),
        ({"hours": [1.0] * 24, "peaks": [[1, 2, 3]]}, "either hours or peaks"),
        ({"peaks": [[1, 12, 0]]}, "peaks of deviation > 0"),
        ({"channels": {"app": 0}}, "at least one share > 0 in channels"),
        ({"amount": 5, "of_income": [[0, 0], [1, 1]]}, "either amount or of_income"),
        ({"of_income": [[0, 0.5], [1, 0.2]]}, "incomes that never fall"),
        ({"of_income": [[0.1, 0.5], [1, 0.7]]}, "the first at 0"),
        ({"of_income": [[0, 0.5]]}, "the last at 1"),
        ({"amount": {"law": "lognormal", "median": 5}}, "median and p99"),
        ({"share": 1.5}, "less than or equal to 1"),
        ({"payee": "landlord"}, "'to_savings'"),
        ({"round_to": 0}, "greater than 0"),
        ({"rout": "transfer"}, 'did you mean "route"'),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong, said):
    asked = {key: value for key, value in one(**wrong).items() if value is not None}
    with pytest.raises(ValidationError) as error:
        TemplateSettings.model_validate(asked)
    assert said in str(error.value)


def test_every_preset_reads_back_what_it_writes_and_says_how_far_it_is_validated():
    assert "modern" in preset_names()
    for name in preset_names():
        preset = read_preset(name)
        assert preset.label
        assert PresetSettings.model_validate(tomllib.loads(dump_settings(preset))) == preset


def test_modern_is_labelled_not_validated_and_fits_the_retail_bank():
    assert read_preset("modern").label == "not validated"
    shipped = resolve("normal_day")
    assert not list(misfits(PopulationSettings(), MODEL, shipped.bank))
    plans = Plans.of(PopulationSettings(), MODEL, shipped.bank)
    assert {each.name for each in plans.templates} == {
        each.name for each in read_preset("modern").template
    }, "none is left out there"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"segment": []}, "must not be empty"),
        ({"template": [one(), one()]}, 'template "one" is given twice'),
        ({"template": [one(segments=["rich"])]}, 'unknown segment "rich"'),
        ({"days": {"months": [1.0]}}, "expected 12 factors in months"),
        ({"label": ""}, "label"),
    ],
)
def test_a_wrong_preset_is_told_like_any_wrong_file(change, said):
    written = read_preset("modern").model_dump(by_alias=True, exclude_none=True)
    with pytest.raises(InputError) as error:
        validate(Document("mine.toml", written | change), PresetSettings)
    assert "mine.toml" in str(error.value)
    assert said in str(error.value)


def test_an_unknown_preset_is_refused_with_the_nearest():
    with pytest.raises(ValidationError, match='did you mean "modern"'):
        people(preset="moderm")


def test_presets_run_with_demand_by_the_model_and_experiments_always():
    asked = people(one())
    assert [each.name for each in Plans.of(asked, FLAT, bank()).templates] == ["one"]
    by_model = [each.name for each in Plans.of(asked, MODEL, bank()).templates]
    assert by_model[-1] == "one"
    assert "rent" in by_model


def test_an_experiments_template_takes_the_place_of_a_presets():
    mine = one(name="rent", day=17)
    templates = Plans.of(people(mine), MODEL, bank()).templates
    assert [each.day for each in templates if each.name == "rent"] == [17]


def test_templates_without_their_route_are_left_out_only_if_optional():
    assert Plans.of(people(one(route="wire", optional=True)), FLAT, bank()).templates == ()
    assert told(one(route="wire", optional=True)) == []
    ((keys, said),) = told(one(route="trnsfer"))
    assert keys == ("population", "template", 0, "route")
    assert 'no route "trnsfer"' in said
    assert 'did you mean "transfer"' in said
    assert "optional = true" in said


def test_replaced_routes_are_those_of_templates_that_say_so():
    asked = people(one(route="salary", replaces=True), one(name="two"))
    assert Plans.of(asked, FLAT, bank()).replaced(bank()) == {2}


def test_expected_numbers_count_shares_misses_and_seasons():
    asked = people(
        one(share=0.5, misses=0.2),
        {"name": "b", "route": "login", "per_month": 3.0, "months": [2.0] * 6 + [0.0] * 6},
    )
    found = Plans.of(asked, FLAT, bank()).per_month
    assert found == pytest.approx({"transfer": 0.4, "login": 3.0})
    workers = people(one(segments=["worker"]), one(name="b"))
    assert Plans.of(workers, FLAT, bank()).per_month == pytest.approx({"transfer": 1.42})
    assert pytest.approx(12 * MONTH_NS / 1e9) == 365 * 86_400


def test_templates_count_into_the_traffic_of_which_fraud_is_a_share():
    each = Plans.of(people(one(share=0.5)), FLAT, bank())
    quiet = Demand(np.array([0, MONTH_NS]), np.array([0.0]), np.array([0.0]))
    assert each.beside(quiet).expected == pytest.approx(0.5)
    assert Plans().beside(quiet).expected == 0.0


@pytest.mark.parametrize(
    ("asked", "key", "said"),
    [
        ({"segments": ["rich"]}, "segments", 'unknown segment "rich"'),
        ({"channels": {"fax": 1}}, "channels", 'no channel "fax"'),
        ({"route": "login", "amount": 5}, "route", "moves no money"),
        ({"route": "payroll"}, "route", "not for people to take"),
        ({"route": "salary", "payee": "same"}, "payee", "a customer or a shop, in EUR"),
        ({"route": "to_friend", "payee": "same"}, "payee", "in EUR"),
        ({"route": "card_payment", "payee": "to_savings"}, "payee", "customer to a customer"),
    ],
)
def test_what_does_not_fit_the_bank_is_told_with_its_key(asked, key, said):
    ((keys, message),) = told(one(**asked), at=money_bank(BATCH_ROUTES))
    assert keys == ("population", "template", 0, key)
    assert said in message


def test_names_are_unique_and_groups_come_to_one_at_most():
    ((keys, said),) = told(one(), one())
    assert (keys[-2:], "given twice" in said) == ((1, "name"), True)
    ((keys, said),) = told(
        one(share=0.6, one_of="pay", segments=["worker"]),
        one(name="b", share=0.6, one_of="pay"),
        one(name="c", share=0.4, one_of="pay", segments=["student"]),
    )
    assert keys == ("population", "template", 1, "share")
    assert 'among "worker" come to 1.2' in said


def test_what_is_wrong_with_a_preset_on_a_bank_is_laid_to_the_preset(monkeypatch):
    preset = read_preset("modern")
    stubborn = [each.model_copy(update={"optional": False}) for each in preset.template]
    strict = preset.model_copy(update={"template": tuple(stubborn)})
    monkeypatch.setattr("sanket_sim.actors.plans.read_preset", lambda _name: strict)
    found = told(demand=MODEL)
    assert {keys for keys, _ in found} == {("population", "preset")}
    assert any('preset modern, template "household_bill"' in said for _, said in found)


def test_an_experiment_with_a_wrong_template_is_refused_with_file_and_line(tmp_path):
    path = tmp_path / "months.toml"
    path.write_text(EXPERIMENT)
    with pytest.raises(InputError) as error:
        resolve(path)
    (problem,) = error.value.problems
    assert (problem.path, problem.line) == ("population.template.0.route", 9)
    assert 'did you mean "transfer"' in problem.message
    resolved = resolve(path, {"population.template.0.route": "transfer"})
    again = tmp_path / "again.toml"
    again.write_text(resolved.experiment_toml)
    (tmp_path / "model.toml").write_text(resolved.model_toml)
    assert resolve(again).experiment.population == resolved.experiment.population


def test_months_are_counted_and_days_stay_inside():
    may = month_of(date(2026, 5, 31))
    assert [day_of(may + n, 31).day for n in range(4)] == [31, 30, 31, 31]
    assert days_in(month_of(date(2024, 2, 1))) == 29
    assert month_of(date(2026, 12, 31)) + 1 == month_of(date(2027, 1, 1))


def test_business_days_skip_weekends_and_holidays():
    days = BusinessDays({date(2026, 12, 25), date(2026, 12, 28)})
    assert days.at_or_after(date(2026, 12, 25)) == date(2026, 12, 29)
    assert days.at_or_before(date(2026, 12, 28)) == date(2026, 12, 24)
    assert days.named("first_business_day", month_of(date(2026, 8, 9))) == date(2026, 8, 3)
    paydays = [n for n in range(1, 32) if days.is_payday(date(2026, 5, n))]
    assert paydays == [1, 25, 29]


def test_holidays_are_dates():
    asked = DemandSettings.model_validate({"holidays": [date(2026, 12, 25)]})
    assert tomllib.loads(dump_settings(asked))["holidays"] == [date(2026, 12, 25)]
    with pytest.raises(ValidationError):
        DemandSettings.model_validate({"holidays": [datetime.fromisoformat("2026-12-25T09:00")]})


def test_the_page_about_the_population_shows_what_runs(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "population.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    path = tmp_path / "page.toml"
    path.write_text(EXPERIMENT.split("[[", maxsplit=1)[0] + example)
    resolved = resolve(path)
    assert [each.name for each in resolved.experiment.population.template] == ["gym", "cash"]
    told = {key for key in TemplateSettings.model_fields if key in page}
    assert told == set(TemplateSettings.model_fields), "every key is explained"
