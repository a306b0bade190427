"""Result codes: every end has one, and each says what its source table says."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from sanket_sim import run
from sanket_sim.core.outcomes import Decline, Outcome
from sanket_sim.core.result_codes import (
    BY_DECLINE,
    BY_OUTCOME,
    ISO8583_CODES,
    ISO20022_REASONS,
    codes_of,
    result_of,
)

SANKET_DATA = Path(os.environ.get("SANKET_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = SANKET_DATA / "domain" / "outcome_code_map.csv"
RESULTS = [*BY_OUTCOME.values(), *BY_DECLINE.values()]


def test_every_outcome_and_every_decline_has_a_code():
    assert set(BY_OUTCOME) == set(Outcome)
    assert set(BY_DECLINE) == set(Decline) - {Decline.NONE}


def test_a_decline_speaks_before_the_outcome():
    assert result_of(Outcome.APP_ERROR, Decline.NONE).iso20022_reason == "AB09"
    assert result_of(Outcome.APP_ERROR, Decline.SUSPECTED_FRAUD).iso20022_reason == "FRAD"


@pytest.mark.skipif(not SOURCE.exists(), reason="needs ../shared/data (SANKET_DATA)")
@pytest.mark.parametrize("result", [r for r in RESULTS if r.source], ids=lambda r: r.source)
def test_codes_agree_with_the_source_table(result):
    with SOURCE.open(encoding="utf-8") as file:
        rows = {row["sim_outcome"]: row for row in csv.DictReader(file)}
    row = rows[result.source]
    assert result.iso20022_status in row["iso20022_status"].split("/")
    assert result.iso20022_reason == row["iso20022_reason"]
    assert result.iso8583 == row["iso8583_de39"]


def test_only_what_is_in_flight_has_no_row_in_the_source():
    assert [outcome for outcome, r in BY_OUTCOME.items() if not r.source] == [Outcome.IN_FLIGHT]
    named = {decline for decline, result in BY_DECLINE.items() if not result.source}
    assert named == {Decline.NOT_AUTHENTICATED, Decline.IDENTITY_NOT_VERIFIED}


def test_columns_say_what_single_results_say():
    outcomes, declines = np.meshgrid(list(Outcome), list(Decline))
    reasons, responses = codes_of(outcomes.ravel(), declines.ravel())
    pairs = zip(outcomes.ravel(), declines.ravel(), reasons, responses, strict=True)
    for outcome, decline, reason, response in pairs:
        result = result_of(Outcome(outcome), Decline(decline))
        assert ISO8583_CODES[response] == result.iso8583
        assert (ISO20022_REASONS[reason] if reason >= 0 else "") == result.iso20022_reason


def test_a_run_writes_both_codes_for_every_intent(tmp_path):
    made = run("anthos_timeout", duration="100s", out=tmp_path, report=False)
    table = made.transactions()
    assert table["iso8583_code"].notna().all()
    seen = set()
    for row in table.itertuples():
        result = result_of(Outcome[row.outcome], Decline[row.decline_reason.upper()])
        assert row.iso8583_code == result.iso8583
        reason = row.iso20022_reason if isinstance(row.iso20022_reason, str) else ""
        assert reason == result.iso20022_reason
        seen.add(reason)
    assert {"", "AM04", "AB08"} <= seen
