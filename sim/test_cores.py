"""Every core's testbench, on each of its presets and simulators."""

import pytest

from spikewright_hw.cores import CORES


@pytest.mark.parametrize(
    ("core", "preset"), [(core.name, preset) for core in CORES.values() for preset in core.presets]
)
def test_core(simulate, core, preset):
    simulate(core, preset)
