"""Reading TOML: every problem at once, in the user's words, at the user's line."""

import contextlib
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanket_sim.bank.law_parameters import TimeLaw
from sanket_sim.bank.laws import laws
from sanket_sim.core.config import (
    Document,
    dump_settings,
    load_settings,
    override,
    parse_override,
    read_toml,
    validate,
)
from sanket_sim.core.errors import InputError
from sanket_sim.core.settings import DurationNs, Settings, Several
from sanket_sim.core.toml_text import join_path, key_lines, split_path, write_toml


class Stop(Settings):
    at: DurationNs
    law: TimeLaw


class Trip(Settings):
    name: str
    stops: Several[Stop] = ()
    speed: float = 1.5


def load(tmp_path, content, **options):
    path = tmp_path / "trip.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_settings(path, Trip, **options)


def problems(tmp_path, content, **options):
    with pytest.raises(InputError) as caught:
        load(tmp_path, content, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"# nothing but a comment\n", "is empty"),
        (b"\x7fELF\x00\x01", "binary"),
        (b"name = 1\nname\xff = 2", "line 2: is not UTF-8"),
        (b"name = 1\nx = = 2", "line 2: is not TOML"),
        (b"name = trip", "text in quotes"),
        (b"a = 1\na = 2", "is not TOML"),
        (b"a = " + b"9" * 5000, "is not TOML"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_toml_says_why(tmp_path, content, says):
    (problem,) = problems(tmp_path, content)
    assert says in problem


def test_missing_files_and_directories_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(InputError, match="is a directory"):
        read_toml(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_toml("a\0b")


def test_all_problems_come_at_once_with_path_line_and_remedy(tmp_path):
    text = 'nmae = "x"\nspeed = nan\n\n[[stops]]\nat = "-1s"\nlaw = {law = "gama"}\n'
    assert problems(tmp_path, text) == [
        'name: is missing; give it, as in name = "my_experiment"',
        'line 5: stops.0.at: must be >= 0, is "-1s"',
        f'line 6: stops.0.law: unknown law "gama"; did you mean "gamma"? known: {", ".join(laws)}',
        "line 2: speed: must be a finite number, is nan",
        'line 1: nmae: unknown key; did you mean "name"? known: name, speed, stops',
    ]


def test_overrides_reach_tables_arrays_and_quoted_keys():
    document = Document("x", {"a": {"b": [1, {"c": 2}]}, "e": {"p->q.r": 1}})
    changed = override(document, {"a.b.1.c": 9, 'e."p->q.r"': 2, "new.table": True})
    assert changed.table == {
        "a": {"b": [1, {"c": 9}]},
        "e": {"p->q.r": 2},
        "new": {"table": True},
    }
    assert document.table["a"] == {"b": [1, {"c": 2}]}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("a.b.7", "has 1 elements"),
        ("a.b.first", "expected a place"),
        ("a.n.x", "is 3, not a table"),
        ("a..b", "is not a key path"),
        ("", "is not a key path"),
    ],
)
def test_an_override_that_leads_nowhere_is_refused(path, says):
    with pytest.raises(InputError, match=says):
        override(Document("x", {"a": {"b": [1], "n": 3}}), {path: 1})


def test_an_override_is_validated_like_the_file(tmp_path):
    assert load(tmp_path, 'name = "x"', overrides={"speed": 2}).speed == 2
    assert problems(tmp_path, 'name = "x"', overrides={"spede": 2})[0].startswith("spede: unknown")


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("a.b=3", ("a.b", 3)),
        ("a=5m", ("a", "5m")),
        ("a = [1, 2]", ("a", [1, 2])),
        ('a="x=y"', ("a", "x=y")),
        ("a=1\nb=2", ("a", "1\nb=2")),
        ("a=", ("a", "")),
    ],
)
def test_override_values_are_toml_or_text(text, pair):
    assert parse_override(text) == pair


def test_an_override_without_a_value_is_refused():
    with pytest.raises(InputError, match="expected key=value"):
        parse_override("seed")


def test_settings_survive_writing_and_reading(tmp_path):
    law = '{law = "mixture", laws = ["1ms", {law = "exponential", mean = "2ms"}], weights = [1, 2]}'
    first = load(tmp_path, f'name = "é\\u007f"\n[[stops]]\nat = "90s"\nlaw = {law}')
    text = dump_settings(first)
    assert load(tmp_path, text) == first
    assert 'at = "90s"' in text
    assert "speed = 1.5" in text


def test_lines_are_found_through_every_form_of_toml():
    text = (
        'a.b = """x\n"y" \\""""\n# c = 1\n"d.e" = [\n 1, # one\n [2,\n 3]]\n'
        "[[t]]\nx = 1\n[[t]]\n[t.u]\ny = '''\n'''\nz = {p = 1, q = [\n{r = 2}]}\n"
    )
    assert tomllib.loads(text)
    lines = key_lines(text)
    assert lines[("a", "b")] == 1
    assert lines[("d.e", 1, 1)] == 7
    assert lines[("t", 1)] == 10
    assert lines[("t", 1, "u", "z")] == 14
    assert lines[("t", 1, "u", "z", "q", 0, "r")] == 15


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(WORDS, VALUES, max_size=4))
def test_what_is_written_is_read_back_and_every_key_has_a_line(table):
    text = write_toml(table)
    assert tomllib.loads(text) == table
    lines = key_lines(text)
    assert all((key,) in lines for key in table)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["name", "stops", "speed", "x"]), VALUES))
def test_no_table_whatever_brings_anything_but_an_input_error(table):
    document = Document("fuzz", table)
    with contextlib.suppress(InputError):
        assert isinstance(validate(document, Trip), Trip)


@given(st.lists(WORDS, min_size=1))
def test_paths_are_split_as_they_are_joined(keys):
    assert split_path(join_path(tuple(keys))) == tuple(keys)
