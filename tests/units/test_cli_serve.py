"""`serve` as people start and end it: its grammar, its refusals, Ctrl-C, and what it leaves."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from flown import PATIENCE_S, file_of, hold_up
from rich.console import Console
from serving import wait_until

from sanket_sim.__main__ import main
from sanket_sim.console.arguments import read
from sanket_sim.console.crier import Crier
from sanket_sim.console.listening import bound, token_of
from sanket_sim.core.errors import InputError
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.bridge import NOBODY
from sanket_sim.trace.manifest import load_manifest

SECRET = "a-long-enough-secret"


@pytest.fixture(autouse=True)
def _no_token(monkeypatch, tmp_path):
    monkeypatch.delenv("SANKET_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_command_line_of_serve_is_read_with_its_defaults():
    arguments = read(["serve", "peak_load"])
    assert (arguments.host, arguments.port, arguments.speed) == ("127.0.0.1", 8765, None)
    assert not arguments.play
    assert read(["serve"]).target == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--speed", "0"], "0.1 to 10000"),
        (["--speed", "nan"], "0.1 to 10000"),
        (["--port", "70000"], "0 to 65535"),
        (["--port", "-1"], "port"),
        (["--seed", "x"], "whole number"),
    ],
)
def test_a_bad_command_line_exits_2_and_says_what_was_expected(words, said, capsys):
    with pytest.raises(SystemExit) as left:
        main(["serve", "peak_load", *words])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no_such_experiment"], "known:"),
        (["peak_load", "--set", "services.nobody.replicas=2"], "nobody"),
        (["peak_load", "--duration", "soon"], "duration"),
        (["peak_load", "--host", "0.0.0.0"], "SANKET_TOKEN"),
        (["peak_load", "--host", "::"], "--token"),
        (["peak_load", "--host", "no such host"], "no address"),
        (["peak_load", "--host", "192.0.2.1", "--token", SECRET], "use 127.0.0.1"),
        (["peak_load", "--token", "short"], "at least 8"),
        (["peak_load", "--out", "/dev/null/runs"], "nothing can be written"),
        (["peak_load", "--out", "/proc/runs"], "nothing can be written in /proc/runs: "),
        (["peak_load", "--out", "x" * 300], "nothing can be written"),
        (["--play"], "--play needs an EXPERIMENT"),
        (["--seed", "3", "--set", "tick=1s"], "--seed, --set needs an EXPERIMENT"),
    ],
)
def test_what_cannot_be_served_exits_2_names_a_remedy_and_writes_nothing(
    words, said, capsys, tmp_path
):
    assert main(["serve", "--port", "0", *words]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_address_that_this_machine_has_not_is_laid_to_host_and_not_to_port():
    with pytest.raises(InputError, match="this machine has no such address") as refused:  # noqa: SIM117
        with bound("192.0.2.1", 0, SECRET):
            pass
    assert refused.value.source == "--host"
    assert "--port" not in str(refused.value)


@pytest.mark.parametrize(
    ("state", "folder", "said"),
    [
        (None, "", "no run has been started"),
        ("starting", "", "the run has not begun: nothing of it is kept"),
        ("ready", "runs/a", "the run has not begun: nothing of it is kept"),
        ("running", "runs/a", "what there is of the run is measured; again: at once"),
        ("paused", "runs/a", "what there is of the run is measured; again: at once"),
        ("measuring", "runs/a", "findings and report of the run are being written; again: at once"),
        ("ended", "runs/a", "the run had ended, its report is written"),
        ("ended", "", "the run was given up before it began, nothing of it was kept"),
        ("failed", "runs/a", "the run had failed, what it had written stays"),
    ],
)
def test_whoever_ends_the_server_is_told_what_becomes_of_the_run(tmp_path, state, folder, said):
    class Standing(FlightDeck):
        status = state and replace(NOBODY, state=state, folder=folder)

    told = Console(file=StringIO(), width=200)
    Crier(Standing(tmp_path), told).part("SIGINT")
    assert told.file.getvalue().strip() == f"ending    (SIGINT) {said}"


@pytest.mark.parametrize(("leaving", "said"), [(1, "1 earlier run"), (2, "2 earlier runs")])
def test_whoever_ends_the_server_is_told_of_runs_that_are_still_measured(tmp_path, leaving, said):
    class Succeeded(FlightDeck):
        status = replace(NOBODY, state="ready")

    Succeeded.leaving = leaving
    told = Console(file=StringIO(), width=200)
    Crier(Succeeded(tmp_path), told).part("SIGINT")
    assert told.file.getvalue().strip().endswith(f"{said} still being measured; again: at once")


def test_a_port_in_use_is_refused_before_anything_is_begun(capsys, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        port = str(theirs.getsockname()[1])
        assert main(["serve", "peak_load", "--port", port]) == 2
    said = capsys.readouterr().err
    assert f"port {port}: address already in use" in said
    assert "another --port" in said
    assert not list(tmp_path.iterdir())


def test_without_the_extra_the_remedy_is_its_name(monkeypatch, capsys):
    monkeypatch.setattr("sanket_sim.console.serving._NEEDED", ("json", "no_such_package"))
    assert main(["serve", "peak_load"]) == 2
    assert (
        "needs no_such_package; remedy: pip install 'sanket-sim[live]'" in capsys.readouterr().err
    )


def test_a_token_comes_from_the_command_line_or_else_from_the_environment(monkeypatch):
    assert token_of(None) is None
    monkeypatch.setenv("SANKET_TOKEN", SECRET)
    assert token_of(None) == SECRET
    assert token_of("another-secret") == "another-secret"
    with pytest.raises(InputError, match="plain ASCII"):
        token_of("sécret très long")


def test_an_address_beyond_this_machine_is_bound_with_a_token_alone():
    with bound("0.0.0.0", 0, SECRET) as berth:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", berth.url)
    with bound("::1", 0, None) as berth:
        assert berth.url.startswith("http://[::1]:")


class Served:
    """`serve` in a process group of its own, as a terminal starts it."""

    def __init__(self, folder, *words, **environment):
        self.out = folder / "out"
        command = [sys.executable, "-m", "sanket_sim", "serve", *words]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--out", str(self.out)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        )
        self.said = ""
        while "API and docs" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        self.url = re.search(r"http://127\.0\.0\.1:\d+", self.said)[0]

    def get(self, path, **headers):
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.read()

    def until(self, is_so):
        end_s = time.monotonic() + PATIENCE_S
        while not is_so(status := json.loads(self.get("/api/status"))):
            assert time.monotonic() < end_s, status
            time.sleep(0.05)
        return status

    def press_ctrl_c(self):
        """Do as a terminal: every process of the group is told."""
        os.killpg(self.process.pid, signal.SIGINT)

    def left(self):
        """Return what was said and the exit status, once nobody holds the terminal any more."""
        rest, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.said + rest, self.process.returncode


@pytest.fixture
def serve(tmp_path):
    """Start `serve`, and let nothing of it outlive the test."""
    started = []

    def start(*words, **environment):
        started.append(Served(tmp_path, *words, **environment))
        return started[-1]

    yield start
    for one in started:
        with suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_measures_it_and_exits_130(tmp_path, serve, number):
    served = serve(str(file_of(tmp_path)), "--speed", "1", "--play")
    status = served.until(lambda status: status["now_ns"] > 0)
    os.killpg(served.process.pid, number)
    said, exit_status = served.left()
    manifest = load_manifest(Path(status["folder"]))
    assert exit_status == 130
    assert manifest.reason.startswith(f"interrupted by {number.name} at")
    assert f"{status['folder']}/report.html" in said
    assert (Path(status["folder"]) / "findings.json").is_file()
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait_for_the_report(serve):
    served = serve("peak_load", "--speed", "20", "--play")
    status = served.until(lambda status: status["now_ns"] > 5_000_000_000)
    folder = Path(status["folder"])
    hold_up(folder / "report.html")
    served.press_ctrl_c()
    while "ending" not in (line := served.process.stdout.readline()):
        assert line
    wait_until((folder / "report.md").exists)
    served.press_ctrl_c()
    said, exit_status = served.left()
    assert exit_status == 130
    assert not (folder / "report.html").exists()
    manifest = load_manifest(folder)
    assert not manifest.complete
    assert manifest.reason.startswith("interrupted by SIGINT"), "not by who passed it on"
    assert "Traceback" not in said


@pytest.mark.slow
def test_without_an_experiment_the_page_is_there_and_nothing_is_written(serve):
    served = serve(VIRTUAL_ENV="/another")
    assert b"<html" in served.get("/")
    assert json.loads(served.get("/api/status"))["state"] == "empty"
    served.press_ctrl_c()
    said, exit_status = served.left()
    assert exit_status == 130
    assert "choose an experiment on the page" in said
    assert not served.out.exists()
    assert "Warning" not in said


@pytest.mark.slow
def test_with_a_token_nobody_comes_in_without_it(serve):
    served = serve(SANKET_TOKEN=SECRET)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        served.get("/api/status")
    assert served.get("/api/status", Authorization=f"Bearer {SECRET}")
    assert SECRET not in served.said
    served.press_ctrl_c()
    assert served.left()[1] == 130
