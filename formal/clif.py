"""What is proved of the CLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronSpec
from spikewright_hw.neuron.clif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "clif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "clif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "clif_fault": NeuronSpec(core(**PRESETS["q6_4"]), fault=True),
    }
