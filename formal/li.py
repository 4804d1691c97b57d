"""What is proved of the LI neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.li import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "li_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "li_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "li_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
