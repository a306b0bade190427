"""What an experiment says about fraud, as ``[fraud]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializeAsAny

from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.core.settings import Settings

RATE_MOST = 0.5
"""Beyond this share honest traffic would be the exception."""


def _campaign(entry: Any) -> Any:
    """Read one campaign by the settings of its own typology."""
    if not isinstance(entry, Mapping):
        return entry
    name = entry.get("typology")
    if not isinstance(name, str):
        known = ", ".join(typologies)
        raise ValueError(f"needs a typology; known: {known}")  # noqa: TRY004  # pydantic's door
    if name not in typologies:
        raise ValueError(typologies.explain_unknown(name))
    return typologies[name].model_validate(entry)


Campaign = Annotated[
    SerializeAsAny[Typology], BeforeValidator(_campaign, json_schema_input_type=dict[str, Any])
]


class FraudSettings(Settings):
    """How much fraud there is, and which campaigns the experiment is about.

    Examples
    --------
    >>> asked = {"rate": 0.001, "campaign": [{"typology": "card_testing", "at": "3m"}]}
    >>> FraudSettings.model_validate(asked).campaign[0].intensity
    1.0
    """

    rate: Annotated[float, Field(ge=0, le=RATE_MOST)] = 0.0
    """Share of all transactions that small campaigns in the background make, cover with it."""
    twins: Annotated[int, Field(ge=0, le=100)] = 5
    """Honest episodes for every campaign that look like it, such as a flash sale for card testing;
    without them, doing such a thing at all would give fraud away."""
    campaign: Annotated[tuple[Campaign, ...], Field(strict=False)] = ()
    """Campaigns of the experiment, on top of the background."""
