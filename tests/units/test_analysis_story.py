"""The life of a payment: nothing left out, nothing out of order, and the right hop to blame."""

import json
import shutil
from datetime import timedelta

import numpy as np
import pytest
import synthetic_trace
from every_trap import CONTROLS, whole_run

from sanket_sim import run
from sanket_sim.__main__ import main
from sanket_sim.analysis.root_cause import root_services
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story import What, instructive, tell
from sanket_sim.core.money import format_minor
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
    for chosen in (few, every):
        ranks = [(-one.glv_minor, LeakClass[one.leak_class]) for one in chosen]
        assert ranks == sorted(ranks)
    assert few[0].glv_minor == leaked.glv_minor.max()


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
    rows = rows.query("trap != 'excess_refund' or kind == 'refund'")  # and not what they refund
    return {
        kind: rows.query("trap == @kind and leak_class == @trap.LEAK_CLASS.name").tx_id.iloc[0]
        for kind, trap in traps.items()
    }


@pytest.mark.parametrize("kind", list(traps))
def test_each_trap_is_named_with_the_hop_that_it_used(kind, trapped, caught):
    for story in [tell(trapped, int(caught[kind]))]:
        verdict = story.verdict
        assert story.trap == kind
        named = f"; the trap {kind} ({traps[kind].CODE}) had been set, and {traps[kind].CONTROL}"
        assert verdict.why.endswith(f"{named}, the control that catches it, was off.")
        assert SENTENCES.get(traps[kind].LEAK_CLASS, "") in verdict.why
        assert bool(story.journals) == (story.verdict.leak_class != "LOST")
        if story.journals:
            assert f"(hop {verdict.hop_id})" in verdict.why
            assert verdict.hop_id in {journal.hop_id for journal in story.journals}


CAUSES = {
    "batch_run_twice": "and nobody took run 2 for its copy",
    "credit_before_settlement": "before the sending bank's money had come, which never came",
    "dropped_event": "that would have posted it was lost between the database and the broker",
    "excess_refund": "refunded more than was left of what had been captured",
    "locale_amount": "wanted: the amount was written in another country's notation, and misread",
    "reused_key": "the answer to an earlier payment with the same key",
    "self_transfer": "on one account, customer {}'s: the write of the debit was lost",
    "wrong_exponent": "wanted: the amount was read with the wrong number of decimals",
}


@pytest.mark.parametrize(("kind", "cause"), CAUSES.items())
def test_a_trap_that_sprang_is_told_by_its_own_cause(kind, cause, trapped, caught):
    story = tell(trapped, int(caught[kind]))
    owner = story.debtor.name.removeprefix("customer ")
    assert cause.format(owner) in story.verdict.why


@pytest.mark.parametrize("kind", ["locale_amount", "wrong_exponent"])
def test_a_misread_amount_is_told_as_it_was_wanted(kind, trapped, caught, capsys):
    story = tell(trapped, int(caught[kind]))
    assert main(["story", str(trapped.path), str(story.tx_id)]) == 0
    wanted, read = (
        format_minor(minor, story.currency) for minor in (story.flows.e_minor, story.amount_minor)
    )
    assert f"asks: {story.kind} of {wanted}, read as {read}" in capsys.readouterr().out


def test_a_misread_amount_beyond_the_payers_funds_is_told_as_misread(trapped, capsys):
    rows = trapped.trace.frame("transactions").query("trap == 'locale_amount' and e_minor == 0")
    tx_id = int(rows.query("n_posted > 0").tx_id.iloc[0])
    assert "posted an amount that had been misread" in tell(trapped, tx_id).verdict.why
    assert main(["story", str(trapped.path), str(tx_id)]) == 0
    assert "EUR, as the bank misread it" in capsys.readouterr().out


def test_a_file_is_run_again_and_a_correction_comes_from_the_back_office(trapped, capsys):
    rows = trapped.trace.frame("transactions")
    mended = set(rows.query("kind == 'correction'").original_tx_id)
    struck = rows.query("trap == 'batch_run_twice' and leak_class == 'DUPLICATE'").tx_id
    twice = next(int(tx_id) for tx_id in struck if tx_id in mended)
    (mend,) = tell(trapped, twice).put_right_by
    assert main(["story", str(trapped.path), str(twice)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "the file is run again, submission 2" in said
    assert "asks again" not in said
    amount = format_minor(mend.moved_minor, mend.currency)
    assert f"put right by payment {mend.tx_id}: {amount} back to employer, OK" in said
    assert main(["story", str(trapped.path), str(mend.tx_id)]) == 0
    said = capsys.readouterr().out
    assert "the back office asks: correction of" in said
    assert f"puts right payment {twice}: payroll of " in said


def test_every_correction_is_told_by_what_it_corrects(trapped):
    rows = trapped.trace.frame("transactions").query("kind == 'correction'")
    orders = trapped.trace.frame("decisions").query("decision == 'correction'")
    for _, order in orders.groupby("subject").head(2).iterrows():
        mine = rows[rows.original_tx_id == order.tx_id]
        told = tell(trapped, int(order.tx_id)).put_right_by
        assert [(one.tx_id, one.moved_minor) for one in told] == list(
            zip(mine.tx_id, mine.c_minor, strict=True)
        )


def test_what_an_event_lost_is_blamed_on_who_should_have_published_it(trapped, caught):
    found = {}
    for kind in ("dropped_event", "reused_key"):
        tx_id = int(caught[kind])
        found[kind] = trapped.services[root_services(trapped, np.array([tx_id]))[tx_id]]
    assert found == {"dropped_event": "clearing", "reused_key": "ledger"}
    assert tell(trapped, int(caught["dropped_event"])).verdict.service == "clearing"


def test_a_control_that_was_on_is_named_too(tmp_path):
    run = RunFolder(whole_run(tmp_path, []).folder)
    rows = run.trace.frame("transactions").query("trap == 'locale_amount' and ack == 'failed'")
    why = tell(run, int(rows.tx_id.iloc[0])).verdict.why
    assert why.endswith("and strict_parser, the control that catches it, was on.")


def test_the_head_gives_the_time_of_the_clock(trapped, capsys):
    story = tell(trapped, 0)
    start = trapped.experiment.start
    begun = start + timedelta(microseconds=story.born_ns // 1000)
    assert story.born_at == begun.isoformat(" ", "seconds")
    assert main(["story", str(trapped.path), "0"]) == 0
    assert capsys.readouterr().out.count(story.born_at) == 1


def test_fraud_rulings_stand_inside_the_check(tmp_path):
    asked = {"warmup": "0s", "demand.rate": "20/s", "fraud.rate": 0.2}
    made = run("normal_day", duration="20s", overrides=asked, out=tmp_path, report=False)
    decisions = made.trace.frame("decisions").query("actor == 'fraud'")
    story = tell(RunFolder(made.folder), int(decisions.tx_id.iloc[0]))
    told = moments(story, What.RULED)
    (ruled,) = [one for one in told if story.rulings[one.item].actor == "fraud"]
    assert story.visit(ruled.hop_id).service == "fraud"
    assert story.rulings[0].decision == decisions.decision.iloc[0]


def test_a_theft_that_went_through_is_called_one(tmp_path):
    asked = {"warmup": "0s", "fraud.rate": 0.2, "fraud.twins": 1}
    made = run("peak_load", duration="40s", overrides=asked, out=tmp_path, report=False)
    stolen = made.transactions().query("is_fraud and n_posted > 0 and leak_class == 'NONE'")
    approved = stolen.query("fraud_decision == 'approve'").iloc[0]
    said = tell(RunFolder(made.folder), int(approved.tx_id)).verdict.why
    assert said.startswith(f"it was {approved.typology}, which the fraud service approved")


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
