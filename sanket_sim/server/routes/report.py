"""What a run that has ended leaves behind."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from sanket_sim.server.bridge import Deck, check_flown, status_of
from sanket_sim.server.refusals import Refusal, refusing

_FINDINGS = {
    "content": {"application/json": {"schema": {"type": "object"}}},
    "description": "Every finding, as measured.",
}
router = APIRouter(prefix="/api", tags=["report"])


@router.get(
    "/report",
    summary="The report of the run",
    response_class=FileResponse,
    responses=refusing(404, 409) | {200: {"content": {"text/html": {}}, "description": "HTML"}},
)
def report(deck: Deck) -> FileResponse:
    """Return the report of the run that has ended, as a page of its own."""
    return FileResponse(_ended_file(deck, "report.html"), media_type="text/html")


@router.get(
    "/report/findings.json",
    summary="The findings of the run",
    response_class=FileResponse,
    responses=refusing(404, 409) | {200: _FINDINGS},
)
def findings(deck: Deck) -> FileResponse:
    """Return the findings of the run that has ended."""
    return FileResponse(_ended_file(deck, "findings.json"), media_type="application/json")


def _ended_file(deck: Deck, name: str) -> Path:
    check_flown(deck)
    status = status_of(deck)
    if status.state != "ended":
        raise Refusal(409, f"the run is {status.state}: its report is written when it ends")
    path = Path(status.folder) / name
    if not path.is_file():
        raise Refusal(404, f"the run has left no {name}")
    return path
