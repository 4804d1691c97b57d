"""What is proved of the ExpIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.exp_if import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "exp_if_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "exp_if_q8_6": NeuronSpec(core(**PRESETS["q8_6"])),
        "exp_if_fault": NeuronFaults(core(**PRESETS["q8_6"])),
    }
