"""What is proved of the recurrent LIF neuron."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.neuron.recurrent_lif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    return {
        "recurrent_lif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "recurrent_lif_q6_4": NeuronSpec(core(**PRESETS["q6_4"])),
        "recurrent_lif_fault": NeuronFaults(core(**PRESETS["q6_4"])),
    }
