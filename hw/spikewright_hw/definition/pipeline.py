"""A neuron's step as a pipeline, for engines that have many neurons to keep it busy with."""

from collections.abc import Mapping

from amaranth import Module, Signal, Value
from amaranth.hdl import ValueLike

from .expression import Expression
from .fixed_point import FixedNeuron
from .gateware import Bits, LoweredOperations, saturate
from .graph import operands, operands_first
from .interval import Interval

__all__ = ["depth", "pipelined_step"]

#: Operations that take no logic worth a stage: wires, a comparison with zero, which is a sign, and
#: what joins the logic after it.
_FREE = (
    "leaf", "constant", "shift_left", "shift_right", "low_bits", "at_least", "greater", "both",
    "either", "invert", "where",
)


def depth(fixed: FixedNeuron) -> int:
    """Return the number of stages in which each adder, table or multiplier has one to itself."""
    levels = _levels(fixed)
    return 1 + max(levels.values())  # saturation takes the last one


def pipelined_step(
    m: Module,
    fixed: FixedNeuron,
    states: Mapping[str, ValueLike],
    inputs: Mapping[str, ValueLike],
    *,
    vectors: Mapping[str, ValueLike],
    stages: int,
    advance: Value,
) -> tuple[dict[str, Value], Value | None]:
    """Return the next states and the spike (None if it never spikes), ``stages - 1`` cycles later.

    Only cycles with ``advance`` count.
    """
    levels = _levels(fixed)
    last = 1 + max(levels.values())
    operations = LoweredOperations(m)
    leaves = {
        name: Bits.of(value, Interval(*fixed.bounds[name])) for name, value in states.items()
    }
    leaves |= {name: Bits.of(value) for name, value in {**inputs, **vectors}.items()}
    made: dict[tuple[Expression, int], Bits] = {}

    def stage_of(node: Expression) -> int:
        return max(0, levels[node] - 1) * stages // last

    def at(node: Expression, stage: int) -> Bits:
        """Return a node's value in the cycle of a stage."""
        if (node, stage) not in made:
            if node.operation == "constant" or stage == stage_of(node):
                made[node, stage] = compute(node, stage)
            else:
                before = at(node, stage - 1)
                held = Signal(before.value.shape(), name=f"stage_{stage}_{len(made)}")
                with m.If(advance):
                    m.d.sync += held.eq(before.value)
                made[node, stage] = Bits(held, before.zeros, before.interval)
        return made[node, stage]

    def compute(node: Expression, stage: int) -> Bits:
        if node.operation == "leaf":
            return leaves[node.operands[0]]
        values = {one: at(one, stage) for one in node.parts}
        return operations.made(getattr(operations, node.operation)(*operands(node, values)))

    after = {name: at(node, stages - 1) for name, node in fixed.update.items()}
    spike = after.pop("spike", None)
    return {
        name: saturate(bits.whole, *fixed.bounds[name]) for name, bits in after.items()
    }, None if spike is None else spike.value


def _levels(fixed: FixedNeuron) -> dict[Expression, int]:
    """Return the level of each node: how many costly operations lie on the longest way to it."""
    levels: dict[Expression, int] = {}
    for node in operands_first(fixed.update.values()):
        below = max((levels[one] for one in node.parts), default=0)
        levels[node] = below + (node.operation not in _FREE and not _joins(node))
    return levels


def _joins(node: Expression) -> bool:
    """Whether a sum is of a constant and of what is zero where that has bits, and so is wires."""
    if node.operation != "add":
        return False
    above, constant = node.operands
    return (
        constant.operation == "constant" and above.operation == "shift_left"
        and 0 <= constant.operands[0] < 1 << above.operands[1]
    )
