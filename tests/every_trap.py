"""A short run of the shipped bank in which every trap is laid at once."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from sanket_sim.bank.description import Controls
from sanket_sim.faults import traps
from sanket_sim.simulation.run import Run, run

CONTROLS = [field.name for field in fields(Controls)]
RARE = ("wrong_exponent", "locale_amount", "dropped_event", "redelivered_event")
SHARES = {
    **dict.fromkeys(traps, 0.02),
    **dict.fromkeys(RARE, 0.2),
    "batch_run_twice": 1.0,
    "crash_between_legs": 0.001,
}
HEAD = """
name = "all_traps"
model = "retail_bank"
seed = 7
start = 2026-11-27T08:00:00
duration = "2m"
drain = "10m"
warmup = "0s"
[population]
customers = 2000
[demand]
rate = "50/s"
[accounts]
hold_ttl = "40s"
[routes.payroll.batch]
every = "50s"
size = 40
rate = "20/s"
[reconciliation]
intraday = "30s"
investigation = "20s"
approval = "5s"
complaint = "1m"
await_corrections = true
"""


def whole_run(folder: Path, off: list[str], **options: Any) -> Run:
    tables = [
        f'[[trap]]\nkind = "{kind}"\nprobability = {share}\n' for kind, share in SHARES.items()
    ]
    switches = "".join(f"{control} = false\n" for control in off)
    folder.mkdir(exist_ok=True)
    path = folder / "all_traps.toml"
    path.write_text("".join([HEAD, "[controls]\n", switches, *tables]))
    return run(path, out=folder / "results", report=False, **options)
