"""The network posts of the savings bank's customers what their balances cover, and nothing else."""

from collections import Counter
from datetime import datetime

import numpy as np

from sanket_sim.__main__ import main
from sanket_sim.bank.model import load_bank
from sanket_sim.calibration.generated import post
from sanket_sim.calibration.histories import code, month_number
from sanket_sim.trace.arrivals import INTENT_DTYPE
from sanket_sim.trace.reader import Trace

COLUMNS = ("kind", "customer_id", "amount_minor", "created_ns", "outcome", "decline_reason")


def test_services_change_nothing_of_what_the_plan_would_post(tmp_path):
    start = datetime.fromisoformat("1994-01-12")
    main([
        "run", "berka_month", "--quiet", "--duration", "2d", "--out", str(tmp_path),
        "--set", "population.customers=600", "--set", f"start={start.isoformat()}",
    ])  # fmt: skip
    trace = Trace(tmp_path / "berka_month-s1993")
    rows = trace.frame("transactions", COLUMNS).sort_values("created_ns", kind="stable")
    people = trace.frame("agents", ("role", "account_id", "opening_minor"))
    people = people[people["role"].isin(["customer", "mule"])].sort_values("account_id")
    account = people["account_id"].to_numpy()
    bank, _ = load_bank("savings_bank")

    intents = np.zeros(len(rows), dtype=INTENT_DTYPE)
    for name in ("customer_id", "amount_minor", "created_ns"):
        intents[name] = rows[name]
    intents["kind"] = [bank.route_index(kind) for kind in rows["kind"]]
    first = np.full(len(account), month_number("1994-01"))
    opening = people["opening_minor"].to_numpy()
    planned = post(bank, account, opening, intents, start, first)

    done = rows[rows["outcome"] == "OK"]
    place = np.searchsorted(account, done["customer_id"])
    booked = zip(place, map(code, done["kind"]), done["amount_minor"], strict=True)
    entries = planned.entries
    wanted = zip(entries["account"], entries["operation"], entries["amount_minor"], strict=True)
    assert Counter(booked) == Counter(wanted)
    assert (rows["decline_reason"] == "exceeds_credits").sum() == planned.refused.sum()
    assert len(done) > 300
    assert planned.refused.sum() > 0
