"""What is proved of the LIF neuron with an absolute refractory period."""

from amaranth import Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from neuron import NeuronFaults, NeuronSpec, Seen
from spikewright_hw.neuron.lif_refractory import PRESETS, core

WAITS = "a neuron at rest only waits"
RESTS = "it rests for as many steps as the parameter says"


class RefractorySpec(NeuronSpec):
    """After a spike come exactly ``refractory`` steps without one, in which ``v`` is held.

    The planted faults are a spike in the last step of rest, and a step of rest too few.
    """

    def check(self, m: Module, seen: Seen, fault: str) -> None:
        super().check(m, seen, fault)
        steps = self.core.fixed.parameters["refractory"]
        assert isinstance(steps, int)
        after, step = self.core.o.payload, seen.step.transfers
        v, resting, free, first = Signal.like(after.v), Signal(), Signal(), Signal()
        counted = Signal(range(steps + 1))
        left = Mux(after.spike, steps, counted)  # steps of rest that are to come
        with m.If(step):
            m.d.sync += [counted.eq(Mux(left == 0, 0, left - 1)), free.eq(left == 1)]
        m.d.sync += [v.eq(after.v), resting.eq(step & (left != 0)), first.eq(step & free)]
        spike = after.spike | (resting & (fault == "restless"))
        rest = left - ((left == steps) & (fault == "short"))
        with m.If(resting):
            m.d.comb += Assert(~spike & (after.v == v), WAITS)
        m.d.comb += [
            Assert(after.rest == rest, RESTS),
            Cover(first & after.spike, "it spikes in the first step after its rest"),
        ]


def specs() -> dict[str, Elaboratable]:
    more = {"restless": (WAITS,), "short": (RESTS,)}
    return {
        "lif_refractory_q8_8": RefractorySpec(core(**PRESETS["q8_8"])),
        "lif_refractory_q6_4": RefractorySpec(core(**PRESETS["q6_4"])),
        "lif_refractory_fault": NeuronFaults(
            core(**PRESETS["q6_4"]), spec=RefractorySpec, more=more
        ),
    }
