"""The waiting line keeps nobody who has left."""

import weakref

import pytest

from sanket_sim.bank.description import Discipline
from sanket_sim.network.queues import WaitingLine


class Guest:
    dead = False


@pytest.mark.parametrize(
    ("discipline", "order"),
    [
        (Discipline.FIFO, [0, 1, 2, 3]),
        (Discipline.LIFO, [3, 2, 1, 0]),
        (Discipline.PRIORITY, [1, 3, 0, 2]),
    ],
)
def test_guests_are_called_in_the_order_of_the_discipline(discipline, order):
    line, guests = WaitingLine(discipline), [Guest() for _ in range(4)]
    for guest, priority in zip(guests, (5, 1, 5, 1), strict=True):
        line.join(guest, priority)
    assert [guests.index(line.call()) for _ in guests] == order
    assert line.call() is None


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
