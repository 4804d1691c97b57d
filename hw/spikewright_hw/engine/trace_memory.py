"""Trace memory: each layer's output after each step of an inference, read back byte by byte."""

from collections.abc import Sequence
from typing import Any

from amaranth import Array, Cat, Const, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from ..connection import Convolution, Dense, FeatureMap
from ..fixed import Format
from ..layer import Layer
from ..network import Network
from .constants import lookup
from .example import example_network
from .folding import folded_network
from .ram_style import RamStyle, check_ram_style, ram_attributes
from .record import MEMBRANE_BYTES, spike_bytes
from .repack import Repack
from .row_layer import step_layout
from .trace_address import trace_address
from .words import leaving_words

__all__ = ["PRESETS", "TraceMemory", "core"]

#: Parameter sets by name: spikes that do not fill their last byte, with one hidden layer and two;
#: maps, whose words are narrower than a byte and wider; and membranes that come in two words.
PRESETS = {
    "n9_3_t3": {"sizes": (2, 9, 3), "steps": 3, "weight_bits": 3, "membrane": Format(4, 3)},
    "n17_5_2_t4": {
        "sizes": (2, 17, 5, 2), "steps": 4, "weight_bits": 3, "membrane": Format(10, 6),
        "ram_style": "block",
    },
    "n5_9_t2_count": {
        "sizes": (2, 5, 9), "steps": 2, "weight_bits": 3, "membrane": Format(4, 3),
        "readout": "count",
    },
    "map_w3_n6_t2": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=1, height=3, width=4), channels=3, kernel=(2, 2)
            ),
            Dense(source=FeatureMap(channels=3, height=2, width=3), neurons=2),
        ),
        "steps": 2, "weight_bits": 2, "membrane": Format(4, 2),
    },
    "n5_6_t3_words": {
        "sizes": (2, 5, 6), "steps": 3, "weight_bits": 3, "membrane": Format(6, 4),
        "fold": (5, 3),
    },
    "map_w9_n2_t3": {
        "connections": (
            Convolution(source=FeatureMap(channels=1, width=3), channels=9, kernel=(1, 2)),
            Dense(source=FeatureMap(channels=9, width=2), neurons=5),
            Convolution(source=FeatureMap(channels=5), channels=5, kernel=(1, 1), groups=5),
            Dense(source=FeatureMap(channels=5), neurons=1),
        ),
        "steps": 3, "weight_bits": 2, "membrane": Format(4, 2),
    },
}


class TraceMemory(wiring.Component):
    """Keeps what the layers gave in the last inference.

    A byte is read while none of the layers gives anything: between two inferences.

    Parameters
    ----------
    network : Network
        Its layers and steps.
    ram_style : {"auto", "block"}
        Where the memories lie: left to synthesis, or in block RAM always.

    Members
    -------
    layer_0, layer_1, ... : In(stream.Signature(step_layout(layer, bits=...), always_ready=...))
        The layer's spikes, or the membranes of one that does not spike: one transfer per step, or
        the words of a map, :func:`~.words.leaving_words`. ``network.steps`` steps are one
        inference. Always ready but for the spikes of maps.
    address : In(trace_address(network))
        The step and the byte of it to read, in the order of
        :func:`~spikewright_hw.engine.record.unpack_trace`.
    data : Out(8)
        That byte, one cycle later.
    """

    address: data.View
    data: Signal

    def __init__(self, *, network: Network, ram_style: RamStyle = "auto"):
        check_ram_style(ram_style)
        self.network = network
        self.ram_style: RamStyle = ram_style
        self.words = leaving_words(network)
        super().__init__({
            **{
                f"layer_{number}": In(stream.Signature(
                    step_layout(layer, bits=words.bits),
                    always_ready=words.count == 1 or not layer.definition.spikes,
                ))
                for number, (layer, words) in enumerate(
                    zip(network.layers, self.words, strict=True)
                )
            },
            "address": In(trace_address(network)),
            "data": Out(8),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate a memory per layer, and a selector of bytes."""
        m = Module()
        offset = Signal.like(self.address.byte)
        m.d.sync += offset.eq(self.address.byte)

        # What layers of one word give are bytes side by side, and others lie between them.
        rows: list[Value] = []
        maps: list[tuple[int, int, Value]] = []
        first = 0
        for number, layer in enumerate(self.network.layers):
            size = _step_bytes(layer)
            if self.words[number].count == 1:
                rows += self._row(m, number)
            else:
                build = self._map if layer.definition.spikes else self._membranes
                maps.append((first, first + size, build(m, number, first=first)))
            first += size

        place, skipped = offset, 0
        if maps:
            place = Signal.like(offset)
            m.d.comb += place.eq(offset)
        for begin, end, _ in maps:
            skipped += end - begin
            with m.If(offset >= end):
                m.d.comb += place.eq(offset - skipped)
        bits_before = Cat(Const(0, 3), place)  # eight for each byte
        if rows:
            m.d.comb += self.data.eq((Cat(rows) >> bits_before)[:8])
        for begin, end, byte in maps:
            with m.If((offset < end) & (offset >= begin if begin else 1)):
                m.d.comb += self.data.eq(byte)
        return m

    def _row(self, m: Module, number: int) -> list[Value]:
        """Build the memory of a layer of one word, one row per step; return the row as it is read.

        It is a list of words, as wide as the record has them.
        """
        layer, given = self.network.layers[number], getattr(self, f"layer_{number}")
        if not layer.definition.spikes:
            words, width = list(given.payload.membranes), 8 * MEMBRANE_BYTES
        else:
            words, width = [given.payload.spikes], 8 * spike_bytes(layer)
        row_read = self._memory(
            m, number, Cat(words), valid=given.valid, rows=1, address=self.address.step
        )
        # Words are kept as wide as they are, and widened when they are read.
        found: list[Value] = []
        for at, word in enumerate(words):
            wide = Signal(Shape(width, word.shape().signed), name=f"word_{number}_{at}")
            kept = row_read.word_select(at, len(word))
            m.d.comb += wide.eq(kept.as_signed() if word.shape().signed else kept)
            found.append(wide)
        return found

    def _map(self, m: Module, number: int, *, first: int) -> Value:
        """Build the memory of a layer of many words; return the byte of it that is read.

        ``first`` is the layer's first byte in a step.
        """
        words, given = self.words[number], getattr(self, f"layer_{number}")
        width = max(8, 1 << (words.bits - 1).bit_length())
        m.submodules[f"repack_{number}"] = repack = Repack(
            bits=words.bits, count=words.count, out_bits=width
        )
        m.d.comb += [
            repack.i.valid.eq(given.valid),
            repack.i.payload.eq(given.payload.spikes),
            given.ready.eq(repack.i.ready),
            repack.o.ready.eq(1),
        ]
        place = Signal.like(self.address.byte, name=f"place_{number}")
        m.d.comb += place.eq(self.address.byte - first)
        in_row = exact_log2(width // 8)
        begins = Array(step * repack.out_count for step in range(self.network.steps))
        row_read = self._memory(
            m, number, repack.o.payload, valid=repack.o.valid, rows=repack.out_count,
            address=begins[self.address.step] + (place >> in_row),
        )
        if in_row == 0:
            return row_read
        byte = Signal(in_row, name=f"byte_{number}")
        m.d.sync += byte.eq(place)
        return Array(row_read[at : at + 8] for at in range(0, width, 8))[byte]

    def _membranes(self, m: Module, number: int, *, first: int) -> Value:
        """Build the memory of membranes that come in words; return the byte of it that is read.

        ``first`` is the layer's first byte in a step. A row is a word.
        """
        words, given = self.words[number], getattr(self, f"layer_{number}")
        size = words.bits * MEMBRANE_BYTES
        place = Signal(range(words.count * size), name=f"place_{number}")
        m.d.comb += place.eq((self.address.byte - first)[: len(place)])
        begins = lookup(
            [step * words.count for step in range(self.network.steps)], self.address.step
        )
        row, at = _divided(place, size, count=words.count)
        row_read = self._memory(
            m, number, given.payload.as_value(), valid=given.valid, rows=words.count,
            address=begins + row,
        )
        byte = Signal(range(size), name=f"byte_{number}")
        m.d.sync += byte.eq(at)
        layout = data.ArrayLayout(signed(8 * MEMBRANE_BYTES), words.bits)
        wide = Signal(layout, name=f"wide_{number}")
        width = len(row_read) // words.bits
        m.d.comb += [
            wide[lane].eq(row_read.word_select(lane, width).as_signed())
            for lane in range(words.bits)
        ]
        return Array(wide.as_value()[at : at + 8] for at in range(0, 8 * size, 8))[byte]

    def _memory(
        self, m: Module, number: int, written: Value, *, valid: Value, rows: int, address: Value
    ) -> Signal:
        """Build a memory of so many rows per step; return the row of an address, a cycle later."""
        last = self.network.steps * rows - 1
        m.submodules[f"rows_{number}"] = trace = memory.Memory(
            shape=unsigned(len(written)), depth=last + 1, init=[],
            attrs=ram_attributes(self.ram_style),
        )
        write = trace.write_port()
        read = trace.read_port(domain="comb")
        row = Signal(range(last + 1), name=f"row_{number}")
        with m.If(valid):
            m.d.sync += row.eq(Mux(row == last, 0, row + 1))
        m.d.comb += [
            write.addr.eq(row),
            write.en.eq(valid),
            write.data.eq(written),
            read.addr.eq(address),
        ]
        # Nothing is read while a row is written, and synthesis sees it: a block RAM that need not
        # choose between the old row and the new one has no logic around it.
        row_read = Signal.like(read.data, name=f"row_read_{number}")
        with m.If(~valid):
            m.d.sync += row_read.eq(read.data)
        return row_read


def _divided(value: Signal, by: int, *, count: int) -> tuple[Value, Value]:
    """Return the quotient, which is below ``count``, and the remainder."""
    if by & (by - 1) == 0:
        return value[exact_log2(by) :], value[: exact_log2(by)]
    whole = range(by * count)
    return lookup([at // by for at in whole], value), lookup([at % by for at in whole], value)


def _step_bytes(layer: Layer) -> int:
    """Return the bytes of a layer in each step."""
    return spike_bytes(layer) if layer.definition.spikes else MEMBRANE_BYTES * layer.neurons


def core(
    *, ram_style: RamStyle = "auto", fold: int | Sequence[int] | None = None, **network: Any
) -> TraceMemory:
    """Make the memory of a made-up network; keywords as for :func:`~.example.example_network`."""
    made = folded_network(example_network(**network), fold)
    return TraceMemory(network=made, ram_style=ram_style)
