"""What is proved of the IF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.if_neuron import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "if_neuron_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "if_neuron_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "if_neuron_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
