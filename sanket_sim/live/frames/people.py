"""The agent view."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.live.frames.standing import State


@dataclass(frozen=True, slots=True)
class AgentDot:
    """One agent of the picture; its place stays where it is for the whole run.

    Parameters
    ----------
    agent_id : int
    role : str
        ``customer``, ``merchant``, ``mule`` or ``fraudster``.
    x, y : float
        In [0, 1]; communities lie together.
    state : State
        ``critical`` once the fraud service or an analyst has found it, ``warn`` while suspected.
    found : bool
        Whether the bank knows of a crime here. Where it does not, that somebody is a mule or a
        fraudster is ground truth, behind a switch.
    name : str
        As people call him.
    """

    agent_id: int
    role: str
    x: float
    y: float
    state: State
    found: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that has lately gone from one agent to another; `campaign_id` -1 for honest money.

    An amount of 0 leads from a fraudster to an account in whose name he acts.
    """

    debtor: int
    creditor: int
    campaign_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """A fraud that is under way: its label stands beside its agents.

    Parameters
    ----------
    campaign_id : int
    typology, label : str
        The label says what, how many and how much: ``"Mule ring · 7 accounts · 18,240 EUR"``.
    agents : tuple of int
    found : bool
        Whether the bank has noticed it; what it has not noticed is ground truth, behind a switch.
    """

    campaign_id: int
    typology: str
    label: str
    agents: tuple[int, ...]
    found: bool


@dataclass(frozen=True, slots=True)
class Crowd:
    """The agent view: a sample of everyone, and everyone who matters."""

    dots: tuple[AgentDot, ...]
    flows: tuple[Flow, ...]
    campaigns: tuple[Campaign, ...]
    active: int
    """How many moved money in the last window."""
