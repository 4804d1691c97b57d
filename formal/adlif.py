"""What is proved of the adLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.adlif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "adlif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "adlif_q8_4": NeuronSpec(core(**PRESETS["q8_4"])),
        "adlif_fault": NeuronFaults(core(**PRESETS["q8_4"])),
    }
