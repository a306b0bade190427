"""Four real incidents: what went wrong leaks as it did, and not at all with the control on."""

import numpy as np
import pytest

from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import run

INCIDENTS = ("visa_2018", "santander_2021", "uco_2023", "cbe_2024")
SMALL = {
    "santander_2021": (
        "39s",
        {
            "population.customers": 200,
            "demand.rate": "4/s",
            "routes.payroll.batch.every": "20s",
            "routes.payroll.batch.size": 60,
            "trap.0.gap": "5s",
        },
    ),
    "uco_2023": ("40s", {"population.customers": 300}),
    "cbe_2024": ("40s", {"population.customers": 300, "demand.wave.0.ramp": "0s"}),
}
"""Duration and overrides of a run that takes a second."""


def small_run(name, out, **controls):
    duration, overrides = SMALL[name]
    switches = {f"controls.{control}": on for control, on in controls.items()}
    return run(name, duration=duration, overrides=overrides | switches, out=out, report=False)


def books_minor(made):
    """What each currency's posted amounts add up to, where that is not zero."""
    postings = made.postings()
    posted = postings[postings.phase == "posted"]
    sums = posted.groupby("currency", observed=True).amount_minor.sum()
    return {currency: int(gap) for currency, gap in sums.items() if gap}


def leaks_of(made):
    """Class -> gross leak by currency [minor units]."""
    return {
        leak_class: dict(cell.glv_minor)
        for leak_class, cell in made.findings.leakage.by_class.items()
    }


@pytest.mark.parametrize("name", INCIDENTS)
def test_incidents_are_right_and_say_what_was_scaled(name):
    found = resolve(name)
    assert found.experiment.name == name
    comment = found.experiment_toml.split("\nname")[0]
    assert all(word in comment for word in ("Question:", "Expect:", "The real event:", "Scale:"))


def test_a_file_run_twice_leaks_its_own_sum(tmp_path):
    made = small_run("santander_2021", tmp_path)
    wanted = made.transactions()
    file_minor = int(wanted[wanted.kind == "payroll"].e_minor.sum())
    assert (wanted.kind == "payroll").sum() == 60
    assert leaks_of(made) == {"DUPLICATE": {"GBP": file_minor}}
    assert books_minor(made) == {}


def test_funds_that_never_came_are_what_the_books_lack(tmp_path):
    made = small_run("uco_2023", tmp_path)
    wanted = made.transactions()
    struck_minor = int(wanted[wanted.trap == "credit_before_settlement"].amount_minor.sum())
    assert struck_minor > 0
    assert leaks_of(made) == {"ORPHAN_CREDIT": {"EUR": struck_minor}}
    assert books_minor(made) == {"EUR": struck_minor}


def test_what_is_paid_out_beyond_the_funds_is_invalid_and_leaves_the_books_even(tmp_path):
    made = small_run("cbe_2024", tmp_path)
    wanted = made.transactions()
    beyond = wanted[wanted.leak_class == "INVALID_EXECUTED"]
    assert len(beyond) > 10
    assert leaks_of(made) == {"INVALID_EXECUTED": {"EUR": int(beyond.d_minor.sum())}}
    assert books_minor(made) == {}


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("santander_2021", "batch_uniqueness"),
        ("uco_2023", "settle_before_credit"),
        ("cbe_2024", "serialised_funds"),
    ],
)
def test_with_its_control_on_the_incident_does_not_happen(name, control, tmp_path):
    made = small_run(name, tmp_path, **{control: True})
    assert made.findings.controls.overall.injected.intents > 0
    assert made.findings.leakage.leaked == 0
    assert books_minor(made) == {}


def test_a_half_dead_site_fails_payments_and_leaks_none(tmp_path):
    overrides = {"population.customers": 2_000, "demand.rate": "40/s", "warmup": "0s"}
    overrides |= {"fault.0.at": "0s", "fault.1.at": "5s", "fault.2.at": "40s"}
    made = run("visa_2018", duration="50s", overrides=overrides, out=tmp_path, report=False)
    failed = made.transactions().outcome == "UNAVAILABLE"
    assert 0.02 < failed.mean() < 0.3
    assert made.findings.leakage.leaked == 0
    assert books_minor(made) == {}


@pytest.mark.slow
def test_visa_2018_fails_about_a_tenth_and_leaks_nothing(tmp_path):
    made = run("visa_2018", out=tmp_path, report=False)
    failure = made.findings.leakage.failure_rate
    assert failure.low < 5.2 / 51.2 < failure.high
    assert made.findings.leakage.leaked == 0
    sites = made.transactions().set_index("kind").outcome == "UNAVAILABLE"
    assert sites["card_second_site"].mean() > sites["card_first_site"].mean() > 0.05


@pytest.mark.slow
def test_visa_2018_does_not_recover_while_the_first_site_goes_on_sending(tmp_path):
    overrides = {"fault.2.at": "10m", "fault.2.for": "1s"}
    made = run("visa_2018", overrides=overrides, out=tmp_path, report=False)
    wanted = made.transactions()
    late = wanted[(wanted.created_ns > 420e9) & (wanted.kind == "card_second_site")]
    assert (late.outcome == "UNAVAILABLE").mean() > 0.9
    assert made.findings.leakage.leaked == 0


@pytest.mark.slow
def test_santander_2021_gets_most_of_its_file_back(tmp_path):
    made = run("santander_2021", out=tmp_path, report=False)
    overall = made.findings.controls.overall
    assert overall.executed.intents == overall.detected.intents == 750
    assert overall.recovered.minor["GBP"] > 0.95 * overall.executed.minor["GBP"]


@pytest.mark.slow
def test_uco_2023_gets_about_79_percent_back(tmp_path):
    made = run("uco_2023", out=tmp_path, report=False)
    overall = made.findings.controls.overall
    struck, back = overall.executed, overall.recovered
    assert abs(struck.intents - 853) < 4 * np.sqrt(853)
    assert books_minor(made) == {"EUR": struck.minor["EUR"]}
    assert back.intents / struck.intents == pytest.approx(0.79, abs=0.05)
    assert back.minor["EUR"] / struck.minor["EUR"] == pytest.approx(0.79, abs=0.05)


@pytest.mark.slow
def test_cbe_2024_is_of_the_size_it_was_scaled_to(tmp_path):
    made = run("cbe_2024", out=tmp_path, report=False)
    wanted = made.transactions()
    moved = wanted[(wanted.amount_minor != 0) & (wanted.kind != "correction")]
    assert len(moved) == pytest.approx(4_900, rel=0.05)
    assert made.findings.leakage.leaked == pytest.approx(2_383, rel=0.05)
    assert set(leaks_of(made)) == {"INVALID_EXECUTED"}
    assert made.findings.controls.overall.detected.intents > 0.99 * made.findings.leakage.leaked
