"""What can be flown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from sanket_sim.server.bridge import Deck
from sanket_sim.server.catalogue import experiments, find_entry, listed
from sanket_sim.server.models import ExperimentText, Shelf
from sanket_sim.server.refusals import refusing
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.shelf import entries

router = APIRouter(prefix="/api", tags=["experiments"])
Name = Annotated[str, Path(min_length=1, max_length=200, examples=["retry_storm"])]


@router.get("/experiments", summary="Which experiments are there?", responses=refusing())
def shelf(deck: Deck) -> Shelf:
    """Return every experiment with its question and the answer to expect, and every model."""
    return Shelf(
        experiments=listed("experiments", experiments(deck)),
        models=listed("models", entries("models")),
    )


@router.get(
    "/experiments/{name}",
    summary="What does an experiment say?",
    responses=refusing(404, 422),
)
def experiment(name: Name, deck: Deck) -> ExperimentText:
    """Return an experiment as it was written, and with every default explicit."""
    entry = find_entry(name, deck)
    [said] = listed("experiments", [entry])
    return ExperimentText(
        **said.model_dump(),
        toml=entry.path.read_text("utf-8", errors="replace"),
        resolved=resolve(entry.path).experiment_toml,
    )
