"""What is proved of every engine, however its layers work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, ResetSignal, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Spec, plant
from layers import MUTANTS, mutant
from properties import Observed, anything, drive, held, observe, stall
from spikewright_hw.connection import Convolution, Dense, FeatureMap, Pooled
from spikewright_hw.engine.inference import InferenceEngine
from spikewright_hw.engine.layer_step import graded_events, layer_start, layer_step
from spikewright_hw.engine.record import MEMBRANE_BYTES
from spikewright_hw.engine.stream_layer_step import stream_layer_step
from spikewright_hw.engine.streams import Streams
from spikewright_hw.engine.weight_image import pack_row
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.readout import SPIKING, output_after

__all__ = [
    "DETECTORS", "MIXED", "VALUES", "InferenceSpec", "TwiceSpec", "map_network",
    "smallest_network", "tiny_network", "told_apart", "values_of",
]

#: What is said of the fields of a result whose value is known.
VALUES = {
    "outputs": "the outputs are those of the reference",
    "input_events": "the input events are those of the reference",
    "spikes": "the spikes of each layer are those of the reference",
    "synops": "the synaptic operations are those of the reference",
}

#: Where a result is taken that is not seen, the count of inputs is too low from then on.
BEHIND = (
    "an input is taken at once if the inference is not complete",
    "no input is taken before the result is",
    "no result without all inputs",
    "the count of inputs is in range",
    "the cycles reported are those that passed",
)

#: Faults of what is seen of an engine, and the properties that each turns red.
DETECTORS: dict[str, tuple[str, ...]] = {
    "late": ("the result comes within the cycles promised", *BEHIND),
    "greedy": (
        "no input is taken before the result is",
        "the count of inputs is in range",
        "no result without all inputs",
        "the cycles reported are those that passed",
    ),
    "deaf": ("an input is taken at once if the inference is not complete",),
    "early": ("no result without all inputs",),
    "cycles": ("the cycles reported are those that passed",),
    "prediction": ("the prediction is the highest output, of equal ones the first",),
    "unsteady": ("result: a payload is held while it stalls",),
    "withdrawn": (
        "result: an offer is not withdrawn while it stalls",
        "the result comes within the cycles promised",
        *BEHIND,
    ),
    **{f"said_{name}": (said,) for name, said in VALUES.items()},
}

#: Engines of another network: see :func:`tiny_network`.
MIXED = "layers", *(f"{mutant}_{number}" for mutant in MUTANTS for number in range(2))

NO_RESET = "no reset, or the search takes minutes"


@dataclass(frozen=True)
class Seen:
    """The inputs of an engine, and the last bitmaps, as many as a step has, the first lowest."""

    i: Observed
    bitmaps: Signal


class InferenceSpec(Spec):
    """One result for each set of inputs, within the cycles that are promised, held until taken.

    So the engine cannot deadlock: it takes inputs whenever it waits for one, and once it has all of
    them the result comes in a bounded time, whatever spikes.

    Parameters
    ----------
    dut : InferenceEngine
    longest : int
        Cycles that no inference exceeds, and that one takes.
    values : sequence of dict of str to int, optional
        For a network of one step: the fields of the result by its bitmaps, input 0 and the first
        bitmap lowest.
    """

    def __init__(
        self,
        dut: InferenceEngine,
        *,
        longest: int,
        values: Sequence[Mapping[str, int]] | None = None,
    ):
        self.dut = dut
        self.longest = longest
        self.values = values

    def surround(self, m: Module) -> Seen:
        m.submodules.dut = dut = self.dut
        i = drive(m, dut.i)
        stall(m, dut.o)
        trace_address = dut.trace_address.as_value()
        m.d.comb += trace_address.eq(anything(len(trace_address)))
        bitmaps = Signal(dut.network.inputs * dut.network.input_bits)
        with m.If(i.transfers):
            m.d.sync += bitmaps.eq(Cat(bitmaps, i.payload)[dut.words.bits :])
        return Seen(i, bitmaps)

    def check(self, m: Module, seen: Seen, fault: str) -> None:
        dut = self.dut
        words, longest = dut.network.planes * dut.words.count, self.longest
        i, o = seen.i, observe(dut.o)
        plant(m, o, fault)
        taken = i.ready | (fault == "greedy")
        ready = taken & (fault != "deaf")

        loaded = Signal(range(words + 2))  # inputs that came since the last result was taken
        running = Signal()
        passed = Signal(range(longest + 2))  # cycles since the last of them
        m.d.comb += running.eq((loaded == words) & ~o.valid)
        if fault == "late":
            o.valid = o.valid & (passed != longest)
        m.d.sync += loaded.eq(Mux(o.transfers, 0, loaded + (i.valid & taken)))
        with m.If(running):
            m.d.sync += passed.eq(passed + 1)
        with m.Elif(o.transfers):
            m.d.sync += passed.eq(0)
        held(m, o, name="result")

        with m.If(loaded == words):
            m.d.comb += Assert(~ready, "no input is taken before the result is")
        with m.Else():
            m.d.comb += [
                Assert(ready, "an input is taken at once if the inference is not complete"),
                Assert(~(o.valid | (fault == "early")), "no result without all inputs"),
            ]
        with m.If((loaded == words) & ~o.valid):
            m.d.comb += Assert(passed < longest, "the result comes within the cycles promised")
        m.d.comb += [
            Assert(loaded <= words, "the count of inputs is in range"),
            Cover(o.valid & (passed == longest), "an inference takes as long as any may"),
            Cover(o.transfers & (passed < longest), "an inference takes less"),
        ]
        with m.If(o.valid):
            self._check_result(m, seen, passed, fault)

    def _check_result(self, m: Module, seen: Seen, passed: Signal, fault: str) -> None:
        result = self.dut.o.payload
        first, second = result.outputs[0], result.outputs[1]
        m.d.comb += [
            Assert(
                result.cycles ^ (fault == "cycles") == passed,
                "the cycles reported are those that passed",
            ),
            Assert(
                result.prediction ^ (fault == "prediction") == (second > first),
                "the prediction is the highest output, of equal ones the first",
            ),
        ]
        for name in VALUES if self.values is not None else ():
            said: Value = Value.cast(result[name]) ^ (fault == f"said_{name}")
            owed = Array(Const(by[name], len(said)) for by in self.values or ())[seen.bitmaps]
            m.d.comb += Assert(said == owed, VALUES[name])


def values_of(network: Network, *, streams: Streams | None = None) -> list[dict[str, int]]:
    """Return the results of a network of one step by its bitmaps, as its layers' references say.

    With ``streams`` these compute on bitstreams, bit by bit.
    """
    assert network.steps == 1
    step_of = layer_step if streams is None else partial(stream_layer_step, streams=streams)
    found = []
    for bitmaps in range(1 << network.inputs * network.input_bits):
        planes = [
            [at for at in range(network.inputs) if bitmaps >> plane * network.inputs + at & 1]
            for plane in range(network.input_bits)
        ]
        synops, events = 0, []
        states: list[dict[str, int]] = []
        spikes: tuple[int, ...] = ()
        for layer in network.layers:
            events.append(sum(map(len, planes)))
            synops += sum(layer.operations(event) for plane in planes for event in plane)
            states, spikes = step_of(layer, states=layer_start(layer), events=graded_events(planes))
            planes = [[number for number, spike in enumerate(spikes) if spike]]
        given = spikes if network.reads_spikes else tuple(state["v"] for state in states)
        outputs = tuple(output_after(network.readout, 0, one, step=0, steps=1) for one in given)
        counts = (*events[1:], sum(spikes))
        found.append({
            "outputs": pack_row(outputs, 8 * MEMBRANE_BYTES), "input_events": events[0],
            "spikes": pack_row(counts, 32), "synops": synops,
        })
    return found


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
            dut.i.payload.eq((1 << dut.words.bits) - 1),
            dut.o.ready.eq(1),
            Assume(~ResetSignal(), NO_RESET),
        ]
        m.d.sync += results.eq(results + dut.o.valid)
        m.d.comb += Cover(results == 2, "a second inference gives its result")
        return m


def smallest_network(
    *, steps: int = 1, recurrent: bool = False, input_bits: int = 1
) -> Network:
    """Make a network of one input and one hidden neuron, with two outputs."""
    form = Format(2, 1)
    hidden = Layer(
        ((2,),), 3, "recurrent_lif" if recurrent else "lif", {"decay": 0.5, "threshold": 0.5}, form,
        recurrent=((1,),) if recurrent else None,
        input_bits=input_bits,
    )
    readout = Layer(((1, -1),), 3, "li", {"decay": 0.5}, form)
    return Network(layers=(hidden, readout), steps=steps)


def map_network(*, steps: int, input_bits: int = 1) -> Network:
    """Make a network of two inputs along a line, a convolution to three neurons, and two outputs.

    With all inputs all neurons spike. The outputs hear sums of neighbours, and the neuron in the
    middle twice, so that words wait for its taps.
    """
    form = Format(3, 1)
    line = FeatureMap(channels=1, width=2)
    convolution = Convolution(source=line, channels=1, kernel=(1, 2), padding=(0, 1))
    hidden = Layer(
        ((1,), (2,)), 3, "lif", {"decay": 0.5, "threshold": 0.5}, form, connection=convolution,
        input_bits=input_bits,
    )
    pooled = Pooled(
        source=convolution.target, window=(1, 2), stride=(1, 1),
        then=Dense(source=FeatureMap(channels=1, width=2), neurons=2),
    )
    last = Layer(((1, -1), (1, 2)), 3, "li", {"decay": 0.5}, form, connection=pooled)
    return Network(layers=(hidden, last), steps=steps)


def told_apart(right: Network, wrong: Network) -> tuple[str, ...]:
    """Return the properties of :data:`VALUES` that an engine of the wrong network turns red."""
    results = values_of(right), values_of(wrong)
    return tuple(
        said for name, said in VALUES.items()
        if any(one[name] != other[name] for one, other in zip(*results, strict=True))
    )


def tiny_network(
    *, steps: int, recurrent: bool = False, readout: str = "last", fault: str = ""
) -> Network:
    """Make a network of two inputs, two hidden neurons and two outputs.

    With all inputs all neurons spike. A fault is one of the first or the last layer, as ``sign_0``
    or ``sign_1``: see :func:`~layers.mutant`; or ``layers``, whose weights are swapped.
    """
    form = Format(2, 1)
    hidden = Layer(
        ((2, -1), (-1, 2)), 3, "recurrent_lif" if recurrent else "lif",
        {"decay": 0.5, "threshold": 0.5}, form, recurrent=((0, 1), (1, 0)) if recurrent else None,
    )
    last = Layer(
        ((1, -1), (1, 2)), 3, "lif" if readout in SPIKING else "li", {"decay": 0.5}, form
    )
    if fault == "layers":
        hidden, last = (
            replace(one, weights=other.weights) for one, other in ((hidden, last), (last, hidden))
        )
    kind, _, number = fault.partition("_")
    layers = tuple(
        mutant(layer, kind * (number == str(at))) for at, layer in enumerate((hidden, last))
    )
    return Network(layers=layers, steps=steps, readout=readout)
