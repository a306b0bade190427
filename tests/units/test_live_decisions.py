"""Rows of the table of decisions, read in words."""

import numpy as np

from sanket_sim.live.reading.decisions import saying, told_by
from sanket_sim.trace import schema
from sanket_sim.trace.vocabulary import Vocabularies

WORDS = Vocabularies()


def table(*rows):
    """Return a table of (instant, actor, decision, subject, payment, score, reason)."""
    names = ("time_ns", "actor", "decision", "subject", "tx_id", "score", "reason")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    for name in ("actor", "decision", "subject", "reason"):
        columns[name] = [WORDS[name].code(word) for word in columns[name]]
    return {one.name: np.array(columns[one.name]).astype(one.dtype) for one in schema.DECISIONS}


ROWS = table(
    (1, "fraud", "decline", "payment", 7, 0.75, "velocity"),
    (2, "breaker", "open", "gateway->payment.pay", -1, 0.0, "errors"),
    (3, "aml", "alert", "account 17", 9, 0.0, "mule"),
    (3, "bank", "freeze", "account 17", 9, 0.0, "bank"),
)


def test_what_some_actors_said_comes_in_its_order_and_in_words():
    seen = list(told_by(ROWS, WORDS, "aml", "fraud", "analyst"))
    assert seen == [
        (1, "fraud", "decline", "payment", 7, 0.75, "velocity"),
        (3, "aml", "alert", "account 17", 9, 0.0, "mule"),
    ]
    assert [one.account for one in seen] == [-1, 17]


def test_an_actor_is_no_part_of_another_and_need_not_be_known():
    assert not list(told_by(ROWS, WORDS, "break"))
    assert not list(told_by(ROWS, WORDS, "nobody"))
    assert not list(told_by(schema.empty(schema.DECISIONS), WORDS, "fraud"))


def test_decisions_are_found_by_their_word_whoever_has_made_them():
    seen = saying(ROWS, WORDS, lambda word: word.startswith(("fre", "op")))
    assert [(one.actor, one.said) for one in seen] == [("breaker", "open"), ("bank", "freeze")]
