"""The map of services: what its cards and ways say is what the run did."""

import numpy as np
import onlooker
import pytest

from sanket_sim.analysis.statistics import BUCKETS, bucket_of
from sanket_sim.bank.description import Edge, Operation, Service, Step, StepKind
from sanket_sim.bank.health import ERROR_SHARE
from sanket_sim.core.outcomes import Outcome
from sanket_sim.live.frames import WINDOW_S
from sanket_sim.live.services.hop_counts import HopCounts
from sanket_sim.live.services.latencies import quantiles_ms
from sanket_sim.live.services.second_ring import SecondRing
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch

S, MS = 1_000_000_000, 1_000_000


@pytest.fixture(scope="module", params=["storm", "day"])
def flown(request):
    return getattr(onlooker, request.param)()


def test_attempts_are_those_of_the_findings_and_of_the_trace(flown):
    look, run = flown
    ever = look.picture.services.hops.of_services(since_start=True)
    hops = run.hops()
    names = look.picture.scene.service_names
    assert ever.total.sum() == run.findings.resilience.attempts == len(hops) > 1000
    by_service = hops.service.value_counts()
    assert ever.total.tolist() == [by_service.get(name, 0) for name in names]
    again = hops[hops.attempt > 1].service.value_counts()
    assert ever.retries.tolist() == [again.get(name, 0) for name in names]
    timed_out = hops[hops.outcome.isin(["TIMEOUT", "DEADLINE_EXCEEDED"])].service.value_counts()
    assert ever.timed_out.tolist() == [timed_out.get(name, 0) for name in names]


def test_leaks_by_service_are_those_of_the_findings(flown):
    look, run = flown
    found = run.findings.leakage
    cards = {card.name: card.leaked for card in look.picture.services.services()}
    assert sum(cards.values()) == found.leaked > 0
    assert {name: n for name, n in cards.items() if n} == {
        name: group.leaked for name, group in found.by_service.items() if group.leaked
    }


def test_of_a_batch_that_nobody_has_looked_at_payments_themselves_say_whom_to_blame():
    roots = onlooker.storm()[0].picture.roots
    ended = schema.empty(schema.TRANSACTIONS)
    named = TraceBatch(end_ns=0, transactions=ended | {"root_service": np.array([3], np.int16)})
    assert roots.of(named).tolist() == [3]


def test_the_value_of_leaks_is_that_of_the_findings():
    look, run = onlooker.storm()
    (card,) = look.picture.services.services()
    assert {"EUR": card.leak_minor} == run.findings.leakage.by_service["pool"].glv_minor


def test_percentiles_are_those_of_the_hops(flown):
    look, run = flown
    hops = run.hops()
    plain = hops[(hops.outcome == "OK") & ~hops.late & hops.received_ns.notna()]
    waits = look.picture.services.hops.waits(since_start=True)
    for place, name in enumerate(look.picture.scene.service_names):
        spans = (plain.received_ns - plain.sent_ns)[plain.service == name]
        if len(spans) < 50 or len(spans) != waits[place].sum():
            continue
        for share, found in zip((0.5, 0.95), quantiles_ms(waits, (0.5, 0.95))[place], strict=True):
            assert found == pytest.approx(np.quantile(spans, share) / MS, rel=0.1)


def test_queues_power_and_replicas_are_the_last_reading(flown):
    look, run = flown
    gauges = run.trace.frame("gauges")
    last = gauges[gauges.time_ns == gauges.time_ns.max()].groupby("service", observed=False)
    for card in look.picture.services.services():
        rows = last.get_group(card.name)
        assert card.queue == rows.queue_length.sum()
        assert card.power_w == pytest.approx(rows.power_w.sum())
        assert [one.busy for one in card.replicas] == rows.busy.tolist()


def test_every_way_of_the_bank_is_there_even_if_nobody_takes_it():
    look, run = onlooker.day()
    edges = {(edge.caller, edge.callee): edge for edge in look.picture.services.edges()}
    bank = look.picture.scene.bank
    names = [*look.picture.scene.service_names, "client"]
    assert edges.keys() == {
        (names[edge.caller], names[bank.operations[edge.operation].service]) for edge in bank.edges
    }
    hops = run.hops()
    called = set(zip(hops.caller, hops.service, strict=True))
    assert called < edges.keys()
    for way, edge in edges.items():
        assert edge.state == (ERROR_SHARE.judge(edge.error_share) if edge.rate_per_s else "idle"), (
            way
        )


def test_a_replica_that_is_down_is_seen_and_so_is_its_return():
    look, _ = onlooker.day()
    down, back = look.notes[10]["ledger"], look.notes[15]["ledger"]
    assert [one.state for one in down.replicas].count("DOWN") == 1
    assert down.state in ("warn", "critical")
    assert {one.state for one in back.replicas} == {"UP"}


def test_a_breaker_that_opens_is_seen_and_logged():
    look, run = onlooker.day()
    assert look.notes[24]["fraud"].breaker == "open"
    assert look.notes[24]["fraud"].state == "critical"
    assert look.notes[10]["fraud"].breaker == "closed"
    services = look.picture.services
    place = look.picture.scene.service_names.index("fraud")
    log = services.breakers.log(services.edges_to(place))
    decisions = run.trace.frame("decisions")
    told = decisions[decisions.actor == "breaker"]
    assert 0 < len(log) <= 20
    assert [one.at_ns for one in log] == sorted((one.at_ns for one in log), reverse=True)
    assert (log[0].edge, log[0].state) in set(zip(told.subject, told.decision, strict=True))


def test_a_stalled_service_shows():
    look, _ = onlooker.day()
    calm, stalled = look.notes[15]["payment"], look.notes[36]["payment"]
    assert stalled.p99_ms > 3 * calm.p99_ms
    assert stalled.timeout_share > calm.timeout_share
    assert (calm.state, stalled.state) == ("ok", "critical")


def test_bottlenecks_multiply_how_full_by_how_waited_for():
    look, _ = onlooker.day()
    ranked = look.picture.services.bottlenecks()
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert sum(one.time_share for one in ranked) <= 1 + 1e-9
    assert all(one.score == pytest.approx(one.utilisation * one.time_share) for one in ranked)
    assert onlooker.storm()[0].picture.services.bottlenecks()[0].name == "pool"


class Line:
    """A bank of two services in a line, `back` behind `front`."""

    name = "line"
    services = (Service("front", 1, 4), Service("back", 1, 4))
    operations = (
        Operation("ask", 0, (Step(StepKind.CALL, target=1),), 0),
        Operation("answer", 1, (), 0),
    )
    edges = (Edge("client->front.ask", -1, 0), Edge("front->back.answer", 0, 1))


def hop_rows(*rows):
    """Return hops: caller, service, attempt, sent and received in ms, outcome."""
    table = {column.name: np.zeros(len(rows), column.dtype) for column in schema.HOPS}
    for place, (caller, service, attempt, sent_ms, received_ms, outcome) in enumerate(rows):
        table["caller"][place], table["service"][place] = caller, service
        table["operation"][place], table["attempt"][place] = service, attempt
        table["sent_ns"][place] = sent_ms * MS
        table["received_ns"][place] = table["ended_ns"][place] = received_ms * MS
        table["outcome"][place] = outcome
    return table


def test_a_window_forgets_and_the_total_does_not():
    counts = HopCounts(Line)
    counts.observe(hop_rows((0, 0, 1, 0, 400, Outcome.OK)), 0, S, second=0)
    for second in range(1, WINDOW_S):
        counts.observe(schema.empty(schema.HOPS), second * S, (second + 1) * S, second)
    assert counts.of_services().total.tolist() == [1, 0]
    counts.observe(schema.empty(schema.HOPS), WINDOW_S * S, (WINDOW_S + 1) * S, WINDOW_S)
    assert counts.of_services().total.tolist() == [0, 0]
    assert counts.waits().sum() == 0
    assert counts.of_services(since_start=True).total.tolist() == [1, 0]


def test_own_time_is_what_callers_waited_less_what_it_waited_for_others():
    counts = HopCounts(Line)
    rows = hop_rows((0, 0, 1, 0, 400, Outcome.OK), (1, 1, 1, 50, 350, Outcome.OK))
    counts.observe(rows, 0, S, second=0)
    assert counts.own_time_shares.tolist() == [0.25, 0.75]


def test_a_call_that_was_never_sent_is_an_attempt_but_not_asked():
    counts = HopCounts(Line)
    rows = hop_rows((0, 0, 1, 0, 0, Outcome.CIRCUIT_OPEN), (0, 0, 2, 0, 9, Outcome.TIMEOUT))
    counts.observe(rows, 0, S, second=0)
    seen = counts.of_services()
    assert [column[0] for column in (seen.total, seen.asked, seen.failed, seen.retries)] == [
        2,
        1,
        1,
        1,
    ]


def test_quantiles_of_many_spans_are_numpys_within_a_hundredth():
    spans = (np.exp(np.linspace(0, 9, 5000)) * MS).astype(np.int64)
    counts = np.bincount(bucket_of(spans), minlength=BUCKETS)[None]
    shares = (0.1, 0.5, 0.9, 0.99)
    for share, found in zip(shares, quantiles_ms(counts, shares)[0], strict=True):
        assert found == pytest.approx(np.quantile(spans, share) / MS, rel=0.011)


def test_a_ring_takes_late_rows_and_leaps_of_time():
    ring = SecondRing((1,), seconds=3)
    ring.advance(10)
    ring.add(np.array([2, 9, 10]), np.zeros(3, np.int64))
    assert ring.series(3).ravel().tolist() == [1, 1, 1]
    ring.advance(500)
    assert ring.last(3).tolist() == [0]


def test_what_the_end_leaves_open_is_in_the_sums_and_in_no_window():
    look, _ = onlooker.storm()
    counts = HopCounts(look.picture.scene.bank)
    hops = {column.name: np.ones(40, column.dtype) for column in schema.HOPS}
    hops |= {"service": np.zeros(40, np.int64), "caller": np.zeros(40, np.int64)}
    hops |= {"operation": np.zeros(40, np.int64), "outcome": np.full(40, Outcome.IN_FLIGHT)}
    counts.observe(hops, 2 * S, 2 * S, 1)
    assert counts.of_services().total.sum() == 0
    assert counts.waits().sum() == 0
    assert counts.of_services(since_start=True).total.sum() == 40


def test_a_map_of_a_run_that_is_over_shows_the_whole_run(flown):
    look, _ = flown
    services = look.picture.services
    assert services.stretch == "whole run"
    ever = services.hops.of_services(since_start=True).asked
    arrivals_s = look.picture.scene.experiment.duration / S
    for card, asked in zip(services.services(), ever.tolist(), strict=True):
        assert card.rate_per_s == pytest.approx(asked / arrivals_s)
        assert card.leak_share == pytest.approx(card.leaked / look.picture.processed)
