"""The ground truth: what was fraud, what only looked like it, and what came of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sanket_sim.trace import schema
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import TraceBatch, columns_of
from sanket_sim.trace.vocabulary import Vocabularies

if TYPE_CHECKING:
    from sanket_sim.actors.actor import Actor

CUT, COMPLETE, STOPPED = "cut", "complete", "stopped"
"""How a campaign ends: with the run, as it was meant to, or by the bank or a victim."""


class Part(NamedTuple):
    """What an actor says of one of his intents, in the order of `schema.TRUTH`'s middle columns."""

    campaign_id: int
    typology: int
    twin: int
    stage: int
    role: int
    hop: int
    tainted_share: float
    parent_tx_ids: int
    intended_minor: int = 0
    """What is wanted, whatever the bank makes of it: a payment that it refuses moves nothing."""


@dataclass(frozen=True, slots=True)
class Specified:
    """A bound that a campaign's specification sets to a measure of one of its stages."""

    stage: str
    measure: str
    low: float
    high: float


class Truth:
    """Keeps what actors say of their intents until these have ended; then it goes on record.

    Parameters
    ----------
    vocabularies : Vocabularies
        Take the words of stages, roles, twins, measures and parents.
    """

    def __init__(self, vocabularies: Vocabularies) -> None:
        self.words = vocabularies
        self.words["twin"].code("")
        self.words["tx_ids"].code("")
        self._planned: dict[int, Part] = {}
        self._open: dict[int, Part] = {}

    def note(
        self,
        draw_key: int,
        actor: Actor,
        stage: str,
        role: str,
        hop: int,
        tainted_share: float,
        parents: Sequence[int],
    ) -> None:
        """Take down what an intent is."""
        words = self.words
        self._planned[draw_key] = Part(
            actor.campaign_id,
            words["typology"].code(actor.campaign.typology),
            words["twin"].code(actor.TWIN),
            words["stage"].code(stage),
            words["role"].code(role),
            hop,
            tainted_share,
            words["tx_ids"].code(",".join(map(str, sorted(parents)))),
        )

    def admit(self, arrivals: Arrivals) -> None:
        """Learn the running numbers of the intents that were noted."""
        if not self._planned:
            return
        keys = arrivals.intents["draw_key"]
        ours = np.isin(keys, np.fromiter(self._planned, np.int64, len(self._planned)))
        intents = arrivals.intents[["draw_key", "tx_id", "e_minor"]][ours]
        for key, tx_id, wanted_minor in intents.tolist():
            part = self._planned.pop(key, None)
            if part is not None:
                self._open[tx_id] = part._replace(intended_minor=wanted_minor)

    def witness(self, batch: TraceBatch) -> None:
        """Put the truth of what has ended on the batch's record."""
        if not self._open:
            return
        ended = batch.transactions
        ours = np.isin(ended["tx_id"], np.fromiter(self._open, np.int64, len(self._open)))
        fates = (ended[name][ours].tolist() for name in _FATE)
        rows = [self._row(*fate) for fate in zip(*fates, strict=True)]
        batch.truth = columns_of(rows, schema.TRUTH)

    def close(self, batch: TraceBatch, actors: Sequence[Actor]) -> None:
        """Put campaigns and what they were specified to be on the last batch's record."""
        self.witness(batch)
        batch.campaigns = columns_of([self._campaign(one) for one in actors], schema.CAMPAIGNS)
        rows = [self._specified(one, bound) for one in actors for bound in one.specified]
        batch.specifications = columns_of(rows, schema.SPECIFICATIONS)

    def _row(self, tx_id: int, created_ns: int, outcome: int, moved_minor: int) -> tuple[Any, ...]:
        part = self._open.pop(tx_id)
        return (tx_id, created_ns, *part, moved_minor, outcome)

    def _campaign(self, actor: Actor) -> tuple[Any, ...]:
        words, campaign = self.words, actor.campaign
        begun = actor.begun_ns is not None
        return (
            actor.campaign_id,
            words["campaign"].code(campaign.name),
            words["typology"].code(campaign.typology),
            words["twin"].code(actor.TWIN),
            actor.twin_of,
            campaign.sophistication,
            campaign.pace,
            actor.begun_ns if begun else -1,
            -1 if actor.ended_ns is None else actor.ended_ns,
            words["campaign_end"].code(actor.ending),
        )

    def _specified(self, actor: Actor, bound: Specified) -> tuple[Any, ...]:
        stage = self.words["stage"].code(bound.stage)
        measure = self.words["measure"].code(bound.measure)
        return (actor.campaign_id, stage, measure, bound.low, bound.high)


_FATE = ("tx_id", "created_ns", "outcome", "d_minor")
