"""What is proved of the LIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronSpec
from spikewright_hw.neuron.lif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "lif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "lif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "lif_fault": NeuronSpec(core(**PRESETS["q6_4"]), fault=True),
    }
