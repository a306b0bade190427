"""Bounds that campaigns state, against rows written by hand."""

import numpy as np
import pytest

from sanket_sim.analysis.measures import MEASURES, measure
from sanket_sim.analysis.specification import Verdict, check, conformities, joined
from sanket_sim.core.errors import TraceError
from sanket_sim.trace.vocabulary import Vocabularies

MINUTE_NS = 60 * 10**9


def rows(**columns):
    return {name: np.array(values) for name, values in columns.items()}


class Case:
    """A layering of three payments (1 and 2 feed 3), and a twin's single one (4)."""

    def __init__(self, end="complete"):
        words = self.words = Vocabularies()
        words["twin"].code("")
        words["tx_ids"].code("")
        words["stage"].code("")
        place, move = words["stage"].code("placement"), words["stage"].code("move")
        fed = words["tx_ids"].code("1,2")
        self.truth = rows(
            tx_id=[1, 2, 3, 4],
            created_ns=np.array([0, 5, 30, 40]) * MINUTE_NS,
            campaign_id=[0, 0, 0, 1],
            stage=[place, place, move, move],
            hop=[0, 0, 1, 1],
            parent_tx_ids=[0, 0, fed, 0],
            intended_minor=[1000, 3000, 3600, 50],
        )
        self.transactions = rows(
            tx_id=[4, 3, 2, 1],
            customer_id=[13, 12, 11, 10],
            creditor_account=[12, 99, 12, 12],
            device_id=[-1, 7, 7, 7],
            completed_ns=np.array([41, 31, 6, 1]) * MINUTE_NS,
            d_minor=[50, 3600, 3000, 1000],
        )
        self.campaigns = rows(
            campaign_id=[0, 1],
            name=[words["campaign"].code(name) for name in ("a", "b")],
            typology=[words["typology"].code("layering")] * 2,
            twin=[0, words["twin"].code("payroll")],
            end=[words["campaign_end"].code(one) for one in (end, "complete")],
        )

    def verdicts(self, *bounds, campaign=0):
        return [one.verdict for one in self.findings(*bounds, campaign=campaign)]

    def findings(self, *bounds, campaign=0):
        table = rows(
            campaign_id=[campaign] * len(bounds),
            stage=[self.words["stage"].code(one[0]) for one in bounds],
            measure=[self.words["measure"].code(one[1]) for one in bounds],
            low=[float(one[2]) for one in bounds],
            high=[float(one[3]) for one in bounds],
        )
        return check(self.truth, self.transactions, self.campaigns, table, self.words)


EXACT = {
    "rows": [3],
    "rows_5m": [2],
    "people": [3],
    "creditors": [2],
    "amount_minor": [1000, 3000, 3600],
    "total_minor": [7600],
    "person_rows": [1, 1, 1],
    "person_total_minor": [1000, 3000, 3600],
    "gap_ns": [5 * MINUTE_NS, 25 * MINUTE_NS],
    "person_gap_ns": [],
    "span_ns": [30 * MINUTE_NS],
    "hop": [0, 0, 1],
    "since_parent_ns": [24 * MINUTE_NS],
    "forwarded_share": [0.9],
    "device_people": [3],
}


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_what_its_name_says(name):
    case = Case()
    table = joined(case.truth, case.transactions, case.words)
    ours = {column: values[table["campaign_id"] == 0] for column, values in table.items()}
    assert measure(ours, name).tolist() == EXACT[name]


def test_one_persons_rows_belong_together():
    table = rows(created_ns=[9, 1, 4, 6], customer_id=[1, 2, 1, 2], intended_minor=[5, 6, 7, 8])
    assert measure(table, "person_gap_ns").tolist() == [5, 5]
    assert measure(table, "person_total_minor").tolist() == [12, 14]


def test_a_device_counts_its_people_once_and_nobody_without_a_device():
    table = rows(device_id=[7, 7, 7, 0, -1], customer_id=[1, 1, 2, 3, 4])
    assert measure(table, "device_people").tolist() == [2]


def test_whoever_is_unknown_is_nobody():
    table = rows(customer_id=[1, -1, 1], creditor_account=[-1, -1, 9])
    assert (measure(table, "people").item(), measure(table, "creditors").item()) == (1, 1)


def test_a_share_is_forwarded_by_all_children_of_the_same_parents_together():
    table = rows(
        parent_tx_ids=[1, 2, 1],
        intended_minor=[40, 90, 50],
        parents_executed_minor=[100, 100, 100],
    )
    assert measure(table, "forwarded_share").tolist() == [0.9, 0.9]


@pytest.mark.parametrize("name", MEASURES)
def test_of_no_rows_counts_are_zero_and_the_rest_is_nothing(name):
    case = Case()
    table = joined(case.truth, case.transactions, case.words)
    none = {column: values[:0] for column, values in table.items()}
    counts = {"rows", "people", "creditors", "total_minor"}
    assert measure(none, name).tolist() == ([0.0] if name in counts else [])


def test_bounds_hold_with_both_ends():
    case = Case()
    assert case.verdicts(("", "rows", 3, 3), ("placement", "rows", 2, 2)) == ["within"] * 2
    assert case.verdicts(("move", "amount_minor", 3600, 3600)) == ["within"]
    assert case.verdicts(("", "amount_minor", 1001, 3600)) == ["out"]
    assert case.verdicts(("", "amount_minor", 1000, 3599)) == ["out"]


def test_what_grows_may_stay_below_where_a_campaign_was_cut_short():
    low = ("placement", "rows", 3, 9)
    assert Case("complete").verdicts(low) == [Verdict.OUT]
    assert Case("stopped").verdicts(low) == [Verdict.WITHIN]
    assert Case("cut").verdicts(("placement", "rows", 0, 1)) == [Verdict.OUT]
    for name, beyond in (("forwarded_share", 0.95), ("device_people", 9), ("span_ns", 2**60)):
        assert Case("cut").verdicts(("", name, beyond, 2.0**61)) == [Verdict.WITHIN], name
    assert Case("cut").verdicts(("move", "amount_minor", 4000, 9000)) == [Verdict.OUT]


def test_a_stage_that_never_came_was_not_reached_unless_it_had_to():
    bounds = ("exit", "rows", 1, 2), ("exit", "gap_ns", 1, 2)
    assert Case("cut").verdicts(*bounds) == [Verdict.NOT_REACHED] * 2
    assert Case("complete").verdicts(*bounds) == [Verdict.OUT, Verdict.NOT_REACHED]


def test_a_wait_for_a_parent_that_never_completed_is_no_wait():
    case = Case()
    case.transactions["completed_ns"][2] = -1
    assert case.verdicts(("move", "since_parent_ns", 0, 1)) == [Verdict.NOT_REACHED]


def test_a_parent_that_is_not_on_record_tells_nothing():
    case = Case()
    case.transactions = {name: values[:3] for name, values in case.transactions.items()}
    bounds = ("move", "since_parent_ns", 0, 1), ("move", "forwarded_share", 0, 1)
    assert case.verdicts(*bounds) == [Verdict.NOT_REACHED] * 2


def test_what_falls_short_deviates_as_what_goes_too_far():
    (short,) = Case().findings(("", "rows", 4, 9))
    assert (short.verdict, short.deviation) == (Verdict.OUT, 0.25)


def test_a_measure_that_nobody_takes_is_an_error():
    with pytest.raises(TraceError, match="no measure 'hue'; there are rows"):
        Case().verdicts(("", "hue", 0, 1))


def test_sums_by_typology_keep_twins_apart_and_name_the_worst_first():
    case = Case()
    found = case.findings(
        ("", "rows", 1, 2), ("", "people", 3, 3), ("", "total_minor", 0, 760), ("x", "hop", 0, 0)
    )
    found += case.findings(("", "rows", 1, 1), campaign=1)
    fraud, twin = conformities(found, case.campaigns, case.words)
    assert (fraud.typology, fraud.twin, fraud.campaigns, fraud.bounds) == ("layering", "", 1, 4)
    assert (fraud.not_reached, fraud.within.n) == (1, 3)
    assert fraud.within.value == pytest.approx(1 / 3)
    assert [one.measure for one in fraud.worst] == ["total_minor", "rows"]
    assert fraud.worst[0].deviation == pytest.approx(9.0)
    assert not fraud.kept
    assert twin.twin == "payroll"
    assert twin.kept
