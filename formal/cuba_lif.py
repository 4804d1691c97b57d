"""What is proved of the CubaLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.cuba_lif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "cuba_lif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "cuba_lif_q8_4": NeuronSpec(core(**PRESETS["q8_4"])),
        "cuba_lif_fault": NeuronFaults(core(**PRESETS["q8_4"])),
    }
