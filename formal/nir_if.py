"""What is proved of the NIR IF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.nir_if import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "nir_if_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "nir_if_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "nir_if_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
