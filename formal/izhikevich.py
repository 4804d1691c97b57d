"""What is proved of the Izhikevich neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.izhikevich import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "izhikevich_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "izhikevich_q8_6": NeuronSpec(core(**PRESETS["q8_6"])),
        "izhikevich_fault": NeuronFaults(core(**PRESETS["q8_6"])),
    }
