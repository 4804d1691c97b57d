"""What is proved of the LIF neuron: however it saturates, and where several take turns."""

from amaranth import Elaboratable

from neuron import NeuronFaults, NeuronSpec
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.lif import PRESETS, core


def specs() -> dict[str, Elaboratable]:
    narrow = PRESETS["q6_4"]
    return {
        "lif_q8_8": NeuronSpec(core(**PRESETS["q8_8"])),
        "lif_q6_4": NeuronSpec(core(**narrow)),
        "lif_symmetric": NeuronSpec(core(**narrow, saturation="symmetric", rounding="floor")),
        "lif_positive": NeuronSpec(core(**narrow, saturation="positive")),
        "lif_q8_8_x4": NeuronSpec(core(**PRESETS["q8_8_x4"])),
        "lif_q3_2_x4": NeuronSpec(core(format=Format(3, 2), interleave=4)),
        "lif_fault": NeuronFaults(core(**narrow)),
    }
