"""The grammar of the command line, and the help that teaches it."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

COMMANDS = (
    "run",
    "list",
    "check",
    "explain",
    "report",
    "audit",
    "audit-leak",
    "story",
    "compare",
    "train",
    "calibrate",
    "validate",
    "serve",
)

SEEDS_MAX = 10_000
"""Most runs at once; their folders and findings would fill a disk before their figures gained."""

_DESCRIPTION = """\
A flight simulator for a bank's platform: customers, payments, queues and faults, and in the end
what stalled, what failed, what leaked and what it cost in energy."""

_EPILOGUE = """\
first steps:
  sanket-sim list                                  which experiments are there, and what they ask
  sanket-sim peak_load                             run one (a name from the list, or a .toml file)
  sanket-sim explain peak_load                     its services, routes, faults and expected load
  sanket-sim peak_load --set services.payment.replicas=5
                                                   the same customers, another bank
  sanket-sim peak_load --seeds 1..8                eight runs, figures with t intervals
  sanket-sim compare results/peak_load-s42 results/peak_load-s42-2
                                                   what changed, and is it more than chance
  sanket-sim story results/retry_storm-s3          leaked payments, and the life of one hop by hop

exit status:
  0 done   1 internal error   2 bad input (nothing written)   3 a conservation law of money failed
  4 steady state deviated and --verdict was given   130 interrupted (partial run kept)

`sanket-sim COMMAND --help` says more about each command."""

_RUN_EPILOGUE = """\
examples:
  sanket-sim run experiments/peak_load.toml
  sanket-sim run peak_load --seed 7 --duration 5m --out /tmp/runs
  sanket-sim run peak_load --set controls.idempotency_key=false --set 'demand.rate="200/s"'
  sanket-sim run peak_load --json | jq .leakage
The run's folder holds experiment.toml as resolved: running that file gives the same bytes again."""

_AUDIT_LEAK_EPILOGUE = """\
Several runs (seeds of one experiment) are audited together: narrower intervals.
Needs pip install 'sanket-sim[ml]'.

exit status:
  0 no typology fails, and at least one passes
  1 one fails, or nothing could be judged: too few campaigns of every typology
  2 bad input, for example the same run twice

examples:
  sanket-sim audit-leak results/fraud_school-s111..113
  sanket-sim audit-leak results/fraud_school-s1 results/fraud_school-s2 --out /tmp/audit"""

_TRAIN_EPILOGUE = """\
Needs pip install 'sanket-sim[ml]'; runs of an experiment with [fraud_service] evidence = "all";
and at least 200 fraudulent payments that were assessed, in all RUN_DIR together and in each --test.
Of the campaigns and customers 70 % are learnt from, 15 % say when to stop, and the last 15 %, held
out, say what the model is worth.

A bank uses the model by [fraud_service] model = "model.json" in its own file (or in the
experiment); the path starts at the folder of the bank's file. Running it needs no [ml].

examples:
  sanket-sim train results/fraud_school-s1 results/fraud_school-s2 --out model.json
  sanket-sim train results/fraud_school-s1..4 --test results/fraud_school-s5 --out model.json"""

_CALIBRATE_EPILOGUE = """\
DATA_DIR holds the Berka record: trans.asc (and loan.asc) of PKDD'99, or its extracts.
An experiment uses a fitted preset by [population] preset = "mine.toml".
Exit status 0 if the preset fits, 1 if not.

examples:
  sanket-sim calibrate --check --report /tmp/fit
  sanket-sim calibrate ~/berka --out mine.toml"""


_SERVE_EPILOGUE = """\
The run waits until you press play, unless --play is given. What you do to it (a fault, a trap, a
control switched off) stands in the experiment.toml of its folder: running that file again gives
the same bytes. Without EXPERIMENT you choose one on the page. Ctrl-C ends the run, measures it and
writes its report; Ctrl-C again does not wait. Needs pip install 'sanket-sim[live]'.

examples:
  sanket-sim serve peak_load
  sanket-sim serve retry_storm --speed 10 --play
  sanket-sim serve peak_load --set services.payment.replicas=5 --seed 7 --out /tmp/runs
  SANKET_TOKEN=$(openssl rand -hex 16) sanket-sim serve peak_load --host 0.0.0.0
      beyond this machine only with a token: open http://HOST:8765/?token=... once
  curl -X POST http://127.0.0.1:8765/api/pause      the API; all of it is at /docs"""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was asked of the program; fields that a command does not use keep their default."""

    command: str = "run"
    target: str = ""
    """An experiment, or the run folder of `report`, `audit` and `story`."""
    other: str = ""
    """The second run of `compare`."""
    folders: tuple[str, ...] = ()
    """The run folders of `audit-leak` and `train`."""
    tx_id: int | None = None
    """The payment of `story`."""
    worst: int | None = None
    """How many leaked payments `story` lists."""
    seed: int | None = None
    seeds: tuple[int, ...] = ()
    engine: Literal["auto", "simpy", "compiled"] = "auto"
    out: Path | None = None
    assignments: tuple[str, ...] = ()
    duration: str | None = None
    trace: Literal["full", "transactions", "none"] = "full"
    quiet: bool = False
    json: bool = False
    force: bool = False
    verdict: bool = False
    schema: bool = False
    from_yaml: Path | None = None
    test: tuple[str, ...] = ()
    """The run folders that `train` tests its model on."""
    only: tuple[str, ...] = ()
    """Rows of `validate`."""
    quick: bool = False
    check: bool = False
    """Let `calibrate` compare a preset instead of fitting one."""
    preset: str = "berka"
    against: Literal["everybody", "borrowers"] = "everybody"
    customers: int | None = None
    """How many `calibrate` generates."""
    report: Path | None = None
    figures: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8765
    speed: float | None = None
    """Of `serve`; chosen by the length of the run if not named."""
    token: str | None = None
    play: bool = False
    """Let `serve` begin at once."""


def read(argv: Sequence[str]) -> Arguments:
    """Read the command line; an experiment without a command means `run`.

    Raises
    ------
    SystemExit
        With status 2 for a bad command line, 0 after `--help` and `--version`.

    Examples
    --------
    >>> read(["peak_load", "--seeds", "3..5"]).seeds
    (3, 4, 5)
    >>> read(["list"]).command
    'list'
    """
    words = list(argv)
    if words and words[0] not in {*COMMANDS, "-h", "--help", "--version"}:
        words.insert(0, "run")
    parsed = vars(_parser().parse_args(words))
    parsed["assignments"] = tuple(parsed.get("assignments") or ())
    parsed["only"] = tuple(parsed.get("only") or ())
    parsed["folders"] = tuple(parsed.get("folders") or ())
    parsed["test"] = tuple(parsed.get("test") or ())
    return Arguments(**parsed)


def seeds_of(text: str) -> tuple[int, ...]:
    """Read a range of seeds such as ``"1..8"``, both ends included.

    Examples
    --------
    >>> seeds_of("7..9")
    (7, 8, 9)
    """
    first, dots, last = text.partition("..")
    if not dots:
        last = ""
    begin, end = (int(part) if part.isdecimal() else -1 for part in (first, last))
    if not 0 <= begin < end < min(begin + SEEDS_MAX, 2**63):
        raise argparse.ArgumentTypeError(
            f'expected 2 to {SEEDS_MAX:,} seeds such as "1..8", not "{text}"'
        )
    return tuple(range(begin, end + 1))


def _seed_of(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f'expected a whole number from 0 on, not "{text}"')
    return int(text)


def _count_of(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise argparse.ArgumentTypeError(f'expected a whole number from 1 on, not "{text}"')
    return int(text)


def _speed_of(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0.1 <= speed <= 10_000:
        raise argparse.ArgumentTypeError(f'expected a number from 0.1 to 10000, not "{text}"')
    return speed


def _port_of(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 16:
        raise argparse.ArgumentTypeError(f'expected a port from 0 to 65535, not "{text}"')
    return int(text)


def _parser() -> argparse.ArgumentParser:
    from sanket_sim import __version__  # noqa: PLC0415  # metadata are read only to be printed

    parser = argparse.ArgumentParser(
        prog="sanket-sim",
        description=_DESCRIPTION,
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sanket-sim {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_readers(commands)
    _add_results(commands)
    _add_serve(commands)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    what: str,
    epilogue: str = "",
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=epilogue,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_experiment(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument(
        "target",
        metavar="EXPERIMENT",
        nargs=None if required else "?",
        default="",
        help="a .toml file, or a name that `sanket-sim list` shows",
    )
    parser.add_argument(
        "--set",
        dest="assignments",
        metavar="KEY=VALUE",
        action="append",
        help="override a key of the experiment, or services.*, edges.* of its model; repeatable",
    )
    parser.add_argument("--duration", metavar="TIME", help='how long customers arrive: "10m"')


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = _add(commands, "run", "run an experiment and measure what happened", _RUN_EPILOGUE)
    _add_experiment(run)
    which = run.add_mutually_exclusive_group()
    which.add_argument("--seed", type=_seed_of, metavar="N", help="seed instead of the file's")
    which.add_argument(
        "--seeds", type=seeds_of, default=(), metavar="N..M", help="one run per seed, t intervals"
    )
    run.add_argument(
        "--engine",
        choices=("auto", "simpy", "compiled"),
        default="auto",
        help="what executes the network (auto)",
    )
    run.add_argument("--out", type=Path, metavar="DIR", help="where run folders go (results)")
    run.add_argument(
        "--trace",
        choices=("full", "transactions", "none"),
        default="full",
        help="what to keep on disk after the run (full)",
    )
    run.add_argument("--force", action="store_true", help="replace an earlier run of that seed")
    run.add_argument("--verdict", action="store_true", help="exit 4 if steady state deviated")
    run.add_argument("--quiet", action="store_true", help="no progress, no summary")
    run.add_argument("--json", action="store_true", help="print the findings as JSON, alone")


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = _add(
        commands,
        "serve",
        "fly an experiment while you watch: live view and API on 127.0.0.1:8765",
        _SERVE_EPILOGUE,
    )
    _add_experiment(serve, required=False)
    serve.add_argument("--seed", type=_seed_of, metavar="N", help="seed instead of the file's")
    serve.add_argument("--out", type=Path, metavar="DIR", help="where run folders go (results)")
    serve.add_argument(
        "--speed", type=_speed_of, metavar="X", help="simulated s per s (so that it takes 6 min)"
    )
    serve.add_argument("--play", action="store_true", help="begin at once, without waiting")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument(
        "--port", type=_port_of, default=8765, metavar="N", help="port (8765); 0: any free one"
    )
    serve.add_argument("--token", metavar="TEXT", help="demand it of everybody (SANKET_TOKEN)")


def _add_readers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add(commands, "list", "list experiments and models, each with its question")
    check = _add(
        commands,
        "check",
        "validate an experiment without running it",
        "examples:\n  sanket-sim check my_experiment.toml\n"
        "  sanket-sim check --schema > experiment.schema.json\n"
        "  sanket-sim check --from-yaml old_config.yaml > experiment.toml",
    )
    _add_experiment(check, required=False)
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of experiments")
    check.add_argument(
        "--from-yaml", type=Path, metavar="FILE", help="convert a banking-simulator YAML file"
    )
    explain = _add(commands, "explain", "say what an experiment will do: load, faults, the loop")
    _add_experiment(explain)
    explain.add_argument("--seed", type=_seed_of, metavar="N", help="seed instead of the file's")


def _add_story(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    story = _add(
        commands,
        "story",
        "tell the life of one payment, hop by hop",
        "Without TX_ID: lists leaked payments worth reading, one for each way to leak first.\n\n"
        "examples:\n  sanket-sim story results/retry_storm-s3\n"
        "  sanket-sim story results/retry_storm-s3 3652",
    )
    story.add_argument("target", metavar="RUN_DIR", help="a folder below results/")
    story.add_argument(
        "tx_id", metavar="TX_ID", nargs="?", type=_seed_of, help="a tx_id of its transactions"
    )
    story.add_argument("--worst", type=_count_of, metavar="N", help="list N leaked payments (10)")
    story.add_argument("--json", action="store_true", help="print the story as JSON")


def _add_fraud(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    leaks = _add(
        commands,
        "audit-leak",
        "audit what single rows give away of fraud, and whether campaigns kept their specification",
        _AUDIT_LEAK_EPILOGUE,
    )
    _add_folders(leaks)
    leaks.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where leak_audit.md and leak_audit.json go (the first run's folder)",
    )
    leaks.add_argument("--json", action="store_true", help="print the audit as JSON")
    train = _add(
        commands,
        "train",
        "train a model for the fraud service on runs whose every assessment was kept",
        _TRAIN_EPILOGUE,
    )
    _add_folders(train)
    train.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        required=True,
        help="the model's file (.json), in a folder that exists; an earlier one is replaced",
    )
    train.add_argument(
        "--test",
        action="append",
        metavar="RUN_DIR",
        help="a run to test the model on, none of those that it learns from; repeatable",
    )
    train.add_argument("--json", action="store_true", help="print what it is worth as JSON")


def _add_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folders",
        metavar="RUN_DIR",
        nargs="+",
        help="folders below results/, each run once; one written by --seeds stands for its runs",
    )


def _add_calibrate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    calibrate = _add(
        commands,
        "calibrate",
        "fit a preset of customers to a bank's record, or check how well one fits",
        _CALIBRATE_EPILOGUE,
    )
    calibrate.add_argument(
        "target",
        metavar="DATA_DIR",
        nargs="?",
        default="",
        help="folder of the record; --check without one compares with the figures shipped",
    )
    calibrate.add_argument(
        "--check", action="store_true", help="fit nothing: compare a preset with the record"
    )
    calibrate.add_argument(
        "--preset", default="berka", metavar="NAME", help="the preset to check (berka), or its file"
    )
    calibrate.add_argument(
        "--against",
        choices=("everybody", "borrowers"),
        default="everybody",
        help="with --check: the record's accounts to compare with (everybody)",
    )
    calibrate.add_argument(
        "--out", type=Path, metavar="FILE", help="the fitted preset (berka.toml)"
    )
    calibrate.add_argument(
        "--report", type=Path, metavar="DIR", help="write calibration.md and calibration.png here"
    )
    calibrate.add_argument(
        "--figures",
        type=Path,
        metavar="DIR",
        help="with DATA_DIR: write the record's quantiles, shares and rates here as TOML",
    )
    calibrate.add_argument(
        "--customers", type=_count_of, metavar="N", help="customers to generate (8000)"
    )
    calibrate.add_argument(
        "--seed", type=_seed_of, metavar="N", help="seed of what is generated (1)"
    )
    calibrate.add_argument("--json", action="store_true", help="print the verdict as JSON")


def _add_results(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    report = _add(commands, "report", "write findings and report of a run again, from its trace")
    report.add_argument("target", metavar="RUN_DIR", help="a folder below results/")
    report.add_argument("--json", action="store_true", help="print the findings as JSON, alone")
    audit = _add(
        commands,
        "audit",
        "count the money of a run again, from its trace, by separate code",
        "Exit status 0 if every figure agrees with the engine's own, 3 if one does not; the first\n"
        "ten differences are named.",
    )
    audit.add_argument("target", metavar="RUN_DIR", help="a folder below results/")
    audit.add_argument("--json", action="store_true", help="print the audit as JSON")
    _add_fraud(commands)
    _add_calibrate(commands)
    _add_story(commands)
    compare = _add(
        commands,
        "compare",
        "compare two runs, or two folders of replications, seed by seed",
        "RUN_A is the base. Two single runs are compared by their own intervals; two folders\n"
        "written by --seeds are paired by seed, which removes the chance that both share.",
    )
    compare.add_argument("target", metavar="RUN_A", help="the base: a folder below results/")
    compare.add_argument("other", metavar="RUN_B", help="the run, or folder, that is held to it")
    compare.add_argument("--json", action="store_true", help="print the differences as JSON")
    validate = _add(commands, "validate", "run the experiments with known answers (a few minutes)")
    validate.add_argument("only", metavar="NUMBER", nargs="*", help="only these experiments")
    validate.add_argument("--quick", action="store_true", help="without those that take long")
    validate.add_argument("--json", action="store_true", help="print the rows as JSON")
