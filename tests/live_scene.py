"""A synthetic trace as a flight would bring it: a scene, and batches of a second each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import synthetic_trace
from synthetic_trace import Plan, S

from sanket_sim.bank.description import Accounts, Party
from sanket_sim.live.meters.board import Meters
from sanket_sim.live.meters.instruments import Ranking, nothing_ranked
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.reading.judge import Judge
from sanket_sim.live.reading.roots import recorded
from sanket_sim.live.scene import Scene
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies

_ENDS = {
    "transactions": "completed_ns",
    "hops": "ended_ns",
    "gauges": "time_ns",
    "decisions": "time_ns",
}


def scene_of(plan: Plan, faults: Columns | None = None, **settings: Any) -> Scene:
    """Return what is known before the first tick of a synthetic run."""
    said = {
        "name": "synthetic",
        "model": "synthetic",
        "start": datetime.fromisoformat("2026-11-27T08:00"),
        "duration": f"{plan.duration_s}s",
        "warmup": f"{plan.warmup_s}s",
        "drain": "10s",
    }
    nobody = np.empty(0, np.int64)
    return Scene(
        experiment=Experiment.model_validate(said | settings),
        bank=synthetic_trace.bank(),
        words=words(),
        accounts=Accounts(nobody, nobody, nobody > 0, nobody, nobody + Party.NONE, nobody),
        agents=schema.empty(schema.AGENTS),
        faults=schema.empty(schema.FAULTS) if faults is None else faults,
    )


def meters_of(scene: Scene, ranking: Ranking = nothing_ranked) -> Meters:
    """Return meters before which nobody counts fraud, and for which the trace names its roots."""
    return Meters(scene, Detection(scene), Judge(recorded).of, ranking)


def words() -> Vocabularies:
    """Return the words behind the codes of a synthetic trace."""
    return synthetic_trace._words()


def ticks_of(plan: Plan, tick_ns: int = S, drain_s: int = 10) -> Iterator[TraceBatch]:
    """Cut a synthetic run into batches; what ends later comes with the last."""
    whole = synthetic_trace.batch_of(plan)
    last_ns = (plan.duration_s + drain_s) * S
    for begin_ns in range(0, last_ns, tick_ns):
        end_ns = min(begin_ns + tick_ns, last_ns)
        until_ns = end_ns if end_ns < last_ns else np.iinfo(np.int64).max
        yield TraceBatch(
            end_ns=end_ns,
            **{
                name: _between(getattr(whole, name), column, begin_ns, until_ns)
                for name, column in _ENDS.items()
            },
        )


def _between(table: Columns, column: str, begin_ns: int, end_ns: int) -> Columns:
    # A reading at the end of a tick is of that tick.
    times_ns = table[column] - (column == "time_ns")
    here = (times_ns >= begin_ns) & (times_ns < end_ns)
    return {name: values[here] for name, values in table.items()}


def fault_rows(
    vocabulary: Vocabularies, kind: str, target: str, begin_s: float, end_s: float
) -> Columns:
    """Return one row of the table of faults."""
    row = {
        "fault_id": 7,
        "kind": vocabulary["fault_kind"].code(kind),
        "target": vocabulary["fault_target"].code(target),
        "begin_ns": int(begin_s * S),
        "end_ns": int(end_s * S),
        "probability": 0.3,
        "parameters": vocabulary["fault_parameters"].code('{"add": "5s"}'),
    }
    return {column.name: np.array([row[column.name]], column.dtype) for column in schema.FAULTS}


def decision_rows(vocabulary: Vocabularies, *rows: tuple[float, str, str, str, str]) -> Columns:
    """Return rows of the table of decisions: second, actor, decision, subject, reason."""
    table = {
        "time_ns": [int(row[0] * S) for row in rows],
        **{
            name: [vocabulary[name].code(str(row[place])) for row in rows]
            for place, name in enumerate(("actor", "decision", "subject", "reason"), 1)
        },
        "tx_id": [-1] * len(rows),
        "score": [0.0] * len(rows),
    }
    return {c.name: np.array(table[c.name], c.dtype) for c in schema.DECISIONS}
