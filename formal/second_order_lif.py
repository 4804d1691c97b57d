"""What is proved of the second-order LIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.second_order_lif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "second_order_lif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "second_order_lif_q8_4": NeuronSpec(core(**PRESETS["q8_4"])),
        "second_order_lif_fault": NeuronFaults(core(**PRESETS["q8_4"])),
    }
