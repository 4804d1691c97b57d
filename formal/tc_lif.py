"""What is proved of the TC-LIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.tc_lif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "tc_lif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "tc_lif_q8_4": NeuronSpec(core(**PRESETS["q8_4"])),
        "tc_lif_fault": NeuronFaults(core(**PRESETS["q8_4"])),
    }
