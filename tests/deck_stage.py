"""The real deck in a real browser, before a socket that the test itself speaks through.

No server and no clock: files come from the package, frames from the test, so that a picture is
exactly what the test has sent.
"""

from __future__ import annotations

import json
import mimetypes
from dataclasses import replace
from pathlib import Path

from sanket_sim.bank.model import load_bank
from sanket_sim.dashboard import assets
from sanket_sim.live.frames import EdgeNow, Judged, Metrics, Replica, ServiceNow
from sanket_sim.live.frames.json_text import json_of

CHROMIUM = Path("/usr/bin/chromium")
ORIGIN = "http://deck.test"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""Of Chromium: no network of its own, and what a container cannot give it."""

PATIENCE_MS = 60_000
"""How long anything may take on a machine that has much else to do: a safety net, no measure."""
_MADE = """() => {
    const deck = document.querySelector("sanket-deck");
    const hosts = [...deck.shadowRoot.querySelectorAll("[data-part]")];
    return deck.connection === "open" && hosts.every((host) => host.childElementCount);
}"""
_TAKEN = """([topic, sequence]) =>
    document.querySelector("sanket-deck").state[topic]?.sent === sequence"""

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stage</title>
<link rel="icon" href="data:,"><style>body {{ margin: 0 }}</style>
<script type="module" src="/deck/deck.js"></script></head>
<body><sanket-deck ws="/ws" {attributes}></sanket-deck></body></html>"""


class Stage:
    """One page with one deck.

    Parameters
    ----------
    chromium : playwright.sync_api.Browser
    size : tuple of int
        Of the window [px].
    attributes : str
        Of the element, as written in HTML.
    """

    def __init__(self, chromium, size=(1400, 850), attributes='theme="dark"') -> None:
        self.page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        self.page.set_default_timeout(PATIENCE_MS)
        self.errors: list[str] = []
        self.run_id = 1
        self.sequence = 0
        self._sockets = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)
        self.page.route(f"{ORIGIN}/**", lambda route: self._answer(route, attributes))
        self.page.route_web_socket("**/ws", self._connect)
        self.page.goto(f"{ORIGIN}/")
        self.page.wait_for_selector("[data-testid=card-alerts] h2")
        self.page.wait_for_function(_MADE)  # each part comes as a module of its own
        self.page.evaluate("""addEventListener("sanket-inspect",
            (event) => (window.inspected ??= []).push(event.detail))""")

    def _connect(self, socket) -> None:
        self._sockets.append(socket)

    def _hear(self, message) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _answer(self, route, attributes) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        found = {"/": None, "/vendor/inter.ttf": assets.font_file()}.get(path, _file_of(path))
        if found is None:
            page = _PAGE.format(attributes=attributes)
            return route.fulfill(body=page, content_type="text/html")
        if path == "/api/health":
            return route.fulfill(json={"alive": True})
        if not found.exists():
            return route.fulfill(status=404)
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return route.fulfill(body=found.read_bytes(), content_type=kind)

    def send(self, topic, body) -> None:
        """Send a frame, and wait until it has come and is painted."""
        self.sequence += 1
        envelope = {"topic": topic, "run_id": self.run_id, "sequence": self.sequence, "sent_ms": 0}
        message = {**envelope, "body": json.loads(json_of(body)) | {"sent": self.sequence}}
        for socket in self._sockets:
            socket.send(json.dumps(message))
        self.page.wait_for_function(_TAKEN, arg=[topic, self.sequence])
        self.settle()

    def begin(self, metrics) -> None:
        """Begin another run, with nothing pointed at, focused or asked for."""
        self.run_id += 1
        self.page.mouse.move(1, 1)
        self.page.evaluate("""() => {
            window.inspected = [];
            const deck = document.querySelector("sanket-deck");
            deck.removeAttribute("truth");
            deck.shadowRoot.activeElement?.blur();
        }""")
        self.send("metrics", metrics)

    def settle(self) -> None:
        """Wait until two more pictures have been drawn."""
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def wait(self, ms) -> None:
        """Let the page's own clock go on."""
        self.page.wait_for_timeout(ms)

    @property
    def inspected(self) -> list[dict]:
        """What has been asked to be inspected."""
        return self.page.evaluate("window.inspected ?? []")

    def boxes(self, selector) -> list[dict]:
        """Return the box of every element that a selector finds, shadow roots included."""
        return [found.bounding_box() for found in self.page.locator(selector).all()]


def _file_of(path: str) -> Path:
    if path.startswith("/vendor/"):
        return assets.echarts_folder() / path.removeprefix("/vendor/")
    return assets.DECK / path.removeprefix("/deck/")


def map_of(model: str, scene_metrics: Metrics) -> Metrics:
    """Return a frame of metrics with the services and edges of a shipped model, all strained."""
    bank = load_bank(model)[0]
    services = tuple(_strained(service) for service in bank.services)
    pairs = {
        (
            "client" if edge.caller < 0 else bank.services[edge.caller].name,
            bank.services[bank.operations[edge.operation].service].name,
        )
        for edge in bank.edges
    }
    edges = tuple(
        EdgeNow(one, other, 40.0, 0.02, 0.1, "closed", "ok") for one, other in sorted(pairs)
    )
    return replace(scene_metrics, services=services, edges=edges)


def _strained(service) -> ServiceNow:
    return ServiceNow(
        name=service.name,
        label=service.label or service.name,
        x=service.x,
        y=service.y,
        state="critical",
        replicas=tuple(Replica("UP", 3, 4) for _ in range(service.replicas)),
        rate_per_s=1234.0,
        p50_ms=120.0,
        p95_ms=888.0,
        p99_ms=12_345.0,
        utilisation=0.97,
        queue=162,
        error_share=0.2,
        retry_share=0.3,
        timeout_share=0.1,
        leak_share=0.054,
        leaked=17,
        leak_minor=4_200,
        breaker="half_open",
        power_w=120.0,
        judged=Judged(utilisation="critical", errors="critical", leaks="critical"),
    )
