"""Stream lane: one row of weights after another, as products of bitstreams."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from ..layer import Layer
from .ram_style import rom_attributes
from .streams import Streams, code, code_width

__all__ = ["StreamLane", "blocks"]


def blocks(layer: Layer, *, lanes: int) -> list[range]:
    """Return the rows of each block, one for each lane; the layer's own begin a new block."""
    return [
        range(first, min(first + lanes, end))
        for begin, end in ((0, layer.inputs), (layer.inputs, len(layer.rows)))
        for first in range(begin, end, lanes)
    ]


class StreamLane(wiring.Component):
    """The products of one row with one bit of its input, for all neurons of a layer.

    The weights' bits lie in a memory of planes, a word for each block and plane: no weight needs a
    comparator, for the number says which plane is the stream's. The latency is three clock cycles,
    and the throughput is one row a cycle.

    Parameters
    ----------
    layer : Layer
    streams : Streams
    lane, lanes : int
        Which of how many, a power of two; the lane has this row of each block.

    Members
    -------
    block : In(range(len(blocks)))
        Block whose row is multiplied.
    spike : In(1)
        Whether its input spiked.
    number : In(streams.order)
        Number of the weights' source.
    silent : In(1)
        Bit of an input of zero, before the row's digital shift. Read by ``bipolar`` streams alone.
    counts, down : Out(layer.neurons)
        Whether the product counts, for each neuron; and that it counts down, where it counts.
    """

    block: Signal
    spike: Signal
    number: Signal
    silent: Signal
    counts: Signal
    down: Signal

    def __init__(self, *, layer: Layer, streams: Streams, lane: int, lanes: int):
        self.layer = layer
        self.streams = streams
        self.lane = lane
        self.lanes = lanes
        self.rows = [  # of each block; None where it has no row for the lane
            rows[lane] if lane < len(rows) else None for rows in blocks(layer, lanes=lanes)
        ]
        super().__init__({
            "block": In(range(len(self.rows))),
            "spike": In(1),
            "number": In(streams.order),
            "silent": In(1),
            "counts": Out(layer.neurons),
            "down": Out(layer.neurons),
        })

    def elaborate(self, platform):
        """Elaborate the choice of a plane, the memories and the gates."""
        m = Module()
        streams = self.streams
        width = code_width(streams, self.layer.weight_bits)

        # Which plane, and the input's bit ---------------------------------------------------------
        row = self._row(m)
        leading = _leading_zeros(_aligned(self.number, width) ^ _reversed(row, width))
        planes = Signal(range(width + 1))
        block, x, there = Signal.like(self.block), Signal(), Signal()
        m.d.sync += [
            planes.eq(leading), block.eq(self.block), x.eq(self.spike), there.eq(self.spike)
        ]
        if streams.encoding == "sign_magnitude":
            m.d.sync += planes.eq(Mux(self.spike, leading, width))  # that plane is all zeros
        elif streams.encoding == "bipolar":
            missing = [at for at, one in enumerate(self.rows) if one is None]
            m.d.sync += [
                x.eq(self.spike | ~(self.silent ^ row[0])),
                there.eq(~Cat(self.block == at for at in missing).any()),
            ]

        # The weights' bits ------------------------------------------------------------------------
        bits = self._read(m, "planes", Cat(planes, block), [
            self._word(rows, lambda weight, at=at: self._bit(weight, at))
            for rows in self.rows for at in range(1 << len(planes))
        ])
        if streams.encoding == "sign_magnitude":
            signs = self._read(m, "signs", block, [
                self._word(rows, lambda weight: weight < 0) for rows in self.rows
            ])
            m.d.sync += [self.counts.eq(bits), self.down.eq(signs)]
            return m

        # A register for all neurons says whether the row counts; one for each, that it is a zero.
        x_q, there_q, there_qq = Signal(), Signal(), Signal()
        m.d.sync += [x_q.eq(x), there_q.eq(there), there_qq.eq(there_q)]
        m.d.comb += self.counts.eq(there_qq.replicate(self.layer.neurons))
        m.d.sync += self.down.eq(Mux(x_q, ~bits, bits))
        return m

    def _row(self, m: Module) -> Signal:
        """Return the row's number, from zero among the inputs or the layer's own neurons."""
        own = -(-self.layer.inputs // self.lanes)  # the first block of these
        row = Signal(range(max(2, len(self.rows) * self.lanes)))
        lane = Const(self.lane, (self.lanes - 1).bit_length())
        m.d.comb += row.eq(Cat(lane, self.block))
        if self.layer.recurrent is not None:
            with m.If(self.block >= own):
                m.d.comb += row.eq(Cat(lane, (self.block - own)[: len(self.block)]))
        return row

    def _bit(self, weight: int, at: int) -> int:
        """Return a weight's bit in a plane; after the last one are zeros."""
        bits = self.layer.weight_bits
        width = code_width(self.streams, bits)
        return code(self.streams, bits, weight) >> (width - 1 - at) & 1 if at < width else 0

    def _word(self, row: int | None, bit) -> int:
        """Return one bit of each of a row's weights, neuron 0 lowest."""
        weights = () if row is None else self.layer.rows[row]
        return sum(bit(weight) << neuron for neuron, weight in enumerate(weights))

    def _read(self, m: Module, name: str, address: Value, words: Sequence[int]) -> Value:
        m.submodules[name] = words_memory = memory.Memory(
            shape=unsigned(self.layer.neurons),
            depth=len(words),
            init=words,
            attrs=rom_attributes(len(words)),
        )
        port = words_memory.read_port()
        m.d.comb += port.addr.eq(address)
        return port.data


def _aligned(number: Signal, width: int) -> Value:
    """Keep the highest bits, as :func:`~.stream_products.aligned` does."""
    missing = width - len(number)
    return Cat(Const(0, missing), number) if missing > 0 else number[-width:]


def _reversed(row: Signal, width: int) -> Value:
    """Return the digital shift of a row, as :func:`~.stream_products.shift` does."""
    low = row[:width]
    return Cat(Const(0, width - len(low)), *reversed(low))


def _leading_zeros(number: Value) -> Value:
    """Count the zeros in front of the leading one; the width, if there is none."""
    count = Const(len(number))
    for at in range(len(number)):
        count = Mux(number[at], len(number) - 1 - at, count)
    return count
