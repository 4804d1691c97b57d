"""What is proved of the Alpha neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.alpha import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "alpha_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "alpha_q8_4": NeuronSpec(core(**PRESETS["q8_4"])),
        "alpha_fault": NeuronFaults(core(**PRESETS["q8_4"])),
    }
