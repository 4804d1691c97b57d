"""What is proved of the GLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronSpec
from spikewright_hw.neuron.glif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "glif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "glif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "glif_fault": NeuronSpec(core(**PRESETS["q6_4"]), fault=True),
    }
