"""Arrivals under a crowd that nobody foresaw: drawn again from where everyone stood."""

import numpy as np
import pytest
from small_city import city, flat

from sanket_sim.actors.demand import Surge
from sanket_sim.actors.traffic import _BLOCK_INTENTS
from sanket_sim.core.units import NS_PER_S

S = NS_PER_S
CUSTOMERS, LASTS_S = 12, 60
"""Few and busy: everyone acts many times within a block."""


def traffic(*surges, rate_per_s=40.0):
    demand = flat(rate_per_s, LASTS_S, CUSTOMERS)
    people = city(customers=CUSTOMERS, demand=demand.with_surges(surges) if surges else demand)
    return people.traffic


def surge_from(begin_ns):
    return Surge(begin_ns, begin_ns + 10 * S, 3.0)


def whole(handed):
    return np.concatenate(handed).tobytes()


def test_whoever_acts_at_the_instant_itself_acts_after_the_surge_was_known():
    instant_ns = int(traffic().until(LASTS_S * S)["created_ns"][500])
    surge = surge_from(instant_ns)
    steered = traffic()
    before = steered.until(instant_ns)
    steered.surge([surge])
    after = steered.until(LASTS_S * S)
    assert len(before) == 500
    assert after["created_ns"][0] == instant_ns
    assert whole([before, after]) == traffic(surge).until(LASTS_S * S).tobytes()


@pytest.mark.parametrize("at_s", [1, 17, 45])
def test_everyone_goes_on_from_his_first_act_that_was_not_handed_out(at_s):
    surge = surge_from(at_s * S)
    steered = traffic()
    before = [steered.until(S // 2), steered.until(at_s * S)]
    steered.surge([surge])
    after = steered.until(LASTS_S * S)
    assert len(after) > (LASTS_S - at_s) * 40
    assert whole([*before, after]) == traffic(surge).until(LASTS_S * S).tobytes()


def test_a_second_surge_finds_everyone_where_the_first_left_him():
    first, second = surge_from(10 * S), surge_from(25 * S)
    steered = traffic()
    handed = [steered.until(10 * S)]
    steered.surge([first])
    handed.append(steered.until(25 * S))
    steered.surge([second])
    handed.append(steered.until(LASTS_S * S))
    assert whole(handed) == traffic(first, second).until(LASTS_S * S).tobytes()


def test_nothing_is_handed_out_twice_or_before_it_is_due():
    steered = traffic()
    handed = [steered.until(20 * S)]
    steered.surge([surge_from(20 * S)])
    assert len(steered.until(20 * S)) == 0
    handed.append(steered.until(LASTS_S * S))
    assert handed[1]["created_ns"].min() >= 20 * S
    keys = np.concatenate(handed)["draw_key"]
    assert len(np.unique(keys)) == len(keys)


def test_a_surge_between_blocks_of_the_future_finds_only_the_last_one_ahead():
    surge, busy = surge_from(31 * S), {"rate_per_s": 1000.0}
    steered = traffic(**busy)
    handed = [steered.until(at_s * S) for at_s in (1, 14, 31)]
    assert sum(map(len, handed)) > _BLOCK_INTENTS
    steered.surge([surge])
    handed.append(steered.until(LASTS_S * S))
    assert whole(handed) == traffic(surge, **busy).until(LASTS_S * S).tobytes()
