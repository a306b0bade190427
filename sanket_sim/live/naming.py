"""Short names that people can keep apart; an agent keeps its name from run to run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.draws import word_of
from sanket_sim.trace.batch import Columns, TraceBatch, joined, rows_in
from sanket_sim.trace.vocabulary import Vocabularies

_FIRST_NAMES = (  # noqa: SIM905  # ninety names are easier to read as a line of words
    "Aisha Alba Amara Amir Ana Anders Anika Anton Aran Astrid Ayo Bea Bilal Bruno Carla Chidi "
    "Chloe Dana Daria David Diego Elena Eli Emil Emma Esra Fatima Felix Femi Finn Freya Giulia "
    "Greta Hana Hugo Ida Ilse Imran Ines Iva Jakub Jan Jonas Kaito Karim Kemal Kwame Lars "
    "Leila Lena Leo Lina Luca Luka Maja Malik Marek Maria Mateo Mei Mila Milan Mira Nadia Nils "
    "Nina Noa Nora Olga Omar Oskar Pablo Paula Petra Priya Rafael Rania Ravi Rosa Sami Sara Selma "
    "Sofia Stefan Sven Tariq Tea Theo Tomas Uma Vera Viktor Wanda Yara Yusuf Zoe"
).split()
_INITIALS = "ABCDEFGHIJKLMNOPRSTVWZ"
NAMED_BY = ("agent_id", "account_id", "role", "segment")
"""What of an agent his name comes from."""
CALLED_MAX = 4096
"""Names that are remembered: the same few people are met again and again."""
_WORLD, _MERCHANT = "world", "merchant"


def person(agent_id: int) -> str:
    """Return a made-up name for a person, always the same for a number.

    Examples
    --------
    >>> person(4512) == person(4512), person(4512) == person(4513)
    (True, False)
    """
    key = word_of(f"person {agent_id}")
    first = _FIRST_NAMES[key % len(_FIRST_NAMES)]
    return f"{first} {_INITIALS[key // len(_FIRST_NAMES) % len(_INITIALS)]}."


class Names:
    """Names everybody and every account by what the table of agents says openly.

    Mules and fraudsters are called by a person's name like everybody else: who they are is the
    truth, which a bank does not know.

    Parameters
    ----------
    words : Vocabularies
        Behind the codes of `agents`; only grow.
    agents : Columns
        Rows of the trace's table; other columns than `NAMED_BY` are left alone.

    Attributes
    ----------
    table : Columns
        Every agent and account that is known, as they came.
    """

    def __init__(self, words: Vocabularies, agents: Columns) -> None:
        self._words = words
        self.table: Columns = {name: agents[name] for name in NAMED_BY}
        self._index()

    @property
    def known(self) -> int:
        """How many rows the table has."""
        return rows_in(self.table)

    def observe(self, batch: TraceBatch) -> None:
        """Take up agents that have come while the run went on."""
        self.take(batch.agents)

    def take(self, agents: Columns) -> None:
        """Take up more agents."""
        if rows_in(agents):
            self.table = joined(self.table, agents)
            self._index()

    def agent(self, agent_id: int) -> str:
        """Name an agent; empty for nobody."""
        if agent_id < 0:
            return ""
        if agent_id not in self._called:
            if len(self._called) >= CALLED_MAX:
                self._called.clear()
            self._called[agent_id] = self._name_of(agent_id)
        return self._called[agent_id]

    def _name_of(self, agent_id: int) -> str:
        row = _find(self._agent_ids, agent_id)
        return person(agent_id) if row < 0 else self._named(int(self._agent_rows[row]), agent_id)

    @property
    def accounts(self) -> NDArray[np.int64]:
        """Every account that is known, ascending."""
        return self._account_ids

    def owner(self, account_id: int) -> int:
        """Return whose an account is, -1 if nobody's."""
        row = _find(self._account_ids, account_id)
        return -1 if row < 0 else int(self.table["agent_id"][self._account_rows[row]])

    def account(self, account_id: int) -> str:
        """Name the owner of an account; empty for no account."""
        return self.agent(self.owner(account_id)) if account_id >= 0 else ""

    def role(self, agent_id: int) -> str:
        """Return what an agent truly is; empty for nobody."""
        row = _find(self._agent_ids, agent_id)
        return self._word("role", int(self._agent_rows[row])) if row >= 0 else ""

    def _named(self, row: int, agent_id: int) -> str:
        role, segment = self._word("role", row), self._word("segment", row)
        if role == _WORLD:
            return segment.replace("_", " ").capitalize()
        if role == _MERCHANT:
            return f"{segment.replace('_', ' ').capitalize()} {self._number(row)}"
        return person(agent_id)

    def _number(self, row: int) -> int:
        """Return which of its segment's merchants one is, from 1."""
        alike = self.table["segment"] == self.table["segment"][row]
        alike &= self.table["role"] == self.table["role"][row]
        ids = self.table["agent_id"][alike & (self.table["account_id"] >= 0)]
        return int((np.unique(ids) <= self.table["agent_id"][row]).sum())

    def _word(self, column: str, row: int) -> str:
        return self._words[column].words[int(self.table[column][row])]

    def _index(self) -> None:
        self._called: dict[int, str] = {}
        self._agent_ids, self._agent_rows = np.unique(self.table["agent_id"], return_index=True)
        self._account_ids, self._account_rows = np.unique(
            self.table["account_id"], return_index=True
        )


def _find(ids: NDArray[np.int64], wanted: int) -> int:
    place = int(np.searchsorted(ids, wanted))
    return place if place < len(ids) and ids[place] == wanted else -1
