"""Bad input: every kind of it gives its path and a remedy, exit 2, no traceback, no file."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanket_sim.__main__ import main

GOOD = """
name = "probe"
model = "retail_bank"
seed = 1
start = 2026-11-27T08:00:00
duration = "2m"
warmup = "10s"
tick = "1s"
[population]
customers = 50
[demand]
rate = "5/s"
[[fault]]
kind = "latency"
target = "payment"
at = "30s"
for = "10s"
add = "5s"
[[trap]]
kind = "duplicate_submit"
probability = 0.01
[services.payment]
replicas = 4
"""

BROKEN = {
    "unknown key": ("seed = 1", "seeed = 1", "seeed", 'did you mean "seed"'),
    "unknown table": ("[population]", "[poppulation]", "poppulation", "did you mean"),
    "unknown nested key": ("customers = 50", "custommers = 50", "population", "customers"),
    "duration without a unit": ('duration = "2m"', "duration = 120", "duration", "unit"),
    "duration with a wrong unit": (
        '"2m"',
        '"2 fortnights"',
        "duration",
        "ns, us, ms, s, m, h or d",
    ),
    "negative duration": ('"2m"', '"-2m"', "duration", "must be > 0"),
    "zero duration": ('"2m"', '"0s"', "duration", "must be > 0"),
    "huge duration": ('"2m"', '"1e30h"', "duration", "146 years"),
    "warm-up as long as the run": ('"10s"\ntick', '"2m"\ntick', "warmup", "shorter than duration"),
    "tick above the reaction delay": ('tick = "1s"', 'tick = "1m"', "tick", "shorten the tick"),
    "tick that drains for ever": (
        'duration = "2m"\nwarmup = "10s"\ntick = "1s"',
        'duration = "1ns"\ntick = "1ns"',
        "(duration + drain) / tick",
        "longer tick",
    ),
    "start at the end of the calendar": ("2026-11-27T08", "9999-12-31T23", "start", "1900 to 2200"),
    "date without a time": ("2026-11-27T08:00:00", "2026-11-27", "start", "2026-11-27T08:00:00"),
    "rate beyond any machine": ('"5/s"', '"1e9/s"', "demand.rate", "shorten the duration"),
    "rate beyond a tick": ('"5/s"', '"4e6/s"', "demand.rate", "shorten the tick"),
    "model whose name is too long": (
        '"retail_bank"',
        '"' + "a" * 300 + '.toml"',
        "model",
        "cannot",
    ),
    "model that is a device": ('"retail_bank"', '"/dev/zero"', "model", "/dev/zero"),
    "zero tick": ('tick = "1s"', 'tick = "0s"', "tick", "must be > 0"),
    "minute tick": ('tick = "1s"', 'tick = "1ns"', "tick", "longer tick"),
    "negative seed": ("seed = 1", "seed = -1", "seed", "must be >= 0"),
    "fractional seed": ("seed = 1", "seed = 1.5", "seed", "whole number"),
    "seed as text": ("seed = 1", 'seed = "1"', "seed", "whole number"),
    "seed too large": ("seed = 1", "seed = 99999999999999999999999", "seed", "must be"),
    "date with an offset": ("08:00:00", "08:00:00Z", "start", "without an offset"),
    "date as text": ("2026-11-27T08:00:00", '"tomorrow"', "start", "datetime"),
    "no name": ('name = "probe"', "", "name", "is missing"),
    "name with a slash": ('"probe"', '"../probe"', "name", "pattern"),
    "unknown model": ('"retail_bank"', '"retale_bank"', "model", 'did you mean "retail_bank"'),
    "missing model file": ('"retail_bank"', '"nowhere/bank.toml"', "model", "no such file"),
    "no customers": ("customers = 50", "customers = 0", "population.customers", "must be >= 1"),
    "customers as text": ("customers = 50", 'customers = "50"', "population.customers", "whole"),
    "huge customers": ("customers = 50", "customers = 10_000_000_000", "customers", "must be <="),
    "rate without a unit": ('"5/s"', "5", "demand.rate", '"120/s"'),
    "negative rate": ('"5/s"', '"-5/s"', "demand.rate", "must be >= 0"),
    "rate with a wrong unit": ('"5/s"', '"5/fortnight"', "demand.rate", '"120/s"'),
    "NaN": ("probability = 0.01", "probability = nan", "trap.0.probability", "finite"),
    "infinite": ("probability = 0.01", "probability = inf", "trap.0.probability", "must be"),
    "probability above 1": ("probability = 0.01", "probability = 1.01", "trap.0", "must be <= 1"),
    "negative probability": ("probability = 0.01", "probability = -1", "trap.0", "must be >= 0"),
    "unknown fault": ('"latency"', '"latencyy"', "fault.0", "latency"),
    "fault without a kind": ('kind = "latency"', "", "fault.0", "kind"),
    "fault at a missing service": ('"payment"', '"paymemt"', "fault.0.target", '"payment"'),
    "fault with an unknown key": ('add = "5s"', 'ad = "5s"', "fault.0", "ad"),
    "fault without its law": ('add = "5s"', "", "fault.0.add", "is missing"),
    "fault with a negative delay": ('add = "5s"', 'add = "-5s"', "fault.0.add", "-5s"),
    "fault as a single table": ("[[fault]]", "[fault]", "fault", "must be an array"),
    "unknown trap": ('"duplicate_submit"', '"triplicate"', "trap.0", "duplicate_submit"),
    "unknown control": (
        "[services.payment]",
        "[controls]\nidempotence = true\n[services.payment]",
        "controls.idempotence",
        "idempotency_key",
    ),
    "control that is no switch": (
        "[services.payment]",
        "[controls]\nidempotency_key = 1\n[services.payment]",
        "controls.idempotency_key",
        "true or false",
    ),
    "zero replicas": ("replicas = 4", "replicas = 0", "services.payment.replicas", "must be >= 1"),
    "replicas as text": ("replicas = 4", 'replicas = "4"', "services.payment.replicas", "whole"),
    "override of a missing service": (
        "[services.payment]",
        "[services.paymemt]",
        "service",
        'did you mean "payment"',
    ),
    "override of an unknown key": ("replicas = 4", "replica = 4", "services.payment", "replicas"),
    "override with an unknown law": (
        "replicas = 4",
        'operation.pay.time = {law = "magic"}',
        "services.payment.operation.pay.time",
        "lognormal",
    ),
    "service as a number": (
        "[services.payment]\nreplicas = 4",
        "[services]\npayment = 3",
        "services.payment",
        "table",
    ),
    "plugin that is missing": (
        "seed = 1",
        'seed = 1\nplugins = ["none.py"]',
        "plugins.0",
        "no file",
    ),
    "unknown typology": (
        "[services.payment]",
        '[[fraud.campaign]]\ntypology = "wizardry"\n[services.payment]',
        "fraud.campaign.0",
        "card_testing",
    ),
    "wave beyond measure": (
        "[services.payment]",
        '[[demand.wave]]\nat = "1s"\nfor = "1s"\nfactor = 1e99\n[services.payment]',
        "demand.wave.0.factor",
        "must be <=",
    ),
    "wallets in a currency that the bank has not": (
        "customers = 50",
        "customers = 50\nwallets = {XYZ = 0.2}",
        "population.wallets.XYZ",
        "known: EUR, GBP",
    ),
    "customers who make corrections": (
        "[services.payment]",
        "[routes.correction]\nweight = 1\n[services.payment]",
        "routes.correction.weight",
        "weigh another route",
    ),
    "rates, which are the model's": (
        "[services.payment]",
        '[rates]\nUSD = "1.1"\n[services.payment]',
        "rates",
        "belong to the model",
    ),
    "law that an override breaks": (
        "[services.payment]",
        '[routes.transfer]\namount = {law = "lognormal"}\n[services.payment]',
        "line 23: routes.transfer.amount",
        "median and p99",
    ),
    "rule that an override turns round": (
        "[services.payment]",
        "[fraud_service]\ndecline_at = 0.1\n[services.payment]",
        "line 22: fraud_service.step_up_at",
        "must be <= decline_at",
    ),
    "no start": ("start = 2026-11-27T08:00:00", "", "start", "as in start = 2026-11-27T08:00:00"),
    "trap without a probability": (
        "probability = 0.01",
        "",
        "trap.0.probability",
        "probability = 0.001",
    ),
    "trap as a single table": ("[[trap]]", "[trap]", "trap", "write [[trap]]"),
    "trap on no route": (
        "probability = 0.01",
        "probability = 0.01\nkinds = []",
        "trap.0.kinds",
        "give at least 1",
    ),
    "no TOML": ("seed = 1", "seed == 1", "", "is not TOML"),
    "key twice": ("seed = 1", "seed = 1\nseed = 2", "", "is not TOML"),
    "unknown grid": (
        "[services.payment]",
        '[report]\ngrid = "D"\n[services.payment]',
        "report.grid",
        "at least 3",
    ),
}


def refused(words, capsys, tmp_path):
    """Run the real command line and return what it said, having written nothing."""
    before = sorted(tmp_path.rglob("*"))
    status = main(words)
    said = capsys.readouterr()
    assert status == 2, said
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.startswith("sanket-sim: ")
    assert sorted(tmp_path.rglob("*")) == before
    return said.err


def words_for(path, tmp_path):
    return ["run", str(path), "--quiet", "--out", str(tmp_path / "results")]


@pytest.mark.parametrize("case", BROKEN)
def test_broken_experiments_are_refused_with_path_and_remedy(case, tmp_path, capsys):
    old, new, path, remedy = BROKEN[case]
    assert old in GOOD
    file = tmp_path / "probe.toml"
    file.write_text(GOOD.replace(old, new, 1))
    said = refused(words_for(file, tmp_path), capsys, tmp_path)
    assert str(file) in said
    assert path in said
    assert remedy in said


CONTENTS = {
    "empty": (b"", "is empty"),
    "binary": (b"\x7fELF\0\0\1", "binary"),
    "not UTF-8": (b'name = "caf\xe9"', "UTF-8"),
    "only a comment": (b"# nothing here\n", "is empty"),
    "deeply nested": (b"a = " + b"[" * 5000, "not TOML"),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_files_that_are_no_toml_are_refused(case, tmp_path, capsys):
    content, remedy = CONTENTS[case]
    file = tmp_path / "probe.toml"
    file.write_bytes(content)
    assert remedy in refused(words_for(file, tmp_path), capsys, tmp_path).replace(
        "is nested too deeply", "not TOML"
    )


def test_a_missing_file_a_directory_and_an_unknown_name_are_refused(tmp_path, capsys):
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    missing = tmp_path / "missing.toml"
    assert "no such file" in refused(words_for(missing, tmp_path), capsys, tmp_path)
    assert "is a directory" in refused(words_for(folder, tmp_path), capsys, tmp_path)
    assert "peak_load" in refused(words_for("peek_load", tmp_path), capsys, tmp_path)
    assert "no experiment of that name" in refused(words_for("x" * 300, tmp_path), capsys, tmp_path)


def test_all_problems_are_told_at_once(tmp_path, capsys):
    file = tmp_path / "probe.toml"
    text = GOOD.replace("seed = 1", "seed = -1").replace("replicas = 4", "replicas = 0")
    file.write_text(text.replace("probability = 0.01", "probability = 2"))
    said = refused(words_for(file, tmp_path), capsys, tmp_path)
    assert "3 problems" in said
    for path in ("seed", "services.payment.replicas", "trap.0.probability"):
        assert path in said


def test_the_line_of_the_key_is_told(tmp_path, capsys):
    file = tmp_path / "probe.toml"
    file.write_text(GOOD.replace("seed = 1", "seed = -1"))
    assert "line 4: seed" in refused(words_for(file, tmp_path), capsys, tmp_path)


PLUGINS = {
    "that leaves": ({"one.py": b"import sys; sys.exit(3)"}, "SystemExit"),
    "in another encoding": ({"one.py": b"# coding: latin-1\nx = '\xe9'"}, "UTF-8"),
    "without .py": ({"one.txt": b"x = 1"}, "must end in .py"),
    "called as another": ({"a/one.py": b"x = 1", "b/one.py": b"x = 2"}, "another file name"),
}


@pytest.mark.parametrize("case", PLUGINS)
def test_plugins_that_are_none_are_refused(case, tmp_path, capsys):
    files, remedy = PLUGINS[case]
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    file = tmp_path / "probe.toml"
    file.write_text(f"plugins = {list(files)}\n{GOOD}")
    assert remedy in refused(words_for(file, tmp_path), capsys, tmp_path)


@pytest.mark.parametrize("name", ["afile", "afile/below", "nul\0", "a" * 300])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_an_out_that_is_no_folder_is_refused(name, force, tmp_path, capsys):
    (tmp_path / "afile").write_text("mine")
    file = tmp_path / "probe.toml"
    file.write_text(GOOD)
    words = ["run", str(file), "--quiet", "--out", str(tmp_path / name), *force]
    assert "name another folder with --out" in refused(words, capsys, tmp_path)


def test_what_an_override_put_in_is_not_laid_to_a_line_of_the_file(tmp_path, capsys):
    file = tmp_path / "probe.toml"
    file.write_text(GOOD)
    words = [*words_for(file, tmp_path), "--set", "seed=-1", "--set", "population.customers=0"]
    said = refused(words, capsys, tmp_path)
    assert "seed: must be >= 0, is -1 (overridden)" in said
    assert "line" not in said


@pytest.mark.parametrize("seeds", ["1..99999999999999999999", "1..99999999", "3..1", "-1..4", "1"])
def test_seeds_that_are_no_range_are_refused(seeds, capsys):
    with pytest.raises(SystemExit) as left:
        main(["run", "peak_load", f"--seeds={seeds}"])
    assert left.value.code == 2
    assert "seeds such as" in capsys.readouterr().err


@pytest.mark.parametrize(
    "extra",
    [
        ["--set", "no equals sign"],
        ["--set", "seed.deeper=1"],
        ["--set", "fault.9.at=1"],
        ["--set", "population.customers=none"],
        ["--set", "=3"],
        ["--duration", "eight minutes"],
        ["--engine", "compiled"],
    ],
)
def test_bad_options_are_refused(extra, tmp_path, capsys):
    file = tmp_path / "probe.toml"
    file.write_text(GOOD)
    refused([*words_for(file, tmp_path), *extra], capsys, tmp_path)


@pytest.mark.parametrize("words", [["report", "nowhere"], ["compare", "no", "where"], ["check"]])
def test_commands_without_their_object_are_refused(words, capsys, tmp_path):
    refused(words, capsys, tmp_path)


def test_the_probe_itself_is_fine(tmp_path, capsys):
    file = tmp_path / "probe.toml"
    file.write_text(GOOD)
    assert main(["check", str(file)]) == 0
    assert "fine" in capsys.readouterr().out


VALUES = [
    "nan",
    "-1",
    "0",
    "1e400",
    '""',
    '"x"',
    "true",
    "[]",
    "[[]]",
    "{}",
    "1979-05-27",
    "99" * 20,
]
KEYS = [
    "name", "model", "seed", "start", "duration", "tick", "drain", "plugins", "population",
    "population.customers", "population.patience.retry", "demand.rate", "demand.wave", "fraud.rate",
    "fraud.campaign", "fault", "fault.0.at", "trap.0.kind", "controls", "services",
    "services.payment.workers", "edges", "routes.transfer.amount", "slo.availability",
    "steady_state.probe", "report.grid",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=3),
    noise=st.text(max_size=20),
)
def test_whatever_is_typed_the_answer_is_fine_or_refused(tmp_path_factory, changes, noise):
    folder = tmp_path_factory.mktemp("fuzz")
    file = folder / "probe.toml"
    file.write_text(GOOD + "#" + noise.replace("\n", " "), encoding="utf-8", errors="replace")
    sets = [word for key, value in changes for word in ("--set", f"{key}={value}")]
    assert main(["check", str(file), *sets]) in (0, 2)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=60))
def test_whatever_bytes_are_in_the_file_it_is_refused(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("fuzz") / "probe.toml"
    file.write_bytes(content)
    assert main(["check", str(file)]) == 2


def test_the_probe_is_toml():
    assert tomllib.loads(GOOD)["name"] == "probe"
