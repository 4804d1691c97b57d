"""Parallel counter: how many of many bits are one."""

from collections.abc import Iterable
from typing import Any

from amaranth import Cat, Const, Module, Signal, Value
from amaranth.utils import ceil_log2

from .gate import GateStage

__all__ = ["PRESETS", "ParallelCounter", "core", "count", "population_count", "reference"]

#: Parameter sets by name.
PRESETS = {"n8": {"inputs": 8}, "n64": {"inputs": 64}}


def count(bits: int) -> int:
    """Return the number of ones."""
    return bits.bit_count()


def population_count(m: Module, bits: Iterable[Value]) -> Value:
    """Build a counter of the ones among ``bits`` in ``m`` and return its sum.

    Full adders take three bits of a weight and give one of it and one of twice the weight, layer
    by layer, until there are two bits of a weight at most; these are two numbers, for one adder
    with a carry chain. Where there are many bits, Yosys makes less of this than of a ``sum()``.

    Parameters
    ----------
    m : Module
        Where it is built, without a register. Outside of any ``m.If``: its adders always add.
    bits : iterable of Value
        Single bits, at least one.

    Returns
    -------
    Value
        Unsigned, just wide enough for the number of bits.
    """
    weights = [list(bits)]
    width = ceil_log2(len(weights[0]) + 1)
    while any(len(column) > 2 for column in weights):
        layer: list[list[Value]] = [[] for _ in range(width)]
        for weight, column in enumerate(weights):
            while len(column) > 2:
                a, b, c, *column = column
                total, carry = Signal(), Signal()
                m.d.comb += [total.eq(a ^ b ^ c), carry.eq(a & b | c & (a ^ b))]
                layer[weight].append(total)
                layer[weight + 1].append(carry)
            layer[weight] += column
        weights = layer
    first, second = (
        Cat(column[index] if index < len(column) else Const(0, 1) for column in weights)
        for index in (0, 1)
    )
    return (first + second)[:width]


class ParallelCounter(GateStage):
    """Counts the ones among its inputs, exactly, in every cycle.

    .. code-block:: none

        o = i[0] + ... + i[inputs - 1]

    (B. Parhami, C.-H. Yeh, "Accumulative parallel counters", Asilomar 1995). Added up over a run,
    it gives the sum of the streams as a binary number, without a scale and whatever their
    correlation. The *approximate* parallel counters of the field leave out adders; this one does
    not. :func:`population_count` is the same without the streams, to be built into other cores.

    The latency is one clock cycle, and the throughput is one bit of each input per clock cycle for
    as long as ``o.ready`` is high.

    Parameters
    ----------
    inputs : int, at least 1
        Bits that are counted.

    Members
    -------
    i : In(stream.Signature(inputs))
        Bits.
    o : Out(stream.Signature(range(inputs + 1)))
        Numbers of ones.
    """

    def __init__(self, *, inputs: int):
        if inputs < 1:
            raise ValueError(f"a counter has at least one input, not {inputs}")
        self.inputs = inputs
        super().__init__(i=inputs, o=range(inputs + 1))

    def result(self, m: Module, payload: Any) -> Value:
        """Return the number of ones."""
        return population_count(m, payload)


core = ParallelCounter
reference = count
