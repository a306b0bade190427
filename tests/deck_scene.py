"""A bank on a stage: frames of a run that never happened, to build and test the deck against.

Everything follows from the mode and the instant alone: the same moment looks the same every time.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cached_property

from deck_cast import CITY, EDGES, PEOPLE, SERVICES, SHOPS, TOLD, Act

from sanket_sim.bank.health import ERROR_SHARE, LEAK_SHARE, UTILISATION, Limits
from sanket_sim.live.frames import (
    AgentDot,
    Alert,
    Alerts,
    Campaign,
    Case,
    Crowd,
    Disturbance,
    EdgeNow,
    Evidence,
    Feed,
    FeedRow,
    FlightState,
    Flow,
    FraudDesk,
    Judged,
    Metrics,
    Move,
    Point,
    Replica,
    RunStatus,
    ServiceNow,
    State,
    Thresholds,
    Tile,
    WhatIf,
)

NS = 1_000_000_000
DURATION_S, END_S = 480, 780
POINT_S = 2
MODES = ("calm", "fault", "leak", "ended", "empty")
SLO_MS = 1000.0


def noise(*key: object) -> float:
    """Return a number in [0, 1) that the key alone decides."""
    return zlib.crc32(repr(key).encode()) / 2**32


def wobble(t: float, name: str, size: float) -> float:
    """Return a factor around 1: a slow wave and a little grain."""
    grain = noise(name, int(t * 2)) - 0.5
    return 1 + size * (0.5 * math.sin(t / 9 + zlib.crc32(name.encode()) % 7) + grain)


def ramp(t: float, begin: float, end: float, fade: float) -> float:
    """Rise to 1 within 12 s of `begin`, and fall back within `fade` of `end`."""
    up = min(max((t - begin) / 12, 0.0), 1.0)
    return up if t < end else max(0.0, 1 - (t - end) / fade)


def judged(value: float, warn: float, critical: float) -> State:
    return "critical" if value >= critical else "warn" if value >= warn else "ok"


@dataclass(frozen=True)
class Scene:
    """One mode of the play.

    Parameters
    ----------
    mode : str
        One of `MODES`.
    run_id : int
    """

    mode: str
    run_id: int = 1

    @cached_property
    def hurt(self) -> float:
        """How bad it gets: 0 nothing, 1 the fault alone, 2 with controls off."""
        return {"calm": 0.0, "fault": 1.0, "leak": 2.0, "ended": 1.0, "empty": 0.0}[self.mode]

    @cached_property
    def disturbances(self) -> tuple[Disturbance, ...]:
        def window(number, kind, target, label, begin, end, by="experiment", trap=False):
            return Disturbance(number, kind, target, label, begin * NS, end * NS, by, trap)

        planned = (
            window(0, "latency", "payment", "latency on payment: +5 s for 30 % of calls", 180, 300),
            window(1, "duplicate_submit", "", "duplicate submit", 0, DURATION_S, trap=True),
        )
        commanded = (
            window(2, "crash", "ledger", "crash on ledger", 250, 340, by="operator"),
            window(
                3, "control", "ledger", "control on ledger: idempotency_key off", 170, 400, "api"
            ),
        )
        return planned[1:] if not self.hurt else planned + (commanded if self.hurt > 1 else ())

    def strain(self, t: float) -> float:
        return min(1.0, self.hurt) * ramp(t, 180, 300, 60)

    # Points and tiles

    def point(self, index: int) -> Point:
        t = (index + 1) * POINT_S
        bad, wild = self.strain(t), self.strain(t) * self.hurt
        rate = 150 * wobble(t, "rate", 0.06) * (1.2 if t > 120 else 1) * (t <= DURATION_S + 5)
        p99 = (180 + 1400 * bad) * wobble(t, "p99", 0.12)
        leaks = self.leaks(t, wild)
        return Point(
            index=index,
            end_ns=t * NS,
            completed=rate * (1 - 0.14 * bad),
            failed=rate * (0.002 + 0.14 * bad * wobble(t, "failed", 0.2)),
            p50_ms=(62 + 45 * bad) * wobble(t, "p50", 0.05),
            p95_ms=(120 + 600 * bad) * wobble(t, "p95", 0.08),
            p99_ms=p99,
            leak_share=sum(leaks.values()),
            leaks=leaks,
            resilience=max(0.0, 99 - 24 * wild * wobble(t, "score", 0.1)),
            recall=None if t < 60 else 0.93 - 0.08 * bad + 0.01 * noise("recall", index // 8),
            power_w=2200 + 260 * bad + 40 * noise("power", index),
            carbon_mg=(310 + 170 * bad) * wobble(t, "carbon", 0.05),
        )

    def leaks(self, t: float, wild: float) -> dict[str, float]:
        if wild == 0:
            return {}
        size = 0.011 * wild
        return {
            "LOST": size * wobble(t, "lost", 0.15),
            "DUPLICATE": size * 1.4 * wobble(t, "duplicate", 0.25) * (self.hurt > 1),
            "ORPHAN_DEBIT": size * 0.7 * wobble(t, "orphan", 0.1) * (self.hurt > 1),
            "PHANTOM_SUCCESS": size * 0.5 * wobble(t, "phantom", 0.2),
        }

    def points(self, t: float, most: int = END_S) -> tuple[Point, ...]:
        past = int(t / POINT_S)
        return tuple(self.point(index) for index in range(max(0, past - most), past))

    def tiles(self, t: float) -> tuple[Tile, ...]:
        if t < POINT_S:
            return ()
        p, bad = self.point(int(t / POINT_S) - 1), self.strain(t)
        leak = 100 * p.leak_share
        late = judged(p.p99_ms or 0, SLO_MS * 0.9, SLO_MS)
        leaky = judged(leak, 0.01, 0.5)
        score = p.resilience or 0.0
        weak = judged(100 - score, 10, 25)
        lost = round(leak * 14_850)
        return (
            Tile(
                "throughput", "Throughput", "tx/s", p.completed, f"{p.completed:.0f}",
                "warn" if bad > 0.5 else "ok", "-14 %" if bad > 0.5 else "as planned",
                ("baseline 180", "peak 196"), "completed", 180.0,
            ),
            Tile(
                "p99", "p99 latency", "s" if (p.p99_ms or 0) >= 1000 else "ms", p.p99_ms,
                f"{(p.p99_ms or 0) / 1000:.2f}" if (p.p99_ms or 0) >= 1000 else f"{p.p99_ms:.0f}",
                late, "SLO breach" if late == "critical" else "within SLO",
                ("SLO 1 s", f"budget burn {0.4 + 14 * bad:.1f}x"), "p99_ms", SLO_MS,
            ),
            Tile(
                "leakage", "Leakage rate", "%", leak, f"{leak:.2f}", leaky,
                {"ok": "none", "warn": "leaking", "critical": "critical"}[leaky],
                (f"{round(leak * 140)} payments", f"€{lost:,} at risk"), "leak_share", 0.0001,
            ),
            Tile(
                "resilience", "Service level", "% good", score, f"{score:.1f}", weak,
                {"ok": "good", "warn": "degraded", "critical": "poor"}[weak],
                ("bottleneck Payment" if bad else "no bottleneck", "falling" if bad else "steady"),
                "resilience", 90.0,
            ),
            Tile(
                "recall", "Fraud recall", "%", None if p.recall is None else 100 * p.recall,
                "—" if p.recall is None else f"{100 * p.recall:.1f}",
                "idle" if p.recall is None else "warn" if bad > 0.5 else "ok",
                "no fraud yet" if p.recall is None else "slipping" if bad > 0.5 else "on target",
                ("precision 91.4 %", "target 90 %"), "recall", 0.9,
            ),
            Tile(
                "carbon", "CO₂e per good payment", "mg", p.carbon_mg, f"{p.carbon_mg or 0:.0f}",
                "warn" if bad > 0.5 else "ok", "elevated" if bad > 0.5 else "usual",
                ("grid 381 g/kWh", f"{p.power_w / 1000:.2f} kW"), "carbon_mg", None,
            ),
        )  # fmt: skip

    # The map

    def services(self, t: float) -> tuple[ServiceNow, ...]:
        return tuple(self.service(t, act) for act in SERVICES)

    def service(self, t: float, act: Act) -> ServiceNow:
        bad = self.strain(t) * act.suffers
        wild = bad * self.hurt
        leak = 0.027 * wild
        busy = min(0.98, act.busy * wobble(t, act.name, 0.1) + 0.5 * bad)
        p99 = act.p99_ms * (1 + 8 * bad) * wobble(t, act.name + "p99", 0.1)
        rate = act.rate_per_s * wobble(t, act.name + "rate", 0.05) * (t > 1)
        state: State = judged(bad, 0.15, 0.6) if rate else "idle"
        return ServiceNow(
            name=act.name,
            label=act.label,
            x=act.x,
            y=act.y,
            state=state,
            replicas=self.replicas(t, act, busy),
            rate_per_s=rate,
            p50_ms=p99 / 5 if rate else None,
            p95_ms=p99 / 2 if rate else None,
            p99_ms=p99 if rate else None,
            utilisation=busy if rate else 0.0,
            queue=round(160 * bad * wobble(t, act.name + "queue", 0.3)),
            error_share=0.002 + 0.2 * bad,
            retry_share=0.001 + 0.3 * bad,
            timeout_share=0.1 * bad,
            leak_share=leak,
            leaked=round(900 * leak * max(0, t - 180)),
            leak_minor=round(9_000_000 * leak * max(0, t - 180)),
            breaker="open" if bad > 0.8 else "half_open" if bad > 0.4 else "closed",
            power_w=150 + 90 * busy,
            judged=Judged(
                utilisation=UTILISATION.judge(busy),
                errors=ERROR_SHARE.judge(0.002 + 0.2 * bad),
                leaks=LEAK_SHARE.judge(leak),
            ),
        )

    def replicas(self, t: float, act: Act, busy: float) -> tuple[Replica, ...]:
        down = self.hurt > 1 and act.name == "ledger" and 250 <= t < 340
        return tuple(
            Replica("DOWN", 0, act.workers)
            if down and number == act.replicas - 1
            else Replica("UP", round(busy * act.workers), act.workers)
            for number in range(act.replicas)
        )

    def edges(self, t: float) -> tuple[EdgeNow, ...]:
        suffers = {act.name: act.suffers for act in SERVICES}
        bad = self.strain(t)
        return tuple(
            EdgeNow(
                caller,
                callee,
                rate * wobble(t, caller + callee, 0.1) * (t > 1),
                0.001 + 0.25 * bad * suffers[callee],
                0.4 * bad * suffers[callee],
                "open" if bad * suffers[callee] > 0.8 else "closed",
                ERROR_SHARE.judge(0.001 + 0.25 * bad * suffers[callee]),
            )
            for caller, callee, rate in EDGES
        )

    # Lists

    def feed(self, t: float) -> Feed:
        ended = int(t * 9)
        rows = tuple(self.row(number) for number in range(max(0, ended - 40), ended))
        return Feed(rows, processed=int(t * 150))

    def row(self, number: int) -> FeedRow:
        bad = self.strain(number / 9)
        chance, risk = noise("verdict", number), noise("risk", number) ** 3
        debtor, creditor = (
            int(noise("a", number) * len(PEOPLE)),
            int(noise("b", number) * len(SHOPS)),
        )
        verdict, state = self.verdict(chance, risk, bad)
        leaked = verdict == "leaked"
        late = 1 + 9 * bad * noise("late", number) ** 2
        return FeedRow(
            tx_id=200_000 + number * 17,
            at_ns=int(number / 9 * NS),
            customer=PEOPLE[debtor],
            counterparty=SHOPS[creditor],
            customer_id=debtor,
            counterparty_id=400 + creditor,
            kind=("card payment", "transfer", "instant payment", "standing order")[number % 4],
            channel=("mobile", "web", "pos", "branch")[number % 3],
            currency=("EUR", "EUR", "EUR", "JPY")[int(noise("ccy", number) * 4)],
            amount_minor=round(10 ** (3 + 2.4 * noise("amount", number))),
            latency_ms=None if verdict == "failed" else 60 + 90 * noise("ms", number) * late,
            risk=None if chance < 0.02 else round(risk, 2),
            verdict=verdict,
            state=state,
            reasons=("new payee", "10 payments in 60 s")
            if verdict in {"review", "decline"}
            else (),
            leak_class="DUPLICATE" if leaked else "",
            leak_minor=4_210 if leaked else 0,
            root="payment" if leaked or verdict == "failed" else "",
            truth="mule_network" if risk > 0.8 else "",
            risk_state=Limits(0.6, 0.8).judge(risk),
        )

    def verdict(self, chance: float, risk: float, bad: float) -> tuple[str, State]:
        if chance < 0.1 * bad * self.hurt:
            return "leaked", "critical"
        if chance > 1 - 0.15 * bad:
            return "failed", "critical"
        if risk > 0.9:
            return "decline", "critical"
        if risk > 0.6:
            return "review", "warn"
        return ("refused", "idle") if chance > 0.97 else ("ok", "ok")

    def alerts(self, t: float) -> Alerts:
        told = [alert for alert in TOLD if alert.begin_ns <= t * NS and self.hurt]
        alerts = tuple(self.as_of(t, alert) for alert in reversed(told))
        return Alerts(alerts, sum(alert.end_ns is None for alert in alerts))

    @staticmethod
    def as_of(t: float, alert: Alert) -> Alert:
        known = alert.end_ns is None or alert.end_ns <= t * NS
        names = alert.__slots__
        return alert if known else Alert(**{n: getattr(alert, n) for n in names} | {"end_ns": None})

    def desk(self, t: float) -> FraudDesk:
        caught = int(t / 9)
        missed, false_alarms = caught // 11, caught // 10
        alerts = tuple(self.suspicion(number) for number in range(caught - 1, -1, -1))
        return FraudDesk(
            alerts=alerts[:40],
            caught=caught,
            missed=missed,
            false_alarms=false_alarms,
            recall=caught / (caught + missed) if caught else None,
            precision=caught / (caught + false_alarms) if caught else None,
            stopped_minor=caught * 61_250,
            lost_minor=caught * 3_910,
            waiting=min(caught, 6),
            currency="EUR",
            thresholds=Thresholds(0.55, 0.75, 0.9),
            what_if=tuple(self.what_if(step / 20) for step in range(1, 20)) * (caught > 0),
            cases=self.cases(t),
        )

    def suspicion(self, number: int) -> Alert:
        row = self.row(number * 81)
        score = 0.55 + 0.44 * noise("score", number)
        progress = ("waiting", "taken_up", "confirmed", "cleared", "frozen")[number % 5]
        decision = "decline" if score > 0.9 else "step_up" if score > 0.75 else "review"
        evidence = Evidence(
            tx_id=row.tx_id,
            customer_id=row.customer_id,
            customer=row.customer,
            amount_minor=row.amount_minor,
            currency=row.currency,
            score=round(score, 2),
            decision=decision,
            reasons=("new payee", "9 payments in 60 s"),
            progress=progress,
            truth="mule_network" if number % 3 else "",
            campaign_id=1 if number % 3 else -1,
        )
        return Alert(
            alert_id=1000 + number,
            topic="FRAUD",
            severity="critical" if decision == "decline" else "warn",
            title=f"{row.customer} pays {row.counterparty}",
            detail="new payee, 9 payments in 60 s",
            begin_ns=row.at_ns,
            end_ns=None if progress in {"waiting", "taken_up"} else row.at_ns + 40 * NS,
            subject_kind="payment",
            subject=str(row.tx_id),
            evidence=evidence,
        )

    @staticmethod
    def what_if(score: float) -> WhatIf:
        return WhatIf(
            score=score,
            recall=1 - score**4,
            precision=0.1 + 0.88 * score**0.8,
            honest_share=0.2 * (1 - score) ** 4,
            flagged_minor=round(2_600_000 * (1 - score**4)),
        )

    def cases(self, t: float) -> tuple[Case, ...]:
        if not self.hurt or t < 150:
            return ()
        moves = tuple(
            Move(
                tx_id=300_000 + number,
                at_ns=(150 + 8 * number) * NS,
                stage=("placement", "layering", "cash-out")[min(2, number // 4)],
                amount_minor=260_000 - 9_000 * number,
                currency="EUR",
                fate="stopped" if number % 4 == 3 else "moved",
                flagged=number % 4 == 3,
                debtor=330 + number % 7,
                creditor=330 + (number + 1) % 7,
            )
            for number in range(min(12, int((t - 150) / 8)))
        )
        case = Case(
            campaign_id=1,
            typology="mule_network",
            label="Mule ring",
            found=t > 200,
            begun_ns=150 * NS,
            last_ns=round(t) * NS,
            caught=len(moves) // 4,
            missed=len(moves) - len(moves) // 4,
            payments=len(moves),
            stopped_minor=210_000,
            lost_minor=1_613_000,
            accounts=7,
            stages={"placement": min(4, len(moves)), "layering": max(0, len(moves) - 4)},
            moves=moves,
        )
        return (case,)

    def crowd(self, t: float) -> Crowd:
        found = self.hurt > 0 and t > 200
        ring = {330 + number for number in range(7)}
        dots = tuple(
            AgentDot(number, role, x, y, "critical" if found and number in ring else "ok")
            for number, (role, x, y) in enumerate(CITY)
        )
        flows = [Flow(330 + number, 330 + (number + 1) % 7, 1, 260_000) for number in range(7)] * (
            self.hurt > 0 and t > 150
        )
        flows += [Flow(340, int(noise("card", n) * 300), 2, 450) for n in range(20)] * (
            self.hurt > 0 and t > 170
        )
        honest = [
            Flow(int(noise("d", n, int(t)) * 300), int(noise("c", n, int(t)) * 330), -1, 5_000)
            for n in range(60)
        ]
        campaigns = (
            Campaign(1, "mule_network", "Mule ring · 7 accounts · 18,240 EUR", tuple(ring), found),
            Campaign(2, "card_testing", "Card testing · 20 cards", (340, 341), t > 230),
        )
        return Crowd(dots, tuple(flows + honest), campaigns * (self.hurt > 0 and t > 150), 341)

    # The whole

    def status(self, t: float, state: FlightState, speed: float) -> RunStatus:
        return RunStatus(
            run_id=self.run_id,
            experiment="peak_load",
            question="Does a peak of 150 tx/s with a 2-minute stall on payment leak money?",
            model="retail_bank",
            seed=42,
            state=state,
            now_ns=round(t * NS),
            duration_ns=DURATION_S * NS,
            end_ns=END_S * NS,
            start="2026-11-27T08:00:00",
            speed=speed,
            speed_reached=speed * 0.96 if state == "running" else 0.0,
            folder="results/peak_load-42" if state == "ended" else "",
            message="",
            processed=int(t * 150),
            conserved=not (self.hurt > 1 and t > 320),
            counts_from_ns=60 * NS,
            title="Peak load",
            file="peak_load.toml",
        )

    def metrics(self, t: float, state: FlightState, speed: float) -> Metrics:
        return Metrics(
            run=self.status(t, state, speed),
            tiles=self.tiles(t),
            services=self.services(t),
            edges=self.edges(t),
            points=self.points(t, most=8),
            disturbances=self.disturbances,
        )
