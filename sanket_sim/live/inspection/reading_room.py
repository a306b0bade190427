"""Where payments are looked up: in a process that is not the run's, which so loses no time by it.

The run says what only it knows, the rows that no part on the disk holds yet; parts are read here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from sanket_sim.analysis.story import rows_of
from sanket_sim.bank.description import Bank
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.inspection.payment import PaymentStory, story_of
from sanket_sim.live.naming import Names
from sanket_sim.live.picture import Picture
from sanket_sim.live.reading.from_outside import Recollection, RunFromOutside
from sanket_sim.live.reading.unwritten import Unwritten, in_codes, in_words, unwritten_of
from sanket_sim.trace.batch import Columns, rows_in

AskTheRun = Callable[[tuple[int, ...], int], Unwritten]
"""Asks for what is not written of payments of some numbers, and for agents from a row on."""


def tell_unwritten(picture: Picture, tx_ids: tuple[int, ...], agents_from: int) -> Unwritten:
    """Say in the run's process, between two ticks, what only it knows of some payments."""
    writer, agents = picture.cockpit.writer, picture.names.table
    parts, rows = unwritten_of(writer, tx_ids)
    fresh = {name: column[agents_from:] for name, column in agents.items()}
    return Unwritten(
        folder=picture.cockpit.folder,
        parts=parts,
        rows=rows,
        agents=in_words("agents", fresh, picture.scene.words),
        agents_from=agents_from,
        newest_tx_id=picture.feed.newest_tx_id,
    )


class ReadingRoom:
    """Tells the stories of one run's payments; safe to use from any thread.

    One story is read at a time, so that many readers do not take the process from whoever watches.

    Parameters
    ----------
    bank : Bank
        Of the run.
    """

    def __init__(self, bank: Bank) -> None:
        self._kept = Recollection(bank)
        self._names: Names | None = None
        self._lock = threading.Lock()

    def story(self, key: str, ask: AskTheRun) -> PaymentStory:
        """Tell the story of one payment; of one that is under way, what is known so far.

        Raises
        ------
        Missing
            If the run has no such payment.
        TraceError
            If a part cannot be read.
        """
        if not (key.isascii() and key.isdecimal()) or int(key) > np.iinfo(np.int64).max:
            raise Missing(f"payment {key}")
        return self._story((int(key),), ask)

    def _story(self, tx_ids: tuple[int, ...], ask: AskTheRun) -> PaymentStory:
        """Tell the story of the first; again, if that turns out to be about another payment."""
        seen = ask(tx_ids, self._names.known if self._names else 0)
        with self._lock:
            names, run = self._meet(seen), RunFromOutside(seen, self._kept)
            others = _unasked(run, tx_ids)
            if not others:
                return story_of(run, names, tx_ids[0], seen.newest_tx_id)
        return self._story((*tx_ids, *others), ask)

    def _meet(self, seen: Unwritten) -> Names:
        """Take up the agents that are new here; somebody else may have brought them meanwhile."""
        known = self._names.known if self._names else 0
        fresh: Columns = {
            name: column[known - seen.agents_from :] for name, column in seen.agents.items()
        }
        coded = in_codes("agents", fresh, self._kept.words)
        if self._names is None:
            self._names = Names(self._kept.words, coded)
        else:
            self._names.take(coded)
        return self._names


def _unasked(run: RunFromOutside, tx_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Return which payment the first is about, if it may wait to be written: nobody asked yet."""
    originals = rows_of(run, "transactions", tx_ids[0])["original_tx_id"].tolist()
    unknown = (one for one in originals if one >= 0 and one not in tx_ids)
    return tuple(one for one in unknown if not rows_in(rows_of(run, "transactions", one)))
