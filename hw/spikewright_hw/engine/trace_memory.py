"""Trace memory: each layer's output after each step of an inference, read back byte by byte."""

from typing import Any

from amaranth import Cat, Const, Module, Mux, Shape, Signal, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..fixed import Format
from ..network import Network
from .example import example_network
from .ram_style import RamStyle, check_ram_style, ram_attributes
from .record import MEMBRANE_BYTES, spike_bytes
from .row_layer import step_layout
from .trace_address import trace_address

__all__ = ["PRESETS", "TraceMemory", "core"]

#: Parameter sets by name: spikes that do not fill their last byte, with one hidden layer and two.
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
    layer_0, layer_1, ... : In(stream.Signature(step_layout(layer), always_ready=True))
        The layer's spikes, or the membranes of one that does not spike, one transfer per step;
        ``network.steps`` transfers are one inference.
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
        super().__init__({
            **{
                f"layer_{number}": In(stream.Signature(step_layout(layer), always_ready=True))
                for number, layer in enumerate(network.layers)
            },
            "address": In(trace_address(network)),
            "data": Out(8),
        })

    def elaborate(self, platform):
        """Elaborate a memory per layer, one row per step, and a selector of bytes."""
        m = Module()
        steps = self.network.steps
        offset = Signal.like(self.address.byte)
        m.d.sync += offset.eq(self.address.byte)

        rows = []
        for number, layer in enumerate(self.network.layers):
            given = getattr(self, f"layer_{number}")
            if not layer.definition.spikes:
                words, width = list(given.payload.membranes), 8 * MEMBRANE_BYTES
            else:
                words, width = [given.payload.spikes], 8 * spike_bytes(layer)
            m.submodules[f"rows_{number}"] = trace = memory.Memory(
                shape=unsigned(len(Cat(words))), depth=steps, init=[],
                attrs=ram_attributes(self.ram_style),
            )
            write = trace.write_port()
            read = trace.read_port(domain="comb")
            row = Signal(range(steps), name=f"row_{number}")
            with m.If(given.valid):
                m.d.sync += row.eq(Mux(row == steps - 1, 0, row + 1))
            m.d.comb += [
                write.addr.eq(row),
                write.en.eq(given.valid),
                write.data.eq(Cat(words)),
                read.addr.eq(self.address.step),
            ]
            # Nothing is read while a row is written, and synthesis sees it: a block RAM that need
            # not choose between the old row and the new one has no logic around it.
            row_read = Signal.like(read.data, name=f"row_read_{number}")
            with m.If(~given.valid):
                m.d.sync += row_read.eq(read.data)
            # Words are kept as wide as they are, and widened when they are read.
            for at, word in enumerate(words):
                wide = Signal(Shape(width, word.shape().signed), name=f"word_{number}_{at}")
                kept = row_read.word_select(at, len(word))
                m.d.comb += wide.eq(kept.as_signed() if word.shape().signed else kept)
                rows.append(wide)
        bits_before = Cat(Const(0, 3), offset)  # eight for each byte
        m.d.comb += self.data.eq((Cat(rows) >> bits_before)[:8])
        return m


def core(*, ram_style: RamStyle = "auto", **network: Any) -> TraceMemory:
    """Make the memory of a made-up network; keywords as for :func:`~.example.example_network`."""
    return TraceMemory(network=example_network(**network), ram_style=ram_style)
