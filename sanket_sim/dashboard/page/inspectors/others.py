"""Inspectors of agents and campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sanket_sim.dashboard.page.inspectors.plainly import blocks_of
from sanket_sim.dashboard.page.inspectors.sheet import Chip, Sheet, filled
from sanket_sim.dashboard.page.wording import words

Body = Mapping[str, Any]
TRUTH = frozenset({"truth", "typology", "campaign", "campaigns", "campaign_id", "role_truth"})
"""What is told of an agent only to those who may see the ground truth."""
_HEAD = frozenset({"name", "label", "role", "agent_id", "campaign_id"})


def agent_sheet(body: Body, *, truth: bool) -> Sheet:
    """Return the sheet of one agent.

    Parameters
    ----------
    body : mapping
    truth : bool
        Whether it may be told what the agent is really up to.
    """
    role = str(body.get("role", "customer"))
    hidden = frozenset() if truth else TRUTH
    return Sheet(
        title=str(body.get("name") or f"Agent {body.get('agent_id', '')}"),
        subtitle=f"{words(role)} · agent {body.get('agent_id', '')}",
        blocks=filled(blocks_of(body, _HEAD | hidden)),
        chips=(Chip(words(role), "idle"),),
        icon=role,
    )


def campaign_sheet(body: Body) -> Sheet:
    """Return the sheet of one campaign."""
    found = bool(body.get("found"))
    return Sheet(
        title=str(body.get("label") or f"Campaign {body.get('campaign_id', '')}"),
        subtitle=words(str(body.get("typology", "campaign"))),
        blocks=filled(blocks_of(body, _HEAD)),
        chips=(Chip("noticed by the bank", "ok") if found else Chip("not noticed", "critical"),),
        icon="fraudster",
    )
