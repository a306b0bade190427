"""Which module carries out which command; each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

from sanket_sim.console.arguments import Arguments

_HOMES = {
    "run": "sanket_sim.console.running",
    "list": "sanket_sim.console.browsing",
    "check": "sanket_sim.console.browsing",
    "explain": "sanket_sim.console.browsing",
    "report": "sanket_sim.console.results",
    "audit": "sanket_sim.console.auditing",
    "audit-leak": "sanket_sim.console.leak_auditing",
    "train": "sanket_sim.console.training",
    "story": "sanket_sim.console.telling",
    "calibrate": "sanket_sim.console.calibrating",
    "compare": "sanket_sim.console.results",
    "validate": "sanket_sim.console.results",
    "serve": "sanket_sim.console.serving",
}


def perform(arguments: Arguments) -> int:
    """Do what was asked.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SanketError
        With the exit status that the command line promises for it.
    """
    home = import_module(_HOMES[arguments.command])
    status: int = getattr(home, f"perform_{arguments.command.replace('-', '_')}")(arguments)
    return status
