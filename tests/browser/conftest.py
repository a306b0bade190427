"""Chromium as Debian ships it, and a real `sanket-sim serve` with a small experiment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deck_stage import ARGUMENTS, CHROMIUM, PATIENCE_MS

PATIENCE_S = 300.0
"""How long a server may take for anything on a machine that has much else to do."""
SMALL = """\
# Question: does the page steer a small bank?
# Expect: it does.
name = "small"
model = "retail_bank"
seed = 7
start = 2026-11-27T08:00:00
duration = "2h"
warmup = "1s"

[population]
customers = 400

[demand]
rate = "20/s"

[fraud]
rate = 0.02

[[fault]]
kind = "latency"
target = "payment"
at = "1h"
for = "2m"
add = "5s"
"""


@dataclass(frozen=True)
class Served:
    """A server of one's own; it is asked as any client asks it."""

    url: str

    def get(self, path: str) -> Any:
        import httpx

        answer = httpx.get(f"{self.url}/api/{path}", timeout=PATIENCE_S)
        return answer.raise_for_status().json()

    def post(self, path: str, **asked: Any) -> Any:
        import httpx

        return httpx.post(f"{self.url}/api/{path}", json=asked, timeout=PATIENCE_S).json()

    @property
    def status(self) -> Any:
        return self.get("status")

    def wait_until(self, wanted: Any) -> Any:
        """Return the first status that is as wanted."""
        end_s = time.monotonic() + PATIENCE_S
        while not wanted(status := self.status):
            assert time.monotonic() < end_s, f"the run is still {status}"
            time.sleep(0.05)
        return status


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
    """Serve the small experiment on a port that the server finds, and end that server alone."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "small.toml").write_text(SMALL)
    command = [sys.executable, "-m", "sanket_sim", "serve", str(folder / "small.toml")]
    command += ["--port", "0", "--out", str(folder / "out"), "--speed", "60"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
    try:
        server = Served(_address(process, folder / "said.txt"))
        server.wait_until(lambda status: status["state"] == "ready")
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    """Return where the server listens, as soon as it says so."""
    end_s = time.monotonic() + PATIENCE_S
    while (found := re.search(r"(http://127\.0\.0\.1:\d+)/docs", said.read_text())) is None:
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < end_s, said.read_text()
        time.sleep(0.1)
    return found[1]
