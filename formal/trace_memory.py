"""What is proved of the trace memory."""

from dataclasses import dataclass
from typing import Any

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from spikewright_hw.connection import Convolution, Dense, FeatureMap
from spikewright_hw.engine.record import MEMBRANE_BYTES, spike_bytes, trace_bytes, trace_step_bytes
from spikewright_hw.engine.trace_memory import TraceMemory, core
from spikewright_hw.engine.words import leaving_words
from spikewright_hw.fixed import Format

#: What is said of each kind of bits; a planted fault inverts one of them, in the last step.
SAID = {
    "spikes": "spikes read are those that the layer gave last in the step",
    "padding": "bits of a byte without a neuron are zero",
    "membranes": "a membrane read is the one that the readout gave last in the step",
    "sign": "a membrane is widened by its sign",
}

WAITS = "a word of a map waits a cycle at most"
#: So that the next layer, which takes a word in the cycle in which the trace does, sees it stand.
STAYS = "the port of a map that is ready stays so until a word comes"


@dataclass(frozen=True)
class Byte:
    """A byte of the trace: its layer, its bits as they should be, and the kind of each."""

    layer: int
    bits: list[Value]
    kinds: list[str]

    def mask(self, kind: str) -> int:
        """Return the bits of a kind."""
        return sum((one == kind) << at for at, one in enumerate(self.kinds))


class TraceMemorySpec(Elaboratable):
    """A byte that is read is that of its place in the last inference, in the order of the record.

    Beside the core, each layer's output of each step is kept in registers, which a reset leaves as
    they are, as it does a memory. Nothing is said of a byte that is read while its layer gives; or,
    of a map, while its words are stored, which is two cycles after the last one, or before it has
    given an inference since a reset.

    A planted fault inverts the lowest bit of a kind, in the last byte that has one; or a map's port
    is ready never (``waits``), or no longer after a cycle without a word (``falters``).
    """

    def __init__(self, dut: TraceMemory, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        network, size = dut.network, trace_bytes(dut.network)
        asked, step_bytes = dut.address.as_value(), trace_step_bytes(network)
        there, address = Signal(), Signal(range(size))  # of what was asked for
        m.d.comb += asked.eq(anything(len(asked)))
        m.d.sync += [
            there.eq((dut.address.step < network.steps) & (dut.address.byte < step_bytes)),
            address.eq(dut.address.step * step_bytes + dut.address.byte),
        ]

        rows, gave, rounds = [], [], []
        for number, _ in enumerate(network.layers):
            row, giving, over = self._layer(m, number)
            rows.append(row)
            gave.append(giving)
            rounds.append(over)
        owed = [byte for step in range(network.steps) for byte in self._bytes(rows, step)]
        assert len(owed) == size

        seen: Value = dut.data
        if self.fault in SAID:
            last = max(at for at, byte in enumerate(owed) if byte.mask(self.fault))
            mask = owed[last].mask(self.fault)
            seen = seen ^ Mux(address == last, mask & -mask, 0)
        differs = Signal(8)
        m.d.comb += differs.eq(seen ^ Array(Cat(byte.bits) for byte in owed)[address])
        quiet = ~Array(gave[byte.layer] for byte in owed)[address]
        with m.If(there & quiet):
            for kind, sentence in SAID.items():
                if masks := [byte.mask(kind) for byte in owed]:
                    m.d.comb += Assert((differs & Array(masks)[address]) == 0, sentence)
        m.d.comb += [
            Cover(Cat(rounds).all() & dut.data.all() & (address == size - 1),
                  "after two inferences the last byte of a trace is that of a negative membrane"),
            Cover(Cat(rounds).all() & dut.data.any() & (address == 0),
                  "after two inferences the first byte of a trace has a spike"),
        ]
        return m

    def _layer(self, m: Module, number: int) -> tuple[list[Value], Signal, Signal]:
        """Drive a layer; return what it gave in each step, whether it just gave, and twice all."""
        given = getattr(self.dut, f"layer_{number}")
        words = leaving_words(self.dut.network)[number].count
        rows = self.dut.network.steps * words
        payload = given.payload.as_value()
        m.d.comb += [payload.eq(anything(len(payload))), given.valid.eq(anything(1))]
        row = [
            Signal(len(payload), name=f"row_{number}_{at}", reset_less=True) for at in range(rows)
        ]
        count = Signal(range(rows))
        once, twice, gave = Signal(), Signal(), Signal()
        taken: Value = given.valid & given.ready
        if words == 1 or not self.dut.network.layers[number].definition.spikes:
            m.d.sync += gave.eq(taken)
        else:  # a reset loses what is on its way to the memory
            m.d.sync += gave.eq(taken | self._stores(m, given, count, words) | ~once)
        with m.If(taken):
            m.d.sync += [Array(row)[count].eq(payload), count.eq(count + 1)]
            with m.If(count == rows - 1):
                m.d.sync += [count.eq(0), once.eq(1), twice.eq(once)]
        return [Cat(row[at : at + words]) for at in range(0, rows, words)], gave, twice

    def _stores(self, m: Module, given: Any, count: Signal, words: int) -> Value:
        """Return whether some of a map's words are not stored, and say how long its port waits."""
        waited, stood, stores = Signal(), Signal(), Signal(2)
        ready = given.ready & (self.fault != "waits") & ~(stood & (self.fault == "falters"))
        m.d.sync += [
            waited.eq(~ready),
            stood.eq(given.ready & ~given.valid),
            stores.eq(Cat(given.valid & given.ready, stores)),
        ]
        m.d.comb += [Assert(ready | ~waited, WAITS), Assert(ready | ~stood, STAYS)]
        begun = Array(at % words != 0 for at in range(self.dut.network.steps * words))
        return stores.any() | begun[count]

    def _bytes(self, rows: list[list[Value]], step: int) -> list[Byte]:
        """Return the bytes of a step, as the record has them."""
        found = []
        network = self.dut.network
        for number, layer in enumerate(network.spiking):
            spikes = rows[number][step]
            for first in range(0, 8 * spike_bytes(layer), 8):
                there = [at < layer.neurons for at in range(first, first + 8)]
                found.append(Byte(
                    number,
                    [spikes[first + at] if one else Const(0, 1) for at, one in enumerate(there)],
                    ["spikes" if one else "padding" for one in there],
                ))
        if network.reads_spikes:
            return found
        number, readout = len(network.layers) - 1, network.layers[-1]
        width = readout.fixed.formats["v"].width
        for neuron in range(readout.neurons):
            membrane = rows[number][step][neuron * width : (neuron + 1) * width]
            for first in range(0, 8 * MEMBRANE_BYTES, 8):
                places = range(first, first + 8)
                found.append(Byte(
                    number,
                    [membrane[min(at, width - 1)] for at in places],
                    ["membranes" if at < width else "sign" for at in places],
                ))
        return found


def small(
    *hidden: int, outputs: int, steps: int, readout: str = "last", fold: int | None = None
) -> TraceMemory:
    """Make the memory of a network with few bits."""
    return core(
        sizes=(1, *hidden, outputs), steps=steps, weight_bits=2, membrane=Format(2, 1),
        readout=readout, fold=fold,
    )


def mapped() -> TraceMemory:
    """Make the memory of a network whose first layer gives three words of three bits."""
    return core(
        connections=(
            Convolution(source=FeatureMap(channels=1, width=3), channels=3, kernel=(1, 1)),
            Dense(source=FeatureMap(channels=3, width=3), neurons=1),
        ),
        steps=2, weight_bits=2, membrane=Format(2, 1),
    )


def specs() -> dict[str, Elaboratable]:
    faults = Planted({
        kind: (TraceMemorySpec(small(2, outputs=1, steps=2), fault=kind), (sentence,))
        for kind, sentence in SAID.items()
    })
    faults.plant("waits", TraceMemorySpec(mapped(), fault="waits"), (WAITS, STAYS))
    faults.plant("falters", TraceMemorySpec(mapped(), fault="falters"), (WAITS, STAYS))
    return {
        "trace_memory_n9_2": TraceMemorySpec(small(9, outputs=2, steps=2)),
        "trace_memory_n2_3_1": TraceMemorySpec(small(2, 3, outputs=1, steps=3)),
        "trace_memory_spikes": TraceMemorySpec(small(2, outputs=9, steps=2, readout="count")),
        "trace_memory_map": TraceMemorySpec(mapped()),
        "trace_memory_words": TraceMemorySpec(small(1, outputs=4, steps=2, fold=2)),
        "trace_memory_fault": faults,
    }
