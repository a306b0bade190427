"""Which Sanket this is."""

from importlib.metadata import PackageNotFoundError, version


def _version() -> str:
    try:
        return version("sanket-sim")
    except PackageNotFoundError:
        return "unpackaged"


VERSION = _version()
"""As packages are numbered."""
