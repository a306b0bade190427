"""Who appears in `deck_scene`: services, people, shops, the city and what is told of them."""

from __future__ import annotations

import math
import zlib
from typing import NamedTuple

from sanket_sim.live.frames import Alert

_NS = 1_000_000_000


class Act(NamedTuple):
    """A service: where it stands, what it does on a good day, and how much the fault hurts it."""

    name: str
    label: str
    x: float
    y: float
    replicas: int
    workers: int
    rate_per_s: float
    p99_ms: float
    busy: float
    suffers: float


SERVICES = (
    Act("channels", "Channels", 0, 1, 2, 64, 160, 42, 0.31, 0.05),
    Act("gateway", "API gateway", 1, 1, 2, 64, 160, 100, 0.42, 0.3),
    Act("identity", "Identity", 2, 0, 2, 16, 80, 78, 0.3, 0),
    Act("payment", "Payment", 2, 1, 3, 48, 115, 240, 0.48, 1),
    Act("cards", "Cards", 2, 2, 4, 16, 45, 129, 0.22, 0),
    Act("fraud", "Fraud scoring", 3, 0, 3, 16, 116, 110, 0.35, 0.1),
    Act("limits", "Limits", 3, 2, 2, 8, 46, 69, 0.2, 0.05),
    Act("ledger", "Ledger", 3, 1, 3, 24, 112, 120, 0.5, 0.65),
    Act("core_banking", "Core banking", 4, 1, 2, 32, 111, 160, 0.46, 0.2),
    Act("aml", "AML screening", 4, 0, 2, 8, 18, 320, 0.12, 0),
    Act("clearing", "Clearing", 4, 2, 3, 8, 40, 430, 0.33, 0.25),
    Act("onboarding", "Onboarding", 2, 3, 2, 4, 0.3, 210, 0.04, 0),
    Act("kyc", "Identity check (provider)", 3, 3, 1, 6, 0.3, 900, 0.1, 0),
    Act("notification", "Notification", 5, 1, 2, 16, 103, 64, 0.38, 0),
)
EDGES = (
    ("channels", "gateway", 160.0),
    ("gateway", "identity", 80.0),
    ("gateway", "payment", 115.0),
    ("gateway", "cards", 45.0),
    ("gateway", "onboarding", 0.3),
    ("onboarding", "kyc", 0.3),
    ("payment", "fraud", 115.0),
    ("payment", "ledger", 112.0),
    ("payment", "limits", 46.0),
    ("cards", "limits", 45.0),
    ("cards", "fraud", 45.0),
    ("cards", "ledger", 44.0),
    ("fraud", "aml", 18.0),
    ("ledger", "limits", 20.0),
    ("ledger", "core_banking", 111.0),
    ("ledger", "clearing", 40.0),
    ("core_banking", "notification", 103.0),
)
PEOPLE = (
    "Ravi Thakur", "Nora Hansen", "Priya Sharma", "Kwame Asante", "Chloe Martin", "Aisha Khan",
    "Elena Varga", "Hannah Becker", "Sofia Lind", "Tomás Reyes-Villanueva", "Omar Farouk", "Li Wei",
)  # fmt: skip
SHOPS = (
    "Kornblume Supermarkt", "Shell 4411", "Marek Dvořák", "Stadtwerke", "Nora Hansen", "Apple",
    "Payroll Nordwind GmbH", "Café Central", "Deutsche Bahn", "Omar Farouk",
)  # fmt: skip


def _told(number, topic, severity, title, detail, begin, end, kind="", subject=""):
    over = None if end is None else end * _NS
    return Alert(number, topic, severity, title, detail, begin * _NS, over, kind, subject)


TOLD = (
    _told(0, "FAULT", "ok", "Latency on payment begins", "planned, until 08:05:00", 180, 300,
          "service", "payment"),
    _told(1, "SLO", "critical", "SLO breach: p99 above 1 s", "payment · budget burn 14.2x", 187,
          345),
    _told(2, "LEAKAGE", "critical", "Payments are being lost",
          "payment → ledger · 1.6 % of transfers, retry without an idempotency key", 196, None,
          "service", "payment"),
    _told(3, "BREAKER", "warn", "Circuit breaker opened", "gateway → payment · probe in 10 s", 204,
          330, "service", "payment"),
    _told(4, "FRAUD", "warn", "Mule network suspected", "7 accounts · depth 4 · 18,240 EUR moved",
          212, None, "campaign", "1"),
    _told(5, "QUEUE", "warn", "Queue is growing", "payment · 162 waiting", 222, None, "service",
          "payment"),
    _told(6, "FRAUD", "warn", "Card-testing burst", "20 cards · 41 authorisations under 5 EUR",
          231, None, "campaign", "2"),
    _told(7, "ENERGY", "ok", "Carbon intensity elevated", "+21 % CO₂e per payment while it retries",
          244, None),
    _told(8, "REPLICA", "critical", "Ledger replica 3 is down", "crash, commanded by operator", 252,
          342, "service", "ledger"),
)  # fmt: skip


def _spread(*key: object) -> float:
    return zlib.crc32(repr(key).encode()) / 2**32


def _resident(number: int) -> tuple[str, float, float]:
    community = number % 8
    angle, radius = 6.283 * _spread("angle", number), 0.09 * _spread("radius", number) ** 0.6
    x = 0.14 + 0.24 * (community % 4) + 0.03 * (community // 4)
    y = 0.2 + 0.55 * (community // 4) + 0.08 * (community % 2)
    role = "merchant" if number >= 300 else "customer"
    return role, x + radius * math.cos(angle), y + 1.2 * radius * math.sin(angle)


def _mule(number: int) -> tuple[str, float, float]:
    angle = 6.283 * number / 7
    return "mule", 0.66 + 0.09 * math.cos(angle), 0.5 + 0.12 * math.sin(angle)


CITY = (
    *(_resident(number) for number in range(330)),
    *(_mule(number) for number in range(7)),
    ("mule", 0.8, 0.3),
    ("mule", 0.2, 0.6),
    ("fraudster", 0.56, 0.44),
    ("fraudster", 0.3, 0.5),
    ("fraudster", 0.35, 0.47),
)
