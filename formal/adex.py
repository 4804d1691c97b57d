"""What is proved of the AdEx neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.adex import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "adex_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "adex_q8_6": NeuronSpec(core(**PRESETS["q8_6"])),
        "adex_fault": NeuronFaults(core(**PRESETS["q8_6"])),
    }
