"""What is proved of the GLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.glif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "glif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "glif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "glif_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
