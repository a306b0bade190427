"""The generated tables of docs/fraud.md; `python tests/fraud_page.py` prints them."""

import sys
from collections.abc import Iterator

import sanket_sim.fraud
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank import fraud_features


def typology_rows() -> Iterator[str]:
    """Yield a row for each key that one typology alone has, with its default and meaning."""
    for name, kind in typologies.items():
        if not kind.__module__.startswith(sanket_sim.fraud.__name__):
            continue
        for key, field in kind.model_fields.items():
            if key not in Typology.model_fields:
                default = "drawn" if field.default is None else field.default
                meaning = " ".join((field.description or "").split()).rstrip(".")
                yield f"| `{name}` | `{key}` | {default} | {meaning} |"


def feature_names() -> Iterator[str]:
    """Yield every feature as the page writes it."""
    for name in fraud_features.FEATURES:
        yield f"`{name}`"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*typology_rows(), *feature_names(), ""]))
