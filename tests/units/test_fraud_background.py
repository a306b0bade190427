import numpy as np
import pytest
from pydantic import ValidationError
from small_city import FRAUD_ROUTES, ROUTES, Till, bank, city, flat

from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings, background, enlist, typologies


def test_the_expected_share_of_fraud_is_the_rate():
    demand = flat(50.0, 600, 500)
    settings = FraudSettings(rate=0.004)
    sizes = [
        sum(c.expected_intents(bank()) for c in enlist(settings, bank(), demand, 500, seed))
        for seed in range(200)
    ]
    wanted = 30_000 * 0.004 / 0.996
    error = np.std(sizes, ddof=1) / np.sqrt(200)
    assert abs(np.mean(sizes) - wanted) < 4.5 * error
    assert error < 0.05 * wanted


def test_the_realised_share_is_near_the_rate_in_a_short_run():
    shares = []
    for seed in range(6):
        crew = enlist(FraudSettings(rate=0.01), bank(), flat(50.0, 300, 500), 500, seed)
        town = city(500, 50.0, 300, seed, crew)
        rich = lambda *_: {"balance_minor": 500_000}  # noqa: E731
        rows = Till(town, rich).run(300 * NS_PER_S, 2 * NS_PER_S).intents()
        shares.append((rows["campaign_id"] >= 0).mean())
    assert np.mean(shares) == pytest.approx(0.01, rel=0.2)


def test_no_rate_no_background():
    assert enlist(FraudSettings(), bank(), flat(50.0, 600, 500), 500, 1) == ()


def test_a_bank_that_knows_no_payments_has_no_background():
    idle = bank(routes=ROUTES[4:])
    assert enlist(FraudSettings(rate=0.01), idle, flat(50.0, 600, 500), 500, 1) == ()


def test_campaigns_of_the_experiment_come_first_and_unchanged():
    asked = {"rate": 0.01, "campaign": [{"typology": "card_testing", "at": "3m", "cards": 33}]}
    settings = FraudSettings.model_validate(asked)
    crew = enlist(settings, bank(), flat(50.0, 600, 500), 500, 1)
    assert crew[0] == settings.campaign[0].model_copy(update={"name": "campaign 0"})
    assert len(crew) > 5
    known = set(typologies)
    assert len({campaign.typology for campaign in crew[1:]}) > 2
    assert {campaign.typology for campaign in crew[1:]} <= known


def test_one_more_kind_of_fraud_takes_its_share_and_leaves_the_rest(monkeypatch):
    def kinds():
        crew = enlist(FraudSettings(rate=0.02), bank(), flat(50.0, 600, 500), 500, 1)
        return [(one.typology, one.at) for one in crew]

    everything = kinds()
    register = background.typologies
    fewer = {name: kind for name, kind in register.items() if name != "velocity_attack"}
    monkeypatch.setattr(background, "typologies", fewer)
    without = kinds()
    pairs = list(zip(everything, without, strict=False))
    assert any(one[0] == "velocity_attack" for one in everything)
    assert all(one == other for one, other in pairs if one[0] != "velocity_attack")


def test_nobody_invents_customers_where_nobody_can_apply():
    def kinds(applicants):
        whole = bank(routes=FRAUD_ROUTES)
        settings = FraudSettings(rate=0.3)
        crew = enlist(settings, whole, flat(50.0, 600, 500), 500, 1, applicants=applicants)
        return {one.typology for one in crew}

    assert kinds(applicants=100) - kinds(applicants=0) == {"synthetic_identity"}


def test_what_comes_beside_the_demand_adds_campaigns_and_moves_none():
    def crew(besides):
        settings = FraudSettings(rate=0.01)
        return enlist(settings, bank(), flat(50.0, 600, 500), 500, 1, besides=besides)

    few, more = crew(0.0), crew(30.0)
    assert len(more) > len(few) + 3
    assert more[: len(few) - 1] == few[:-1]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"rate": 0.6}, "rate"),
        ({"campaign": [{"at": "3m"}]}, "known: account_takeover, app_scam"),
        ({"campaign": [{"typology": "card_testin"}]}, "did you mean 'card_testing'"),
        ({"campaign": [{"typology": "card_testing", "sophistication": 2}]}, "sophistication"),
        ({"campaign": [{"typology": "card_testing", "intensity": 0}]}, "intensity"),
        ({"campaign": [{"typology": "card_testing", "victims": 3}]}, "victims"),
        ({"campaign": [{"typology": "account_takeover", "at": "3"}]}, "at"),
        ({"campaign": [{"typology": "account_takeover", "pace": "fast"}]}, "pace"),
        ({"campaign": ["card_testing"]}, "campaign"),
    ],
)
def test_bad_settings_name_what_is_wrong(asked, words):
    with pytest.raises(ValidationError) as caught:
        FraudSettings.model_validate(asked)
    assert words in str(caught.value)


def test_errors_inside_a_campaign_keep_their_path():
    entry = {"typology": "card_testing", "sophistication": 2}
    with pytest.raises(ValidationError) as caught:
        FraudSettings.model_validate({"campaign": [entry]})
    assert caught.value.errors()[0]["loc"] == ("campaign", 0, "sophistication")
