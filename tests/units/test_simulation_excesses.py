"""A typing error in a number must not fill the machine's memory."""

import pytest
from flown import SMALL, file_of

from sanket_sim.core.errors import InputError
from sanket_sim.simulation.resolve import resolve


@pytest.mark.parametrize(
    ("overrides", "path", "said"),
    [
        ({"gauges": "1ns"}, "gauges", "readings, more than 1,000,000"),
        ({"fault.0.repeat": "5s", "fault.0.for": "1ns"}, "", ""),
        ({"fault.0.repeat": "1us", "fault.0.for": "1ns"}, "fault.0.repeat", "at most 10,000"),
        (
            {"fault": [{"kind": "load", "at": "1s", "for": "9s", "factor": 1000}] * 3},
            "demand.rate",
            "intents",
        ),
    ],
)
def test_what_no_machine_would_finish_is_refused_at_its_key(tmp_path, overrides, path, said):
    file = file_of(tmp_path, SMALL)
    if not said:
        assert resolve(file, overrides).experiment.fault[0].times(12_000_000_000) == 2
        return
    with pytest.raises(InputError) as error:
        resolve(file, overrides)
    assert [(one.path, said in one.message) for one in error.value.problems] == [(path, True)]
