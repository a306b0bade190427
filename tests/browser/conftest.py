"""Chromium as Debian ships it, and a small bank that is served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from deck_stage import ARGUMENTS, CHROMIUM, PATIENCE_MS
from served_bank import Served, served_bank


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    return {"executable_path": str(CHROMIUM), "args": list(ARGUMENTS)}


@pytest.fixture(scope="session")
def chromium(browser: Any) -> Any:
    """Return the one Chromium of this process: Playwright has one event loop, and keeps it."""
    return browser


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def context(context: Any) -> Any:
    """Return the context of a test's own pages, in no hurry."""
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a small bank to every test of this process."""
    with served_bank(tmp_path_factory.mktemp("served")) as server:
        yield server
