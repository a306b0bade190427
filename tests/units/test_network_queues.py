"""The waiting line keeps nobody who has left."""

import weakref

import pytest

from sanket_sim.bank.description import Discipline
from sanket_sim.network.queues import WaitingLine


class Guest:
    dead = False


@pytest.mark.parametrize("discipline", [Discipline.FIFO, Discipline.LIFO])
def test_a_line_that_never_empties_forgets_those_who_left(discipline):
    line, left = WaitingLine(discipline), weakref.WeakSet()
    line.join(Guest())
    for _ in range(1000):
        guest = Guest()
        line.join(guest)
        guest.dead = True
        line.leave()
        left.add(guest)
    del guest
    assert line.length == 1
    assert len(left) < 100
