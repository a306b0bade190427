from datetime import date, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from sanket_sim.actors import DemandSettings, PopulationSettings, Surge, demand_of
from sanket_sim.actors.demand import NEVER_NS
from sanket_sim.actors.presets import read_preset
from sanket_sim.core.units import NS_PER_S

MONDAY = datetime.fromisoformat("2026-11-23")
DAY_NS = 86_400 * NS_PER_S
MONTHS = read_preset("modern").days.months
NOVEMBER = MONTHS[10]


def demand(asked, lasts_s=600, customers=100, start=MONDAY, load=()):
    settings = DemandSettings.model_validate(asked)
    return demand_of(settings, customers, start, lasts_s * NS_PER_S, load)


def test_a_flat_rate_is_shared_among_the_customers():
    assert demand({"rate": "50/s"}).expected == pytest.approx(50 * 600 / 100)


def test_a_wave_multiplies_demand_while_it_lasts():
    wave = {"at": "100s", "for": "200s", "factor": 3.0}
    assert demand({"rate": "50/s", "wave": [wave]}).expected * 100 == pytest.approx(
        50 * (600 + 400)
    )


def test_a_ramp_climbs_linearly():
    wave = {"at": "100s", "for": "200s", "factor": 3.0, "ramp": "100s"}
    busy = demand({"rate": "50/s", "wave": [wave]})
    assert busy.expected * 100 == pytest.approx(50 * (600 + 200))
    climbed = (busy.hazard_at(150 * NS_PER_S) - busy.hazard_at(100 * NS_PER_S)) * 100
    assert climbed == pytest.approx(50 * (50 + 25))


def test_waves_and_load_faults_multiply_one_another():
    wave = {"at": "0s", "for": "600s", "factor": 2.0}
    load = [Surge(0, 300 * NS_PER_S, 5.0)]
    busy = demand({"rate": "1/s", "wave": [wave]}, load=load)
    assert busy.expected * 100 == pytest.approx(2 * 5 * 300 + 2 * 300)


def test_nobody_acts_in_a_wave_of_factor_zero():
    quiet = demand({"rate": "1/s", "wave": [{"at": "100s", "for": "400s", "factor": 0}]})
    at_ns = quiet.instant_ns(np.linspace(0, quiet.expected, 1001)[:-1])
    assert not np.any((at_ns > 100 * NS_PER_S) & (at_ns < 500 * NS_PER_S))


def test_time_is_the_exact_inverse_of_hazard():
    waves = [{"at": "40s", "for": "300s", "factor": 0, "ramp": "90s"}]
    busy = demand({"rate": "7/s", "wave": waves})
    hazard = np.linspace(0, busy.expected, 997)[1:-1]
    back = np.array([busy.hazard_at(at_ns) for at_ns in busy.instant_ns(hazard).tolist()])
    assert np.abs(back - hazard).max() < 1e-9


def test_what_lies_beyond_the_end_never_happens():
    busy = demand({"rate": "1/s"})
    assert busy.instant_ns(np.array([busy.expected, busy.expected * 2])).tolist() == [NEVER_NS] * 2


def test_an_ordinary_weekday_has_the_stated_mean_and_its_two_peaks():
    week = demand({"rate": "model", "per_customer": "2/d"}, lasts_s=7 * 86_400)
    tuesday = week.hazard_at(2 * DAY_NS) - week.hazard_at(DAY_NS)
    assert tuesday == pytest.approx(2.0 * NOVEMBER, rel=1e-3)
    hours = DAY_NS + np.arange(25) * 3600 * NS_PER_S
    by_hour = np.diff([week.hazard_at(int(at_ns)) for at_ns in hours])
    assert by_hour.argmax() in (12, 13)
    assert by_hour[18] > by_hour[21]
    assert by_hour[3] < 0.05 * by_hour[12]


def test_weekends_are_quieter_and_paydays_busier():
    month = demand({"rate": "model", "per_customer": "1/d"}, lasts_s=8 * 86_400)
    of_day = np.diff([month.hazard_at(n * DAY_NS) for n in range(9)])
    of_day /= NOVEMBER
    assert of_day[2] == pytest.approx(1.6, rel=1e-3), "Wednesday the 25th"
    assert of_day[5] == pytest.approx(0.8, rel=1e-3), "Saturday"
    assert of_day[7] == pytest.approx(1.6, rel=1e-3), "Monday the 30th, last business day"


def test_months_have_their_factors():
    sunday, tuesday = map(datetime.fromisoformat, ("2026-11-22", "2026-12-22"))
    days = [
        demand({"rate": "model", "per_customer": "1/d"}, lasts_s=86_400, start=start).expected
        for start in (sunday, tuesday)
    ]
    assert days == pytest.approx([0.8 * MONTHS[10], MONTHS[11]], rel=1e-3)


def test_a_holiday_is_like_a_sunday():
    asked = {"rate": "model", "per_customer": "1/d", "holidays": [date(2026, 11, 24)]}
    week = demand(asked, lasts_s=7 * 86_400)
    of_day = np.diff([week.hazard_at(n * DAY_NS) for n in range(8)])
    assert of_day[1] == pytest.approx(of_day[6], rel=1e-6)


def test_a_preset_without_weights_has_templates_alone():
    alone = read_preset("modern").model_copy(update={"by_weights": False})
    none = demand_of(DemandSettings(), 100, MONDAY, DAY_NS, preset=alone)
    assert none.expected == 0.0
    assert none.instant_ns(np.array([0.0, 1.0])).tolist() == [NEVER_NS] * 2
    flat = demand_of(DemandSettings(rate="5/s"), 100, MONDAY, DAY_NS, preset=alone)
    assert flat.expected * 100 == pytest.approx(5.0 * 86_400)


def test_a_month_that_ends_on_a_sunday_pays_on_its_last_friday():
    thursday = datetime.fromisoformat("2026-05-28")
    end = demand({"rate": "model", "per_customer": "1/d"}, lasts_s=4 * 86_400, start=thursday)
    of_day = np.diff([end.hazard_at(n * DAY_NS) for n in range(5)])
    assert of_day / MONTHS[4] == pytest.approx([1.0, 1.6, 0.8, 0.8], rel=1e-2)


def test_the_profile_follows_the_clock_of_the_start():
    noon = demand({"rate": "model"}, lasts_s=3600, start=datetime.fromisoformat("2026-11-24T12:00"))
    night = demand(
        {"rate": "model"}, lasts_s=3600, start=datetime.fromisoformat("2026-11-24T03:00")
    )
    assert noon.expected > 20 * night.expected


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (DemandSettings, {"rate": 120}),
        (DemandSettings, {"rate": "120"}),
        (DemandSettings, {"rate": "-1/s"}),
        (DemandSettings, {"rate": "modell"}),
        (DemandSettings, {"wave": [{"at": "1s", "for": "0s", "factor": 1}]}),
        (DemandSettings, {"wave": [{"at": "1s", "for": "9s", "factor": 1, "ramp": "5s"}]}),
        (DemandSettings, {"wave": [{"at": "1s", "for": "9s"}]}),
        (PopulationSettings, {"customers": 0}),
        (PopulationSettings, {"customers": 5_000_001}),
        (PopulationSettings, {"customers": 10.5}),
        (PopulationSettings, {"preset": "ancient"}),
        (PopulationSettings, {"patience": {"retry": 1.1}}),
        (PopulationSettings, {"patience": {"minimum": "0s"}}),
    ],
)
def test_bad_settings_are_refused(settings, asked):
    with pytest.raises(ValidationError):
        settings.model_validate(asked)


@pytest.mark.parametrize("rate", ["120/s", "model", "0.1/d"])
def test_settings_read_back_what_they_write(rate):
    wave = {"at": "2m", "for": "4m", "factor": 1.5, "ramp": "30s"}
    settings = DemandSettings.model_validate({"rate": rate, "wave": [wave]})
    written = settings.model_dump(mode="json", by_alias=True)
    assert DemandSettings.model_validate(written) == settings
