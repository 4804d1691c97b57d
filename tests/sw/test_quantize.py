"""Which neurons may count their levels in weight steps."""

import pytest

from spikewright.network.quantize import scalable
from spikewright_hw.neuron import DEFINITIONS

#: Neurons with an exponential or a square. Of adex, the states alone tell: at its defaults it does
#: not spike in the run that is tried.
CURVED = {"exp_if", "adex", "izhikevich"}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_what_is_linear_can_be_counted_in_weight_steps(name):
    assert scalable(DEFINITIONS[name]) == (name not in CURVED)
