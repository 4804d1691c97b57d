"""What is proved of the PLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.plif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "plif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "plif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "plif_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
