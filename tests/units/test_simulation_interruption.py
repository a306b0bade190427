"""Who ended a run is remembered: whoever asked first, and the key that was pressed."""

import signal
import subprocess
import sys

import pytest

from sanket_sim.simulation.interruption import Interruption

DEAF = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
from sanket_sim.simulation.interruption import interruptible
with interruptible() as asked:
    for name in NAMES:
        os.kill(os.getpid(), signal.Signals[name])
    print(asked.by)
"""
"""A process as deaf to Ctrl-C as that of a flight is."""


def heard(*names: str) -> str:
    program = DEAF.replace("NAMES", repr(names))
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def test_a_second_signal_ends_what_is_done_and_the_first_is_named():
    asked = Interruption()
    asked.note(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt, match="interrupted by SIGINT"):
        asked.note(signal.SIGTERM, None)


@pytest.mark.parametrize(
    ("names", "by"), [(("SIGINT", "SIGTERM"), "SIGINT"), (("SIGTERM",), "SIGTERM")]
)
def test_a_key_that_was_pressed_is_named_by_a_process_that_cannot_hear_it(names, by):
    assert heard(*names) == by
