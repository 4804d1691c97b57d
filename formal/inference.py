"""What is proved of every engine, however its layers work."""

from amaranth import Elaboratable, Module, Mux, ResetSignal, Signal
from amaranth.hdl import Assert, Assume, Cover

from properties import anything, drive, held, observe, stall
from spikewright_hw.engine.inference import InferenceEngine
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network

__all__ = ["InferenceSpec", "TwiceSpec", "tiny_network"]


class InferenceSpec(Elaboratable):
    """One result for each set of inputs, within the cycles that are promised, held until taken.

    So the engine cannot deadlock: it takes inputs whenever it waits for one, and once it has all of
    them the result comes in a bounded time, whatever spikes. The planted fault is an engine that
    misses the result of an inference in which it ran for the longest time.

    Parameters
    ----------
    dut : InferenceEngine
    longest : int
        Cycles that no inference exceeds, and that one takes.
    fault : bool
    """

    def __init__(self, dut: InferenceEngine, *, longest: int, fault: bool = False):
        self.dut = dut
        self.longest = longest
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        steps, longest = dut.network.steps, self.longest
        i = drive(m, dut.i)
        stall(m, dut.o)
        m.d.comb += dut.trace_address.eq(anything(dut.trace_address.shape()))
        o = observe(dut.o)

        loaded = Signal(range(steps + 1))  # inputs that came since the last result was taken
        running = Signal()
        passed = Signal(range(longest + 2))  # cycles since the last of them
        m.d.comb += running.eq((loaded == steps) & ~o.valid)
        if self.fault:
            o.valid = o.valid & (passed != longest)
        m.d.sync += loaded.eq(Mux(o.transfers, 0, loaded + i.transfers))
        with m.If(running):
            m.d.sync += passed.eq(passed + 1)
        with m.Elif(o.transfers):
            m.d.sync += passed.eq(0)
        held(m, o, name="result")

        with m.If(loaded == steps):
            m.d.comb += Assert(~dut.i.ready, "no input is taken before the result is")
        with m.Else():
            m.d.comb += [
                Assert(dut.i.ready, "an input is taken at once if the inference is not complete"),
                Assert(~o.valid, "no result without all inputs"),
            ]
        with m.If((loaded == steps) & ~o.valid):
            m.d.comb += Assert(passed < longest, "the result comes within the cycles promised")
        result = dut.o.payload
        first, second = result.outputs[0], result.outputs[1]
        with m.If(o.valid):
            m.d.comb += [
                Assert(result.cycles == passed, "the cycles reported are those that passed"),
                Assert(
                    result.prediction == (second > first),
                    "the prediction is the highest output, of equal ones the first",
                ),
            ]
        m.d.comb += [
            Assert(loaded <= steps, "the count of inputs is in range"),
            Cover(o.valid & (passed == longest), "an inference takes as long as any may"),
            Cover(o.transfers & (passed < longest), "an inference takes less"),
        ]
        return m


class TwiceSpec(Elaboratable):
    """One inference after another, with an eager source and an eager sink.

    A witness and no property: :class:`InferenceSpec` could hold of an engine that stops for good.
    """

    def __init__(self, dut: InferenceEngine):
        self.dut = dut

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        results = Signal(2)
        m.d.comb += [
            dut.i.valid.eq(1),
            dut.i.payload.eq((1 << dut.network.inputs) - 1),
            dut.o.ready.eq(1),
            Assume(~ResetSignal(), "no reset, or the search takes minutes"),
        ]
        m.d.sync += results.eq(results + dut.o.valid)
        m.d.comb += Cover(results == 2, "a second inference gives its result")
        return m


def tiny_network(*, steps: int, recurrent: bool = False) -> Network:
    """Make a network of two inputs, two hidden neurons and two outputs."""
    form = Format(2, 1)
    hidden = Layer(
        ((1, 1), (1, 0)), 2, "recurrent_lif" if recurrent else "lif",
        {"decay": 0.5, "threshold": 0.5}, form, recurrent=((0, 1), (1, 0)) if recurrent else None,
    )
    readout = Layer(((1, -1), (0, 1)), 2, "li", {"decay": 0.5}, form)
    return Network(layers=(hidden, readout), steps=steps)
