"""What is proved of the ALIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.alif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "alif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "alif_q8_4": NeuronSpec(core(**PRESETS["q8_4"])),
        "alif_fault": NeuronFaults(core(**PRESETS["q8_4"])),
    }
