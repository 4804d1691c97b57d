"""What is proved of the CLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.clif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "clif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "clif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "clif_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
