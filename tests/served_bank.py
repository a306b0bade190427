"""A real `sanket-sim serve` with a small bank, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@contextmanager
def served_bank(folder: Path) -> Iterator[Served]:
    """Serve the small bank on a port that the server finds, and end that server alone."""
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
