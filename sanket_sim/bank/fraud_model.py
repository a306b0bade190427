"""A trained model of fraud: gradient-boosted trees in a file of plain JSON.

The file says what the trees ask for, what they add, and how they were grown; nothing in it is
code. Trees are flat: node `i` of a tree is the `i`-th entry of each of its arrays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field

from sanket_sim.bank import tree_rules
from sanket_sim.bank.fraud_features import PLACES
from sanket_sim.core.config import BYTES_MAX, Document, validate
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.settings import Settings, Several, nearest
from sanket_sim.core.toml_text import KeyPath

LEAF = -1
NODES_MAX = 200_000
Nodes = Annotated[Several[int], Field(min_length=1, max_length=NODES_MAX)]
Numbers = Annotated[Several[float], Field(min_length=1, max_length=NODES_MAX)]


class Tree(Settings):
    """One tree, node by node; the root is node 0, and children come after their parents."""

    feature: Nodes
    """Which of the model's features a node asks for; -1: it is a leaf."""
    threshold: Numbers
    """A value below goes left, any other right (compared as float32, as xgboost does)."""
    left: Nodes
    right: Nodes
    value: Numbers
    """What a leaf adds to the log odds; 0 for other nodes."""


class Training(Settings):
    """How a model came about; enough to grow it again."""

    seeds: Several[int] = ()
    payments: Annotated[int, Field(ge=0)] = 0
    frauds: Annotated[int, Field(ge=0)] = 0
    parameters: dict[str, float | int | str] = Field(default_factory=dict)
    quality: dict[str, float] = Field(default_factory=dict)
    """What it reached on runs that it was not grown on, by name of the measure."""


class FraudModel(Settings):
    """Gradient-boosted trees that tell how likely a payment is to be fraud.

    Examples
    --------
    >>> stump = Tree(feature=(0, -1, -1), threshold=(5.0, 0, 0), left=(1, 0, 0), right=(2, 0, 0),
    ...              value=(0, -2.0, 2.0))
    >>> model = FraudModel(features=("payments_5m",), base_margin=0.0, trees=(stump,))
    >>> row = [0.0] * len(PLACES)
    >>> round(model.likelihood(row), 3)
    0.119
    """

    format: Literal["sanket-fraud-model"] = "sanket-fraud-model"
    version: Literal[1] = 1
    features: Annotated[Several[str], Field(min_length=1, max_length=len(PLACES))]
    """Names from `fraud_features.FEATURES`, in the order in which trees number them."""
    base_margin: float = 0.0
    """Log odds before any tree."""
    trees: Annotated[Several[Tree], Field(min_length=1, max_length=10_000)]
    training: Training = Training()

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a model from its file.

        Raises
        ------
        InputError
            If the file cannot be read, is no such model, or its trees do not hold together.
        """
        source = str(path)
        document = Document(source, _read_json(source, Path(path)))
        model = validate(document, cls)
        if problems := [document.problem(*found) for found in model.faults()]:
            raise InputError(source, problems)
        return model

    def save(self, path: Path | str) -> None:
        """Write the file that `load` reads; the same model gives the same bytes."""
        text = json.dumps(self.model_dump(mode="json"), separators=(",", ":"), sort_keys=True)
        Path(path).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def from_xgboost(
        cls, booster: Mapping[str, Any], features: Sequence[str], training: Training
    ) -> Self:
        """Take over what ``Booster.save_raw("json")`` says, once it has been parsed.

        Parameters
        ----------
        booster : mapping
            Of a model with one output and the objective ``binary:logistic``.
        features : sequence of str
            Names of the columns that it was trained on, in their order.
        training : Training
        """
        learner = booster["learner"]
        score = float(str(learner["learner_model_param"]["base_score"]).strip("[]"))
        grown = learner["gradient_booster"]["model"]["trees"]
        return cls(
            features=tuple(features),
            base_margin=math.log(score / (1.0 - score)),
            trees=tuple(_tree(table) for table in grown),
            training=training,
        )

    def likelihood(self, values: Sequence[float]) -> float:
        """Return how likely a payment is to be fraud, given all `FEATURES` in their order."""
        return tree_rules.logistic(
            tree_rules.margin(values, *self._nodes, base_margin=self.base_margin)
        )

    def faults(self) -> Iterator[tuple[KeyPath, str]]:
        """Find what does not hold together, as key and message."""
        for place, name in enumerate(self.features):
            if name not in PLACES:
                yield ("features", place), f'unknown feature "{name}"; {nearest(name, PLACES)}'
        for place, tree in enumerate(self.trees):
            for key, message in _tree_faults(tree, len(self.features)):
                yield ("trees", place, key), message

    @cached_property
    def _nodes(
        self,
    ) -> tuple[list[int], list[float], list[int], list[int], list[int]]:
        """All trees in one table, their features numbered as in `FEATURES`."""
        feature: list[int] = []
        bound: list[float] = []
        left: list[int] = []
        right: list[int] = []
        roots: list[int] = []
        places = [*(PLACES[name] for name in self.features), LEAF]
        for tree in self.trees:
            first = len(feature)
            roots.append(first)
            feature.extend(places[asked] for asked in tree.feature)
            bound.extend(map(_bound, tree.feature, tree.threshold, tree.value))
            left.extend(first + node for node in tree.left)
            right.extend(first + node for node in tree.right)
        return feature, bound, left, right, roots


def _bound(feature: int, threshold: float, value: float) -> float:
    return value if feature == LEAF else first_not_below(threshold)


def first_not_below(threshold: float) -> float:
    """Return the smallest float64 that is not below a threshold once both are float32.

    Trees are grown on float32; so a comparison of float64 numbers decides as theirs did.

    Examples
    --------
    >>> bound = first_not_below(0.1)
    >>> bool(np.float32(bound) < np.float32(0.1)), bound < 0.1
    (False, True)
    """
    exact = np.float32(threshold)
    below = np.nextafter(exact, np.float32(-np.inf))
    middle = (float(below) + float(exact)) / 2.0
    return middle if np.float32(middle) >= exact else math.nextafter(middle, math.inf)


def _read_json(source: str, path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > BYTES_MAX:
            raise InputError(source, [Problem("", f"is larger than {BYTES_MAX:,} bytes")])
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = "no such file; check the path and its spelling"
        raise InputError(source, [Problem("", message)]) from None
    except OSError as error:
        raise InputError(source, [Problem("", f"cannot be read: {error.strerror}")]) from None
    except (ValueError, RecursionError):
        raise InputError(source, [Problem("", "is not JSON; expected a fraud model")]) from None
    if not isinstance(table, dict):
        raise InputError(source, [Problem("", "is not a fraud model; expected a JSON object")])
    return table


def _tree(table: Mapping[str, Any]) -> Tree:
    leaf = [node == LEAF for node in table["left_children"]]
    numbers = table["split_conditions"]
    return Tree(
        feature=_unless(leaf, table["split_indices"], LEAF),
        threshold=_unless(leaf, numbers, 0.0),
        left=_unless(leaf, table["left_children"], 0),
        right=_unless(leaf, table["right_children"], 0),
        value=tuple(
            number if is_leaf else 0.0 for is_leaf, number in zip(leaf, numbers, strict=True)
        ),
    )


def _unless(leaf: list[bool], entries: list[Any], instead: float) -> tuple[Any, ...]:
    return tuple(
        instead if is_leaf else entry for is_leaf, entry in zip(leaf, entries, strict=True)
    )


def _tree_faults(tree: Tree, features: int) -> Iterator[tuple[str, str]]:
    count = len(tree.feature)
    for key in ("threshold", "left", "right", "value"):
        if (found := len(getattr(tree, key))) != count:
            yield key, f"has {found} entries, feature has {count}"
            return
    for node, asked in enumerate(tree.feature):
        if not LEAF <= asked < features:
            yield "feature", f"node {node} asks for feature {asked}; there are {features}"
        if asked == LEAF:
            continue
        for key in ("left", "right"):
            if not node < getattr(tree, key)[node] < count:
                yield key, f"node {node} must point to a later node of its tree"
