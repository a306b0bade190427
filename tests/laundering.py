"""Weeks of laundering at a till that answers at once: the ground of five typologies' tests."""

from dataclasses import replace

from small_city import CURRENCIES, FRAUD_ROUTES, RATES, Till, bank, city, in_words

from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings
from sanket_sim.trace import schema

HOUR_NS = 3600 * NS_PER_S
DAY_NS = 24 * HOUR_NS
UNIT = 100
"""Minor units in one unit of the bank's currency."""
COLUMNS = ("kind", "customer_id", "debtor_account", "creditor_account", "place", "device",
           "second_currency", "second_creditor", "second_amount_minor")  # fmt: skip


def rich_bank(*more, **settings):
    """Everything that launderers need, and further routes."""
    small = bank((*FRAUD_ROUTES, *more))
    return replace(small, currencies=CURRENCIES, rates=RATES, **settings)


def laundered(name, rule=None, days=22, seed=7, twins=0, town_bank=None, count=1, **more):
    """The truth of campaigns of a kind that run side by side, in words, and the till."""
    entries = [{"typology": name, "name": f"number {n}", "at": "10m"} | more for n in range(count)]
    crew = FraudSettings.model_validate({"campaign": entries}).campaign
    floor = {"minimum": "10m"}
    lasts_s = days * 86_400
    town = city(400, 1e-6, lasts_s, seed, crew, floor, bank=town_bank or rich_bank(), twins=twins)
    till = Till(town, rule, NS_PER_S).run(lasts_s * NS_PER_S, 600 * NS_PER_S)
    truth = in_words(till.record().truth, schema.TRUTH, town.vocabularies).set_index("tx_id")
    rows = till.intents()
    for column in COLUMNS:
        truth[column] = rows[column][truth.index.to_numpy()]
    truth["parents"] = [
        tuple(map(int, ids.split(","))) if ids else () for ids in truth.parent_tx_ids
    ]
    return truth.sort_values("created_ns"), till


def campaigns(truth):
    """The rows of each campaign."""
    return [rows for _, rows in truth.groupby("campaign_id")]


def endings(till):
    return [one.ending for one in till.city.fraudsters]


def refused(reason=Decline.SUSPECTED_FRAUD):
    return {"outcome": Outcome.APP_ERROR, "ack": Ack.FAILED, "decline_reason": reason}


def unheard():
    return {"outcome": Outcome.TIMEOUT, "ack": Ack.UNKNOWN}
