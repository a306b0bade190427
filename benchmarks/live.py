"""Measure the live view on a real `serve`: frames, latency to the screen, its cost, its memory.

Claims (issue 5, at 10,000 customers): at least 5 frames/s on the page; from the snapshot to the
painted page under 100 ms at the median; the server's process under 20 % of a core for the view;
memory that does not grow; one of twenty clients that never reads holds nobody up. A payment's story
costs the run's process little, for the server reads the trace itself. How fast a watched run goes
at full speed is set against the same run that nobody watches, in one program.

The page is headless Chromium without a GPU; it, the clients, the server and the run share the
cores of one machine, so figures are of a machine that is busier than a user's.

    python benchmarks/live.py [--minutes 30] [--speed 4]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from websockets.asyncio.client import ClientConnection, connect

import sanket_sim
from sanket_sim.trace.batch import TraceBatch

CLIENTS = 20
STORIES = 200
TOPICS = ("metrics", "transactions", "fraud_alerts", "alerts", "agents")
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
LISTEN = """
window.painted = [];
document.addEventListener("sanket-painted", (event) => {
  window.painted.push(Date.now() - event.detail.sent_ms);
});
"""
NS_PER_S = 1_000_000_000
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Watched:
    """A process seen from outside: processor time and memory."""

    pid: int
    begun_s: float = field(default_factory=time.perf_counter)
    memory_mb: list[float] = field(default_factory=list)
    _cpu_begin_s: float = 0.0

    def __post_init__(self) -> None:
        self._cpu_begin_s = self.cpu_s

    @property
    def cpu_s(self) -> float:
        """Processor time so far [s]."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    @property
    def cpu_spent_s(self) -> float:
        """Processor time since it has been watched [s]."""
        return self.cpu_s - self._cpu_begin_s

    @property
    def core_share(self) -> float:
        """Share of one core since it has been watched."""
        return self.cpu_spent_s / (time.perf_counter() - self.begun_s)

    def weigh(self) -> None:
        """Note how much memory it holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        self.memory_mb.append(pages * PAGE_BYTES / 1e6)


@dataclass
class Seen:
    """What one client got."""

    latencies_ms: list[float] = field(default_factory=list)
    frames: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    run: dict[str, Any] = field(default_factory=dict)


class Served:
    """A real `serve`, its run, and its API."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.url = process, f"http://127.0.0.1:{port}"
        self.socket = f"ws://127.0.0.1:{port}/ws"

    @property
    def run_pid(self) -> int:
        """Process id of the run: the heaviest child."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for file in children for pid in file.read_text().split()]
        return max(pids, key=lambda pid: Watched(pid).cpu_s)

    def status(self) -> dict[str, Any]:
        """Where the run stands."""
        return self.get("status")

    def get(self, path: str) -> dict[str, Any]:
        """Ask a question."""
        with urllib.request.urlopen(f"{self.url}/api/{path}", timeout=30) as answer:  # noqa: S310  # our own server
            found: dict[str, Any] = json.load(answer)
        return found

    def post(self, path: str) -> None:
        """Give an order."""
        request = urllib.request.Request(f"{self.url}/api/{path}", method="POST")  # noqa: S310  # our own server
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310  # our own server

    def wait_for(self, *states: str) -> dict[str, Any]:
        """Wait until the run is in one of these states."""
        while True:
            with contextlib.suppress(OSError):
                if (status := self.status())["state"] in states:
                    return status
            if self.process.poll() is not None:
                raise SystemExit("serve has gone; is the port in use?")
            time.sleep(0.1)


@contextmanager
def served(arguments: argparse.Namespace, duration_s: float, speed: float) -> Iterator[Served]:
    """Serve the experiment for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "sanket_sim", "serve", arguments.experiment]
        words += ["--port", str(arguments.port), "--out", folder]
        words += ["--speed", f"{speed:g}", "--duration", f"{duration_s:.0f}s"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, text=True)
        try:
            one = Served(process, arguments.port)
            one.wait_for("ready")
            yield one
        finally:
            for _ in range(2):  # the second does not wait for the report
                process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            process.wait()


async def subscribe(socket: ClientConnection) -> None:
    """Ask for every topic."""
    await socket.send(json.dumps({"type": "subscribe", "topics": TOPICS}))


async def follow(url: str, seen: Seen) -> None:
    """Read everything, as a page does, until cancelled."""
    async with connect(url, max_size=None) as socket:
        await subscribe(socket)
        async for text in socket:
            now_ms = time.time_ns() / 1e6
            seen.bytes += len(text)
            message = json.loads(text)
            seen.frames[message["topic"]] += 1
            if message["topic"] == "metrics":
                seen.run = message["body"]["run"]
                seen.latencies_ms.append(now_ms - message["sent_ms"])


async def count(url: str, seen: Seen) -> None:
    """Read everything and only count it: this process is not what is measured."""
    async with connect(url, max_size=None) as socket:
        await subscribe(socket)
        async for text in socket:
            seen.bytes += len(text)
            seen.frames["any"] += 1


async def stand_stuck(url: str) -> None:
    """Subscribe and never read: what one's library reads ahead is little."""
    async with connect(url, max_size=None, max_queue=1) as socket:
        await subscribe(socket)
        socket.transport.pause_reading()
        await asyncio.Event().wait()


@asynccontextmanager
async def tasks(*coroutines: Any) -> AsyncIterator[None]:
    """Let coroutines run beside the block."""
    running = [asyncio.create_task(one) for one in coroutines]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Page]:
    """Open the page in a real browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1400, "height": 850})
        await page.add_init_script(LISTEN)
        await page.goto(url)
        await page.wait_for_function("window.painted.length > 0")
        try:
            yield page
        finally:
            await browser.close()


def quantiles(values: Sequence[float]) -> str:
    """Write median and 95th percentile."""
    if len(values) < 2:
        return "-"
    return (
        f"{statistics.median(values):.0f} ms, p95 {statistics.quantiles(values, n=20)[-1]:.0f} ms"
    )


def growth(memory_mb: Sequence[float]) -> str:
    """Write how much the last third of a time weighs against the second, and the most."""
    third = max(len(memory_mb) // 3, 1)
    middle, last = memory_mb[third : 2 * third] or memory_mb, memory_mb[-third:]
    change = statistics.mean(last) - statistics.mean(middle)
    return f"{memory_mb[-1]:,.0f} MB, last third {change:+.1f} MB on the second"


def say(what: str, found: str) -> None:
    """Print a row of the table."""
    print(f"{what:<46} {found}", flush=True)


async def watch(
    title: str, one: Served, page: Page, seen: Seen, seconds: float, every_s: float = 5.0
) -> None:
    """Watch for a while, and say what came of it."""
    server, run = Watched(one.process.pid), Watched(one.run_pid)
    seen.latencies_ms.clear()
    seen.frames.clear()
    seen.bytes = 0
    await page.evaluate("window.painted.length = 0")
    begun_s = time.perf_counter()
    now_ns = one.status()["now_ns"]
    while (passed_s := time.perf_counter() - begun_s) < seconds:
        await asyncio.sleep(min(every_s, seconds - passed_s + 0.01))
        server.weigh()
        run.weigh()
    painted = await page.evaluate("window.painted")
    reached = (one.status()["now_ns"] - now_ns) / NS_PER_S / passed_s
    print(f"\n{title}, {seconds:.0f} s at {reached:.1f} x real time")
    say("frames of metrics at the socket", f"{seen.frames['metrics'] / passed_s:.1f}/s")
    say("frames painted on the page (>= 5/s)", f"{len(painted) / passed_s:.1f}/s")
    say("bytes to one client", f"{seen.bytes / passed_s / 1e3:,.0f} kB/s")
    say("snapshot -> socket client", quantiles(seen.latencies_ms))
    say("snapshot -> page painted (median < 100 ms)", quantiles(painted))
    say("server's process (< 20 % of a core)", f"{server.core_share:.1%} of a core")
    say("run's process", f"{run.core_share:.1%} of a core")
    say("memory of the server", growth(server.memory_mb))
    say("memory of the run", growth(run.memory_mb))


async def measure_view(arguments: argparse.Namespace) -> None:
    """Watch a flight with one page, then with twenty clients more, one of them stuck."""
    seconds = arguments.minutes * 60
    flown_s = (seconds + 120) * arguments.speed
    with served(arguments, flown_s, arguments.speed) as one:
        seen = Seen()
        one.post("resume")
        async with opened(f"{one.url}/") as page, tasks(follow(one.socket, seen)):
            await asyncio.sleep(10)
            await watch("One page, one client", one, page, seen, seconds / 2)
            others = [Seen() for _ in range(CLIENTS - 2)]
            crowd = [count(one.socket, other) for other in others]
            async with tasks(stand_stuck(one.socket), *crowd):
                await asyncio.sleep(3)
                await watch(f"{CLIENTS} clients, one stuck", one, page, seen, seconds / 2)
            slowest = min(sum(other.frames.values()) for other in others)
            fastest = max(sum(other.frames.values()) for other in others)
            say("frames of the slowest and the fastest client", f"{slowest:,} and {fastest:,}")


@dataclass
class Clock:
    """Notes how far a run has come: on the wall, and in its process's own time."""

    instants: list[tuple[float, float, int]] = field(default_factory=list)

    def observe(self, batch: TraceBatch) -> tuple[()]:
        """Note an instant, as an observer of a run in this process."""
        self.instants.append((time.perf_counter(), time.process_time(), batch.end_ns))
        return ()

    @property
    def rates(self) -> Rates:
        """Simulated seconds per second."""
        first, last = self.instants[0], self.instants[-1]
        passed_s = (last[2] - first[2]) / NS_PER_S
        return Rates(passed_s / (last[0] - first[0]), passed_s / (last[1] - first[1]))


@dataclass(frozen=True)
class Rates:
    """Simulated seconds per second on the wall, and per second of processor time."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} ({self.cpu:.1f})"


def unwatched_rates(arguments: argparse.Namespace) -> Rates:
    """Time a run that nobody watches, without measuring it."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        sanket_sim.run(
            arguments.experiment,
            duration=arguments.full_speed,
            out=Path(folder),
            observers=[clock],
            report=False,
        )
    return clock.rates


async def watched_rates(arguments: argparse.Namespace) -> Rates:
    """Time the same at full speed with a page that looks."""
    seconds = float(arguments.full_speed.removesuffix("s"))
    with served(arguments, seconds, 10_000) as one:
        clock, process = Clock(), Watched(one.run_pid)
        async with opened(f"{one.url}/"):
            one.post("resume")
            async with connect(one.socket, max_size=None) as socket:
                await socket.send(json.dumps({"type": "subscribe", "topics": ["metrics"]}))
                async for text in socket:
                    message = json.loads(text)
                    if message["topic"] != "metrics":
                        continue
                    run = message["body"]["run"]
                    if run["state"] != "running" and clock.instants:
                        break
                    if run["now_ns"]:
                        sent_s = message["sent_ms"] / 1e3
                        clock.instants.append((sent_s, process.cpu_s, run["now_ns"]))
    return clock.rates


def measure_stories(arguments: argparse.Namespace) -> None:
    """Ask a run that waits for stories of payments of every age: answering is all it does."""
    seconds = float(arguments.full_speed.removesuffix("s"))
    with served(arguments, 2 * seconds, 10_000) as one:
        one.post("resume")
        while (status := one.status())["now_ns"] < seconds * NS_PER_S:
            time.sleep(0.1)
        one.post("pause")
        server, run, took_ms = Watched(one.process.pid), Watched(one.run_pid), list[float]()
        for number in range(0, status["processed"], status["processed"] // STORIES):
            begun_s = time.perf_counter()
            one.get(f"transactions/{number}")
            took_ms.append(1e3 * (time.perf_counter() - begun_s))
        costs = [1e3 * watched.cpu_spent_s / len(took_ms) for watched in (run, server)]
    print(f"\n{len(took_ms)} stories of a run of {seconds:.0f} s that waits")
    say("from asking to the story", quantiles(took_ms))
    say("processor time of run and server for each", f"{costs[0]:.1f} and {costs[1]:.1f} ms")


async def measure_slowdown(arguments: argparse.Namespace) -> None:
    """Set a watched run at full speed against the same that nobody watches, before and after."""
    before = await asyncio.to_thread(unwatched_rates, arguments)
    watched = await watched_rates(arguments)
    after = await asyncio.to_thread(unwatched_rates, arguments)
    wall, cpu = (before.wall + after.wall) / 2, (before.cpu + after.cpu) / 2
    print(f"\nFull speed, {arguments.full_speed}: simulated s per s (per s of processor time)")
    say("unwatched, before and after", f"{before} and {after}")
    say("watched by a page", f"{watched}")
    say("watched to unwatched", f"{watched.wall / wall:.2f} ({watched.cpu / cpu:.2f})")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long the view is watched")
    parser.add_argument("--speed", type=float, default=4.0, help="simulated s per s meanwhile")
    parser.add_argument("--full-speed", default="120s", help="simulated time of the comparison")
    parser.add_argument("--experiment", default="peak_load")
    parser.add_argument("--port", type=int, default=8801)
    arguments = parser.parse_args()
    asyncio.run(measure_view(arguments))
    measure_stories(arguments)
    asyncio.run(measure_slowdown(arguments))


if __name__ == "__main__":
    main()
