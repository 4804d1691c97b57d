"""What is proved of the LIF neuron with an absolute refractory period."""

from amaranth import Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from neuron import NeuronSpec
from spikewright_hw.neuron.lif_refractory import PRESETS, core


class RefractorySpec(NeuronSpec):
    """After a spike come exactly ``refractory`` steps without one, in which ``v`` is held."""

    def elaborate(self, platform) -> Module:
        m = super().elaborate(platform)
        steps = self.core.fixed.parameters["refractory"]
        assert isinstance(steps, int)
        after, step = self.core.o.payload, self.core.i.valid & self.core.i.ready
        v, resting, free, first = Signal.like(after.v), Signal(), Signal(), Signal()
        counted = Signal(range(steps + 1))
        left = Mux(after.spike, steps, counted)  # steps of rest that are to come
        with m.If(step):
            m.d.sync += [counted.eq(Mux(left == 0, 0, left - 1)), free.eq(left == 1)]
        m.d.sync += [v.eq(after.v), resting.eq(step & (left != 0)), first.eq(step & free)]
        with m.If(resting):
            m.d.comb += Assert(~after.spike & (after.v == v), "a neuron at rest only waits")
        m.d.comb += [
            Assert(after.rest == left, "it rests for as many steps as the parameter says"),
            Cover(first & after.spike, "it spikes in the first step after its rest"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "lif_refractory_q8_8": RefractorySpec(core(**PRESETS["q8_8"])),
        "lif_refractory_q6_4": RefractorySpec(core(**PRESETS["q6_4"])),
        "lif_refractory_fault": RefractorySpec(core(**PRESETS["q6_4"]), fault=True),
    }
