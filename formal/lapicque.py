"""What is proved of the Lapicque neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.lapicque import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "lapicque_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "lapicque_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "lapicque_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
