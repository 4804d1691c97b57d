"""What is proved of the NIR CubaLIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.nir_cuba_lif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "nir_cuba_lif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "nir_cuba_lif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "nir_cuba_lif_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
