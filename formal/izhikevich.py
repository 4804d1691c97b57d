"""What is proved of the Izhikevich neuron."""

from amaranth import Elaboratable

from neuron import NeuronSpec
from spikewright_hw.neuron.izhikevich import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "izhikevich_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "izhikevich_q8_6": NeuronSpec(core(**PRESETS["q8_6"])),
        "izhikevich_fault": NeuronSpec(core(**PRESETS["q8_6"]), fault=True),
    }
