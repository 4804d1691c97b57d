"""What is proved of every neuron core, whatever its definition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from amaranth import Array, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from faults import Faults
from properties import Observed, drive, held, observe, stall
from spikewright_hw.cores import CORES
from spikewright_hw.definition import integers
from spikewright_hw.definition.expression import Expression, Operations
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.graph import evaluate, operands, operands_first
from spikewright_hw.definition.interval import Interval, IntervalOperations
from spikewright_hw.neuron.component import NeuronCore

__all__ = ["NeuronFaults", "NeuronSpec", "Seen", "exact_of", "exact_step", "specs"]

#: Steps of constant drive within which a state has to saturate for this to be a witness.
DRIVEN = 4

#: No fault.
LOW = Const(0)

# What the properties say.
TAKEN = "a step is taken unless an output is in its way"
EACH = "there is an output for each step, and no other"
FOLLOWS = "{} is the definition's, clamped into its range"
SPIKES = "the neuron spikes exactly when the definition's comparison holds"


class _Exact(Operations):
    """The operations of a program in Amaranth's own arithmetic, whose results are never cut."""

    @staticmethod
    def constant(value):
        return Const(value)

    @staticmethod
    def shift_left(value, by):
        return value.shift_left(by)

    @staticmethod
    def where(condition, yes, no):
        return Mux(condition, yes, no)

    @staticmethod
    def pick(index, table):
        shape = signed(Interval.of(*table).width)
        return Array(Const(entry, shape) for entry in table)[index.as_unsigned()]


@dataclass(frozen=True)
class Exact:
    """A program beside a core.

    ``after`` are the exact next states, before saturation, and ``spike`` where the neuron spikes.
    ``cuts`` are the values in between, each as the core keeps it and as it is; ``reads`` the
    indices of tables, and the tables' lengths.
    """

    after: dict[str, Value]
    cuts: list[tuple[Value, Value]]
    reads: list[tuple[Value, int]]

    def check(self, m: Module, *, cut: Value = LOW, beyond: Value = LOW) -> None:
        """Assert that nothing is lost in between.

        Two faults can be planted: where ``cut`` is high, the last value seems to lose a
        bit, and where ``beyond`` is high, a table seems to be read beyond its end.
        """
        for index, length in self.reads:
            m.d.comb += Assert(
                (index >= 0) & (index + Mux(beyond, length, 0) < length),
                "a table is read between its ends",
            )
        *others, (kept, exact) = self.cuts
        m.d.comb += [
            *(Assert(kept == exact, "no value in between wraps") for kept, exact in others),
            Assert(kept ^ cut == exact, "no value in between wraps"),
        ]


def exact_of(m: Module, fixed: FixedNeuron, leaves: Mapping[str, Value]) -> Exact:
    """Build the program of a neuron beside its core.

    It shares the program with the core, and nothing of the core's lowering. Each operation is
    exact, and its result is then cut to the width that the core has for it. That this loses nothing
    is for :meth:`Exact.check`; so each property rests on those of the operands.
    """
    nodes = operands_first(fixed.update.values())
    outputs = {str(number): node for number, node in enumerate(nodes)}
    intervals = evaluate(outputs, fixed.leaf_ranges(), IntervalOperations()).values()
    known: dict[Expression, Value] = {}
    cuts, reads = [], []
    for node, interval in zip(nodes, intervals, strict=True):
        if node.operation == "leaf":
            known[node] = leaves[node.operands[0]]
            continue
        parts = operands(node, known)
        if node.operation == "pick":
            index, table = parts
            reads.append((index, len(table)))
        exact = getattr(_Exact, node.operation)(*parts)
        known[node] = Signal(signed(interval.width), name=node.operation)
        m.d.comb += known[node].eq(exact)
        cuts.append((known[node], exact))
    return Exact({name: known[node] for name, node in fixed.update.items()}, cuts, reads)


def exact_step(m: Module, fixed: FixedNeuron, leaves: Mapping[str, Value]) -> dict[str, Value]:
    """Return the exact next states and ``spike``, and assert that nothing is lost on the way."""
    exact = exact_of(m, fixed, leaves)
    exact.check(m)
    return exact.after


def saturating(fixed: FixedNeuron) -> set[tuple[str, int]]:
    """Return the states, and the ends of their ranges, to which constant drive brings them."""
    found = set()
    ends = fixed.format.min, fixed.format.max
    for inputs in product(ends, repeat=len(fixed.definition.inputs)):
        states = integers.start(fixed)
        for _ in range(DRIVEN):
            given = dict(zip(fixed.definition.inputs, inputs, strict=True))
            states, _ = integers.step(fixed, states, given)
            found |= {(name, at) for name, at in states.items() if at in fixed.bounds[name]}
    return found


@dataclass(frozen=True)
class Seen:
    """What a neuron's properties see: the core's step, the program's, and when a fault shows."""

    step: Observed
    done: Value
    exact: Exact
    hit: Signal


class NeuronSpec(Elaboratable):
    """The core's step is the definition's step, for every state and every input.

    With nothing wrapped on the way, each state is the exact value clamped into its range, and the
    spike is as the comparison says. Only a step changes a state. Where neurons take turns, each has
    the states that its own last step left.

    Core and program are there once, and the properties once for each of ``faults``, which see them
    through that fault. It shows after a step whose first input is at its greatest.
    """

    def __init__(self, core: NeuronCore, *, faults: Iterable[str] = ("",)):
        self.core = core
        self.faults = tuple(faults)

    def elaborate(self, platform) -> Module:
        m = Module()
        core, fixed = self.core, self.core.fixed
        m.submodules.dut = core
        i = drive(m, core.i)
        stall(m, core.o)

        # What a step starts from: where neurons take turns, of the one that is done next.
        names, payload = list(fixed.definition.inputs), core.i.payload
        leaves = {name: payload[name] if len(names) > 1 else payload for name in names}
        leaves |= {name: core.o.payload[name] for name in fixed.formats}
        full: Value = Const(1)
        for turn in range(1, core.interleave):
            behind = {name: Signal.like(value, name=name) for name, value in leaves.items()}
            filled = Signal(name=f"full_{turn}")
            with m.If(i.transfers):
                m.d.sync += filled.eq(full)
                m.d.sync += [behind[name].eq(value) for name, value in leaves.items()]
            leaves, full = behind, filled
        done = i.transfers & full
        hit = Signal()
        with m.If(done):
            m.d.sync += hit.eq(leaves[names[0]] == fixed.format.max)
        seen = Seen(step=i, done=done, exact=exact_of(m, fixed, leaves), hit=hit)
        for fault in self.faults:
            m.submodules[fault or "properties"] = properties = Module()
            self.check(properties, seen, fault)
        return m

    def check(self, m: Module, seen: Seen, fault: str) -> None:
        """State what must hold, of a core that is seen through a fault, or as it is if ``""``."""
        fixed, exact, hit = self.core.fixed, seen.exact.after, seen.hit
        o = observe(self.core.o)
        stalled = Signal()
        m.d.sync += stalled.eq(o.valid & ~o.ready)
        if fault == "lost":
            o.valid = o.valid & ~hit
        elif fault == "withdrawn":
            o.valid = o.valid & ~(hit & stalled)
        elif fault == "unsteady":
            o.payload = o.payload ^ (hit & stalled)
        held(m, o, name="step")
        seen.exact.check(m, cut=hit & (fault == "cut"), beyond=hit & (fault == "table"))

        # One output for each step.
        offered = Signal()
        with m.If(seen.done):
            m.d.sync += offered.eq(1)
        with m.Elif(o.ready):
            m.d.sync += offered.eq(0)
        ready = seen.step.ready & ~(hit & (fault == "ready"))
        m.d.comb += [Assert(ready == (~o.valid | o.ready), TAKEN), Assert(o.valid == offered, EACH)]

        # What it says.
        ends = saturating(fixed)
        for name in fixed.formats:
            low, high = fixed.bounds[name]
            with m.If(seen.done):
                if (name, high) in ends:
                    m.d.comb += Cover(exact[name] > high, f"{name} saturates at the top")
                if (name, low) in ends:
                    m.d.comb += Cover(exact[name] < low, f"{name} saturates at the bottom")
            self._check_state(m, name, seen, fault)
        if fixed.definition.spikes:
            expected = Signal()
            with m.If(seen.done):
                m.d.sync += expected.eq(exact["spike"])
            spike = self.core.o.payload.spike
            m.d.comb += [
                Assert(spike ^ (hit & (fault == "spike")) == expected, SPIKES),
                Cover(spike, "the neuron spikes"),
            ]

    def _check_state(self, m: Module, name: str, seen: Seen, fault: str) -> None:
        """Assert that a state is the exact one, clamped into its range."""
        fixed, exact = self.core.fixed, seen.exact.after[name]
        low, high = fixed.bounds[name]
        after = Mux(exact > high, high, Mux(exact < low, low, exact))
        start = integers.start(fixed)[name]
        expected = Signal(signed(fixed.formats[name].width), name=f"{name}_expected", init=start)
        with m.If(seen.done):
            m.d.sync += expected.eq(after)
        state: Value = self.core.o.payload[name]
        if fault == name:
            state = Mux(seen.hit, Mux(state < high, state + 1, low), state)
        elif fault == f"{name}_range":
            state = Mux(seen.hit, high + 1, state)
        m.d.comb += [
            Assert(state == expected, FOLLOWS.format(name)),
            Assert((state >= low) & (state <= high), f"{name} is in its range"),
        ]


class NeuronFaults(Faults):
    """Each fault of a neuron, planted in what the properties see of one core.

    ``more`` are those of a subclass, with the properties that each turns red.
    """

    def __init__(
        self,
        core: NeuronCore,
        *,
        spec: type[NeuronSpec] = NeuronSpec,
        more: Mapping[str, tuple[str, ...]] | None = None,
    ):
        fixed = core.fixed
        found: dict[str, tuple[str, ...]] = {
            "ready": (TAKEN,),
            "lost": (TAKEN, EACH),
            "withdrawn": (TAKEN, EACH, "step: an offer is not withdrawn while it stalls"),
            "unsteady": ("step: a payload is held while it stalls",),
            "cut": ("no value in between wraps",),
        }
        for name in fixed.formats:
            follows = FOLLOWS.format(name)
            found |= {name: (follows,), f"{name}_range": (follows, f"{name} is in its range")}
        if fixed.definition.spikes:
            found["spike"] = (SPIKES,)
        if any(node.operation == "pick" for node in operands_first(fixed.update.values())):
            found["table"] = ("a table is read between its ends",)
        super().__init__(found | dict(more or {}))
        self.core = core
        self.spec = spec

    def elaborate(self, platform) -> Elaboratable:
        return self.spec(self.core, faults=self.detectors)


def specs(name: str) -> dict[str, Elaboratable]:
    """Return the specs of a neuron: its first two presets, and the second one's faults."""
    make, presets = CORES[name].module.core, CORES[name].presets
    first, second = list(presets)[:2]
    return {
        f"{name}_{first}": NeuronSpec(make(**presets[first])),
        f"{name}_{second}": NeuronSpec(make(**presets[second])),
        f"{name}_fault": NeuronFaults(make(**presets[second])),
    }
