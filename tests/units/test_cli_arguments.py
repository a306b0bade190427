"""The grammar of the command line, and help that answers at once."""

import importlib.metadata
import subprocess
import sys

import pytest

import sanket_sim
from sanket_sim.console.arguments import COMMANDS, _parser, read


@pytest.mark.parametrize(
    ("words", "command", "target"),
    [
        (["peak_load"], "run", "peak_load"),
        (["run", "a.toml"], "run", "a.toml"),
        (["--seed", "3", "a.toml"], "run", "a.toml"),
        (["explain", "a.toml"], "explain", "a.toml"),
        (["report", "results/a-s1"], "report", "results/a-s1"),
    ],
)
def test_an_experiment_without_a_command_is_run(words, command, target):
    asked = read(words)
    assert (asked.command, asked.target) == (command, target)


def test_overrides_may_be_repeated():
    asked = read(["run", "x", "--set", "a.b=1", "--set", "c=2"])
    assert asked.assignments == ("a.b=1", "c=2")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["run"],
        ["run", "x", "--seeds", "5"],
        ["run", "x", "--seeds", "5..5"],
        ["run", "x", "--seeds", "9..3"],
        ["run", "x", "--seeds", "a..b"],
        ["run", "x", "--seed", "-1"],
        ["run", "x", "--seed", "1.5"],
        ["run", "x", "--seed", "99999999999999999999"],
        ["run", "x", "--seed", "1", "--seeds", "1..2"],
        ["run", "x", "--engine", "warp"],
        ["compare", "one"],
        ["run", "x", "--no-such-option"],
    ],
)
def test_a_bad_command_line_exits_2_and_shows_the_usage(words, capsys):
    with pytest.raises(SystemExit) as left:
        read(words)
    assert left.value.code == 2
    assert "usage: sanket-sim" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as left:
        read([command, "--help"])
    assert left.value.code == 0
    assert "usage: sanket-sim" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_is_explained(command):
    chosen = next(one for one in _parser()._actions if isinstance(one.choices, dict))
    mute = [one.dest for one in chosen.choices[command]._actions if not one.help]
    assert mute == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("train", ("sanket-sim[ml]", "200 fraudulent payments", "folder of the bank's file")),
        ("audit-leak", ("sanket-sim[ml]", "nothing could be judged", "each run once")),
        ("calibrate", ('[population] preset = "mine.toml"', "folder of the record")),
    ],
)
def test_help_says_what_a_command_needs_and_what_for(command, said, capsys):
    with pytest.raises(SystemExit):
        read([command, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for words in said:
        assert words in told


def test_help_teaches_and_loads_nothing_heavy():
    code = (
        "import sys; from sanket_sim.__main__ import main\n"
        "try: main(['--help'])\n"
        "finally:\n"
        "    heavy = {'numpy', 'pandas', 'pyarrow', 'scipy', 'mesa', 'simpy', 'rich'}\n"
        "    print(sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.rstrip().endswith("[]")
    assert "sanket-sim peak_load" in said.stdout
    assert "exit status" in said.stdout


def test_a_source_tree_that_was_never_installed_still_has_help(monkeypatch, capsys):
    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)
    assert sanket_sim.__version__ == "0+unknown"
    with pytest.raises(SystemExit) as left:
        read(["--help"])
    assert left.value.code == 0
    assert "first steps" in capsys.readouterr().out
