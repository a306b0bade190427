"""Who ended a run is remembered: whoever asked first, and the key that was pressed."""

import os
import signal

import pytest

from sanket_sim.simulation.interruption import Interruption, interruptible


@pytest.fixture
def deaf():
    """Make this process as deaf to Ctrl-C as that of a flight is."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    yield
    if signal.SIGINT in signal.sigpending():
        signal.sigwait({signal.SIGINT})
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_second_signal_ends_what_is_done_and_the_first_is_named():
    asked = Interruption()
    asked.note(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt, match="interrupted by SIGINT"):
        asked.note(signal.SIGTERM, None)


@pytest.mark.usefixtures("deaf")
def test_a_key_that_was_pressed_is_named_by_a_process_that_cannot_hear_it():
    with interruptible() as asked:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert asked.by == "SIGINT"


@pytest.mark.usefixtures("deaf")
def test_without_a_key_it_is_the_signal_that_came():
    asked = Interruption()
    asked.note(signal.SIGTERM, None)
    assert asked.by == "SIGTERM"
