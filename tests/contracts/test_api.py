"""The API keeps what its own OpenAPI promises, whatever is asked of it."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from serving import PATIENCE_S, flying, served, wait_until

from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.app import create_app

DEPENDS_ON_THE_BANK = ("/api/start", "/api/commands")
"""What may be commanded or overridden is more than a schema can say: 422 tells why not."""
ENDS_THE_RUN = ["/api/start", "/api/reset", "/api/stop"]
FEW = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

FEWER = settings(FEW, max_examples=3)
"""Each example brings a bank to its start, which takes seconds."""


DESCRIBED = schemathesis.openapi.from_dict(create_app(FlightDeck()).openapi())


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Serve a run that goes on while it is asked."""
    with flying(tmp_path_factory.mktemp("contract"), speed=1.0, play=True) as deck:
        wait_until(lambda: deck.status.now_ns > 0)
        with served(create_app(deck)) as port:
            yield f"http://127.0.0.1:{port}"
            assert deck.status.state != "failed", deck.status.message


def judge(case, address):
    excluded = [positive_data_acceptance] if case.operation.path in DEPENDS_ON_THE_BANK else []
    case.call_and_validate(base_url=address, excluded_checks=excluded, timeout=PATIENCE_S)


@DESCRIBED.exclude(path=ENDS_THE_RUN).parametrize()
@FEW
def test_what_does_not_end_the_run(case, address):
    judge(case, address)


@pytest.mark.slow
@DESCRIBED.include(path=ENDS_THE_RUN).parametrize()
@FEWER
def test_what_ends_the_run(case, address):
    judge(case, address)
