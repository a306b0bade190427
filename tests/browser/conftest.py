"""Chromium as Debian ships it, and a real `sanket-sim serve` with a small experiment."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deck_stage import ARGUMENTS, CHROMIUM

READY_S_MAX = 240.0
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

        return httpx.get(f"{self.url}/api/{path}", timeout=20.0).raise_for_status().json()

    def post(self, path: str, **asked: Any) -> Any:
        import httpx

        return httpx.post(f"{self.url}/api/{path}", json=asked, timeout=120.0).json()

    @property
    def status(self) -> Any:
        return self.get("status")

    def wait_until(self, wanted: Any, within_s: float = 60.0) -> Any:
        """Return the first status that is as wanted."""
        end_s = time.monotonic() + within_s
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


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the small experiment on a free port, and end that server alone."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "small.toml").write_text(SMALL)
    port = _free_port()
    command = [sys.executable, "-m", "sanket_sim", "serve", str(folder / "small.toml")]
    command += ["--port", str(port), "--out", str(folder / "out"), "--speed", "60"]
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        server = Served(f"http://127.0.0.1:{port}")
        _await(server, process, folder / "said.txt")
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: Served, process: subprocess.Popen[bytes], said: Path) -> None:
    import httpx

    end_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < end_s:
        assert process.poll() is None, said.read_text()
        try:
            if server.status["state"] == "ready":
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError(said.read_text())
