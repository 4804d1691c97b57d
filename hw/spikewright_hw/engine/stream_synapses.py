"""Stream synapses: from the products of a cycle to what a neuron gets of a step."""

from typing import Any

from amaranth import Cat, Const, Module, Shape, Signal, Value, signed
from amaranth.lib import data

from ..layer import Layer
from .stream_counts import count_bounds
from .streams import Streams, stream_current

__all__ = ["StreamSynapses"]


class StreamSynapses:
    """Weights as bitstreams: a cycle brings each neuron the sum of its products.

    Where the neuron has inputs that sum weights of one sign alone, it brings a sum for each sign.

    Parameters
    ----------
    layer : Layer
    streams : Streams
    lanes : int
        Products of one cycle for each neuron, a power of two.
    """

    apart = False

    def __init__(self, layer: Layer, streams: Streams, *, lanes: int):
        self.layer = layer
        self.streams = streams
        inputs = layer.fixed.definition.inputs.values()
        sums = sorted({self._sum(input.source) for input in inputs})
        self.addend = data.StructLayout(dict.fromkeys(sums, signed(lanes.bit_length() + 1)))

    @staticmethod
    def _sum(source: str) -> str:
        """Return which sum an input takes."""
        return source if source in ("excitatory", "inhibitory") else "all"

    def add(self, m: Module, counts: Value, down: Value) -> dict[str, Value]:
        """Add the products of a neuron, one bit of each lane: whether it counts, and down."""
        signs = {"excitatory": counts & ~down, "inhibitory": counts & down}
        return {
            name: _added(m, [
                Cat(signs[name][lane], 0) if name in signs
                else Cat(counts[lane], counts[lane] & down[lane])
                for lane in range(len(counts))
            ])
            for name in self.addend.members
        }

    def total(self, input: str) -> Shape:
        """Counts of a step."""
        return signed(count_bounds(self.streams, self.layer, input).width)

    def contribution(self, source: str, addend: Any) -> Value:
        """Return what the products of a cycle add."""
        return addend[self._sum(source)]

    def current(self, total: Value) -> Value:
        """From a count to stored units."""
        return stream_current(self.streams, self.layer, total)


def _added(m: Module, numbers: list[Value]) -> Value:
    """Add signed numbers in pairs. They are short, so carries ripple through gates: no chain."""
    while len(numbers) > 1:
        numbers = [
            _pair(m, one, other) for one, other in zip(numbers[::2], numbers[1::2], strict=True)
        ]
    return numbers[0].as_signed()


def _pair(m: Module, one: Value, other: Value) -> Value:
    """Add two numbers of the same width; the sum is a bit wider."""
    width = len(one) + 1
    carry: Value = Const(0, 1)
    bits = []
    for at in range(width):
        a, b = one[min(at, width - 2)], other[min(at, width - 2)]
        bit, following = Signal(), Signal()
        m.d.comb += [bit.eq(a ^ b ^ carry), following.eq(a & b | carry & (a ^ b))]
        bits.append(bit)
        carry = following
    return Cat(bits)
