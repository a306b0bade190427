"""The life of a payment: nothing left out, nothing out of order, and the right hop to blame."""

import json
import shutil

import pytest
import synthetic_trace
from every_trap import CONTROLS, whole_run

from sanket_sim import run
from sanket_sim.__main__ import main
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story import What, instructive, tell
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults import traps

WIDTH = 100


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", str(WIDTH))


@pytest.fixture(scope="module")
def anthos(tmp_path_factory):
    asked = {"warmup": "0s", "demand.rate": "20/s", "fault.0.at": "10s", "fault.0.for": "40s"}
    out = tmp_path_factory.mktemp("anthos")
    return RunFolder(run("anthos_timeout", duration="60s", overrides=asked, out=out).folder)


@pytest.fixture(scope="module")
def tables(anthos):
    names = ("transactions", "hops", "postings")
    return {name: anthos.trace.frame(name).set_index("tx_id", drop=False) for name in names}


def of_class(anthos, name):
    return [one.tx_id for one in instructive(anthos, 100) if one.leak_class == name]


def moments(story, what):
    return [moment for moment in story.moments if moment.what == what]


def test_the_run_leaks_what_the_tests_need(anthos):
    assert len(of_class(anthos, "DUPLICATE")) >= 3
    assert len(of_class(anthos, "GHOST_POSTING")) >= 3


def test_every_hop_and_every_posting_is_told_in_order(anthos, tables):
    ids = [one.tx_id for one in instructive(anthos, 10)] + [0, 1, 2, 3]
    for tx_id in ids:
        story = tell(anthos, tx_id)
        times = [moment.at_ns for moment in story.moments]
        assert times == sorted(times)
        begun = moments(story, What.CALLED) + moments(story, What.VISITED)
        assert sorted(m.hop_id for m in begun) == sorted(tables["hops"].loc[[tx_id]].hop_id)
        legs = sum(len(journal.legs) for journal in story.journals)
        assert legs == (tables["postings"].tx_id == tx_id).sum()
        assert len(moments(story, What.POSTED)) == len(story.journals)


def test_inner_calls_lie_inside_outer_ones(anthos):
    story = tell(anthos, of_class(anthos, "DUPLICATE")[0])
    for visit in story.visits:
        if visit.parent_hop_id >= 0:
            parent = story.visit(visit.parent_hop_id)
            assert visit.depth == parent.depth + 1
            assert visit.sent_ns >= parent.begun_ns
            assert visit.caller == parent.service


def test_times_count_from_the_creation(anthos, tables):
    tx_id = of_class(anthos, "GHOST_POSTING")[0]
    story, row = tell(anthos, tx_id), tables["transactions"].loc[tx_id]
    assert story.moments[0].what == What.ASKED
    assert story.moments[0].at_ns == 0
    assert story.answer.at_ns == row.completed_ns - row.created_ns
    (told,) = moments(story, What.TOLD)
    assert told.at_ns == story.answer.at_ns
    assert story.journals[-1].at_ns == row.posted_ns - row.created_ns


def test_a_ghost_is_told_failed_before_it_posts(anthos):
    for tx_id in of_class(anthos, "GHOST_POSTING")[:5]:
        story = tell(anthos, tx_id)
        order = [moment.what for moment in story.moments]
        assert order.index(What.GIVEN_UP) < order.index(What.TOLD) < order.index(What.POSTED)
        blamed = story.visit(story.verdict.hop_id)
        assert blamed.service == story.verdict.service == "ledger_db"
        assert f"hop {blamed.hop_id}" in story.verdict.why
        assert "frontend had stopped waiting for ledgerwriter" in story.verdict.why
        assert "after latency on ledger_db (add 6s) had struck" in story.verdict.why
        assert story.answer.iso20022_reason == "AB08"


def test_a_caller_is_seen_to_leave_at_its_time_out(anthos):
    story = tell(anthos, of_class(anthos, "GHOST_POSTING")[0])
    (left,) = moments(story, What.GIVEN_UP)
    visit = story.visit(left.hop_id)
    assert visit.span_ns == 4_000_000_000
    (unheard,) = moments(story, What.UNHEARD)
    assert unheard.hop_id == left.hop_id
    assert unheard.at_ns == visit.received_ns > left.at_ns


def test_a_duplicate_blames_the_hop_that_posted_second(anthos, tables):
    for tx_id in of_class(anthos, "DUPLICATE")[:5]:
        story = tell(anthos, tx_id)
        first, second = story.journals
        assert story.verdict.hop_id == second.hop_id != first.hop_id
        assert {story.visit(hop).submission for hop in (first.hop_id, second.hop_id)} == {1, 2}
        hops = tables["hops"].set_index("hop_id")
        assert hops.loc[[first.hop_id, second.hop_id]].committed.all()
        assert story.flows.d_minor == 2 * story.flows.e_minor


def test_an_honest_payment_ends_well(anthos, tables):
    fine = tables["transactions"].query("leak_class == 'NONE' and n_posted == 1 and ack == 'ok'")
    story = tell(anthos, int(fine.tx_id.iloc[0]))
    assert (story.verdict.status, story.verdict.hop_id) == ("OK", -1)
    assert "as it should" in story.verdict.why


def test_specimens_show_each_way_to_leak_before_any_twice(anthos, tables):
    every = instructive(anthos, 10**6)
    leaked = tables["transactions"].query("leak_class != 'NONE'")
    assert {one.tx_id for one in every} == set(leaked.tx_id)
    ways = {(one.leak_class, one.kind, one.service, one.submissions > 1) for one in every}
    few = instructive(anthos, len(ways))
    assert len(few) == len(ways)
    assert {(one.leak_class, one.kind, one.service, one.submissions > 1) for one in few} == ways
    assert sum(one.alike for one in few) == len(leaked)
    classes = [LeakClass[one.leak_class] for one in few]
    assert classes == sorted(classes)


SENTENCES = {
    LeakClass.DUPLICATE: "posted the payment a second time",
    LeakClass.ORPHAN_DEBIT: "posted the debit, and the credit never followed",
    LeakClass.INVALID_EXECUTED: "ed ",
}


@pytest.fixture(scope="module")
def trapped(tmp_path_factory):
    return RunFolder(whole_run(tmp_path_factory.mktemp("trapped"), CONTROLS).folder)


@pytest.fixture(scope="module")
def caught(trapped):
    """Return one payment that each trap made leak in its own way."""
    rows = trapped.trace.frame("transactions").query("leak_class != 'NONE'")
    return {
        kind: rows.query("trap == @kind and leak_class == @trap.LEAK_CLASS.name").tx_id.iloc[0]
        for kind, trap in traps.items()
    }


@pytest.mark.parametrize("kind", list(traps))
def test_each_trap_is_named_with_the_hop_that_it_used(kind, trapped, caught):
    told = [tell(trapped, int(caught[kind]))]
    for story in told:
        verdict = story.verdict
        assert story.trap == kind
        assert verdict.why.endswith(f"the trap {kind} had been set.")
        assert SENTENCES.get(traps[kind].LEAK_CLASS, "") in verdict.why
        assert bool(story.journals) == (story.verdict.leak_class != "LOST")
        if story.journals:
            assert f"(hop {verdict.hop_id})" in verdict.why
            assert verdict.hop_id in {journal.hop_id for journal in story.journals}


def test_fraud_rulings_stand_inside_the_check(tmp_path):
    asked = {"warmup": "0s", "demand.rate": "20/s", "fraud.rate": 0.2}
    made = run("normal_day", duration="20s", overrides=asked, out=tmp_path, report=False)
    decisions = made.trace.frame("decisions").query("actor == 'fraud'")
    story = tell(RunFolder(made.folder), int(decisions.tx_id.iloc[0]))
    (ruled,) = moments(story, What.RULED)
    assert story.visit(ruled.hop_id).service == "fraud"
    assert story.rulings[0].decision == decisions.decision.iloc[0]


def test_a_run_cut_short_is_said_to_be(tmp_path):
    folder = synthetic_trace.write_run(tmp_path / "run", synthetic_trace.Plan(duplicates=0.05))
    (one, *_) = [one for one in instructive(folder, 100) if one.leak_class == "DUPLICATE"]
    assert "second time" in tell(folder, one.tx_id).verdict.why
    shutil.rmtree(folder.path / "postings")
    cut = tell(RunFolder(folder.path, synthetic_trace.bank()), one.tx_id)
    assert cut.verdict.leak_class == "DUPLICATE"
    assert "cut short" in cut.verdict.why
    assert cut.journals == ()


def test_the_command_tells_it_on_a_hundred_columns(anthos, capsys):
    tx_id = of_class(anthos, "DUPLICATE")[0]
    assert main(["story", str(anthos.path), str(tx_id)]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= WIDTH
    for words in (
        f"Payment {tx_id}: ",
        "is told FAILED",
        "frontend waits no longer for ledgerwriter",
        "struck by latency on ledger_db (add 6s)",
        "asks again, submission 2",
        "ledger_db POSTS",
        "Truth against fact",
        "ISO 8583 00",
        "DUPLICATE, gross leak",
    ):
        assert words in said


def test_a_story_as_json_is_the_story(anthos, capsys):
    tx_id = of_class(anthos, "DUPLICATE")[0]
    assert main(["story", str(anthos.path), str(tx_id), "--json"]) == 0
    told, story = json.loads(capsys.readouterr().out), tell(anthos, tx_id)
    assert told["verdict"]["why"] == story.verdict.why
    assert [moment["what"] for moment in told["moments"]] == [m.what for m in story.moments]
    assert len(told["visits"]) == len(story.visits)


def test_without_a_payment_leaked_ones_are_listed(anthos, capsys):
    assert main(["story", str(anthos.path), "--worst", "3"]) == 0
    said = capsys.readouterr().out
    for one in instructive(anthos, 3):
        assert f"{one.tx_id}  {one.leak_class}" in said
    assert main(["story", str(anthos.path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 10


def test_unknown_payments_and_runs_are_refused_with_a_remedy(anthos, tmp_path, capsys):
    assert main(["story", str(anthos.path), "999999999"]) == 2
    said = capsys.readouterr().err
    assert "no payment 999999999" in said
    assert f"sanket-sim story {anthos.path}" in said
    assert main(["story", str(tmp_path), "1"]) == 2
    assert "name a folder below results/" in capsys.readouterr().err
    for words in (["-1"], ["one"], ["--worst", "0"], [str(2**63)]):
        with pytest.raises(SystemExit) as refused:
            main(["story", str(anthos.path), *words])
        assert refused.value.code == 2


def test_a_run_without_leaks_or_without_hops_says_so(tmp_path, capsys):
    words = ["run", "normal_day", "--quiet", "--duration", "20s", "--set", "warmup=0s"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    assert main(["story", str(folder)]) == 0
    assert "no payment leaked" in capsys.readouterr().out
    assert main([*words, "--out", str(tmp_path), "--force", "--trace", "transactions"]) == 0
    assert main(["story", str(folder)]) == 2
    assert "kept no hops" in capsys.readouterr().err
