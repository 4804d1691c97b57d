"""What is proved of every neuron core, whatever its definition."""

from collections.abc import Mapping
from itertools import product

from amaranth import Array, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from properties import drive, held, observe, stall
from spikewright_hw.definition import integers
from spikewright_hw.definition.expression import Expression, Operations, evaluate
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.interval import Interval, IntervalOperations
from spikewright_hw.neuron.core import NeuronCore

__all__ = ["NeuronSpec", "exact_step"]

#: Steps of constant drive within which a state has to saturate for this to be a witness.
DRIVEN = 4


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


def exact_step(m: Module, fixed: FixedNeuron, leaves: Mapping[str, Value]) -> dict[str, Value]:
    """Give the exact next states, before saturation, and ``spike`` where the neuron spikes.

    It shares the program with the core, and nothing of the core's lowering. Each operation is
    exact, and its result is then cut to the width that the core has for it, with the property that
    this loses nothing; so each property rests on those of the operands.
    """
    nodes = nodes_of(fixed.update)
    outputs = {str(number): node for number, node in enumerate(nodes)}
    intervals = evaluate(outputs, fixed.leaf_ranges(), IntervalOperations()).values()
    known: dict[Expression, Value] = {}
    for node, interval in zip(nodes, intervals, strict=True):
        if node.operation == "leaf":
            known[node] = leaves[node.operands[0]]
            continue
        operands = [known[one] if isinstance(one, Expression) else one for one in node.operands]
        if node.operation == "pick":
            index, table = operands
            m.d.comb += Assert(
                (index >= 0) & (index < len(table)), "a table is read between its ends"
            )
        exact = getattr(_Exact, node.operation)(*operands)
        known[node] = Signal(signed(interval.width), name=node.operation)
        m.d.comb += [
            known[node].eq(exact),
            Assert(known[node] == exact, "no value in between wraps"),
        ]
    return {name: known[node] for name, node in fixed.update.items()}


def nodes_of(outputs: Mapping[str, Expression]) -> list[Expression]:
    """Give every node of a graph, operands first."""
    found: dict[Expression, None] = {}

    def visit(node: Expression) -> None:
        for one in node.operands:
            if isinstance(one, Expression) and one not in found:
                visit(one)
        found.setdefault(node)

    for node in outputs.values():
        visit(node)
    return list(found)


def saturating(fixed: FixedNeuron) -> set[tuple[str, int]]:
    """Give the states, and the ends of their ranges, to which constant drive brings them."""
    found = set()
    ends = fixed.format.min, fixed.format.max
    for inputs in product(ends, repeat=len(fixed.definition.inputs)):
        states = integers.start(fixed)
        for _ in range(DRIVEN):
            given = dict(zip(fixed.definition.inputs, inputs, strict=True))
            states, _ = integers.step(fixed, states, given)
            found |= {(name, at) for name, at in states.items() if at in fixed.bounds[name]}
    return found


class NeuronSpec(Elaboratable):
    """The core's step is the definition's step, for every state and every input.

    With nothing wrapped on the way, each state is the exact value clamped into its range, and the
    spike is as the comparison says. Only a step changes a state. Where neurons take turns, each has
    the states that its own last step left. The planted fault is a membrane that is one too high
    where the first input is at its greatest.
    """

    def __init__(self, core: NeuronCore, *, fault: bool = False):
        self.core = core
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        core, fixed = self.core, self.core.fixed
        m.submodules.dut = core
        i = drive(m, core.i)
        stall(m, core.o)
        o = observe(core.o)
        held(m, o, name="step")
        m.d.comb += Assert(
            i.ready == (~o.valid | o.ready), "a step is taken unless an output is in its way"
        )

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
        exact = exact_step(m, fixed, leaves)

        # What it leaves behind.
        offered = Signal()
        with m.If(done):
            m.d.sync += offered.eq(1)
        with m.Elif(o.ready):
            m.d.sync += offered.eq(0)
        m.d.comb += Assert(o.valid == offered, "there is an output for each step, and no other")
        start = integers.start(fixed)
        ends = saturating(fixed)
        for name, form in fixed.formats.items():
            low, high = fixed.bounds[name]
            after = Mux(exact[name] > high, high, Mux(exact[name] < low, low, exact[name]))
            if self.fault and name == "v":
                after = after + (leaves[names[0]] == fixed.format.max)
            expected = Signal(signed(form.width), name=f"{name}_expected", init=start[name])
            with m.If(done):
                m.d.sync += expected.eq(after)
                if (name, high) in ends:
                    m.d.comb += Cover(exact[name] > high, f"{name} saturates at the top")
                if (name, low) in ends:
                    m.d.comb += Cover(exact[name] < low, f"{name} saturates at the bottom")
            state = core.o.payload[name]
            m.d.comb += [
                Assert(state == expected, f"{name} is the definition's, clamped into its range"),
                Assert((state >= low) & (state <= high), f"{name} is in its range"),
            ]
        if fixed.definition.spikes:
            expected = Signal()
            with m.If(done):
                m.d.sync += expected.eq(exact["spike"])
            m.d.comb += [
                Assert(
                    core.o.payload.spike == expected,
                    "the neuron spikes exactly when the definition's comparison holds",
                ),
                Cover(core.o.payload.spike, "the neuron spikes"),
            ]
        return m
