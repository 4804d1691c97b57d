"""Wishbone: an engine as registers of 32 bits."""

from typing import Any

from amaranth import Array, Cat, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from ..connection import Convolution, Dense, FeatureMap
from ..engine.design import Design, EventDesign, StochasticDesign
from ..engine.example import example_network
from ..engine.inference import InferenceEngine
from ..engine.streams import Streams
from ..fixed import Format
from .answer import ANSWER_BITS, answer_words
from .registers import FIRST, SAMPLE, STATUS, registers_of
from .sample import sample_of

__all__ = ["PRESETS", "Wishbone", "core"]

PRESETS: dict[str, dict[str, Any]] = {
    "n12_9_5": {"sizes": (12, 9, 5), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2)},
    "n40_6_3_graded": {
        "sizes": (40, 6, 3), "steps": 2, "weight_bits": 3, "membrane": Format(6, 2),
        "input_bits": 2,
    },
    "convolution": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=2, height=3, width=4), channels=3, kernel=(2, 2)
            ),
            Dense(source=FeatureMap(channels=3, height=2, width=3), neurons=3),
        ),
        "steps": 2, "weight_bits": 3, "membrane": Format(6, 2),
    },
    "stochastic": {
        "sizes": (35, 5, 3), "steps": 2, "weight_bits": 4, "membrane": Format(6, 2),
        "design": StochasticDesign(streams=Streams(length=16)),
    },
}


class Wishbone(wiring.Component):
    """An engine with a Wishbone B4 port, classic cycles: a sample is written, an answer read.

    Which registers there are, :func:`~.registers.registers_of` says. The word that completes a
    sample starts the inference. Its answer stays until the first word of the next sample is
    written.

    A request is answered in the cycle after it began, so that a bus never waits for an inference;
    but for a word of a sample while the engine is still taking the one before, which takes it
    ``sample.transfer_cycles`` cycles at most. Nothing happens for a request that is given up.

    Parameters
    ----------
    engine : InferenceEngine
        Event or stochastic, with its weights built in. Its trace is not there.

    Members
    -------
    wb_adr_i : In(range(len(registers)))
        Number of a register: the address in words.
    wb_dat_i : In(32)
        What is written.
    wb_dat_o : Out(32)
        What is read, while ``wb_ack_o`` is high.
    wb_sel_i : In(4)
        Bytes that are written: all, or the write is refused.
    wb_cyc_i : In(1)
        A bus cycle is in progress.
    wb_stb_i : In(1)
        It is a request to this core.
    wb_we_i : In(1)
        The request is a write.
    wb_ack_o : Out(1)
        The request is done.
    wb_err_o : Out(1)
        The request is refused, and nothing has happened: there is no such register, or it is not
        one to write to, or not all four bytes are written.
    irq : Out(1)
        High while an answer is there.
    """

    wb_adr_i: Signal
    wb_dat_i: Signal
    wb_dat_o: Signal
    wb_sel_i: Signal
    wb_cyc_i: Signal
    wb_stb_i: Signal
    wb_we_i: Signal
    wb_ack_o: Signal
    wb_err_o: Signal
    irq: Signal

    def __init__(self, *, engine: InferenceEngine):
        self.engine = engine
        self.sample = sample_of(engine, data_bits=ANSWER_BITS)
        self.registers = registers_of(engine.network)
        super().__init__({
            "wb_adr_i": In(range(len(self.registers))), "wb_dat_i": In(ANSWER_BITS),
            "wb_dat_o": Out(ANSWER_BITS), "wb_sel_i": In(ANSWER_BITS // 8),
            "wb_cyc_i": In(1), "wb_stb_i": In(1), "wb_we_i": In(1), "wb_ack_o": Out(1),
            "wb_err_o": Out(1), "irq": Out(1),
        })

    @property
    def identity(self) -> int:
        """What the register ``network`` reads as."""
        return int.from_bytes(self.engine.network.digest()[:4], "little")

    def description(self) -> dict[str, Any]:
        """Return the registers, for the JSON beside the Verilog."""
        return {
            "bus": "wishbone", "address_bits": len(self.wb_adr_i),
            "sample": self.sample.description(),
            "registers": [one.entry(number) for number, one in enumerate(self.registers)],
        }

    def elaborate(self, platform) -> Module:
        """Elaborate the engine, the words of its sample, and the answer to a request."""
        m = Module()
        restart = Signal()
        engine, repack = self.engine, self.sample.repack()
        m.submodules.engine = ResetInserter(restart)(engine)
        m.submodules.repack = ResetInserter(restart)(repack)
        connect(m, repack.o, engine.i)
        came = Signal(range(self.sample.transfers + 1))  # words of the sample
        done, lost, ready, writes, takes = (
            Signal(name=name) for name in ("done", "lost", "ready", "writes", "takes")
        )
        m.d.comb += [
            done.eq(engine.o.valid),
            ready.eq(done | (came != self.sample.transfers)),
            self.irq.eq(done),
            repack.i.valid.eq(takes),
            repack.i.payload.eq(self.wb_dat_i),
            engine.o.ready.eq(takes),  # the answer goes when the next sample begins
        ]
        to_sample = Signal()
        m.d.comb += [
            to_sample.eq(self.wb_we_i & (self.wb_adr_i == SAMPLE)),
            writes.eq(self.wb_ack_o & self.wb_we_i),
            takes.eq(writes & to_sample & ready),
            restart.eq(writes & (self.wb_adr_i == STATUS)),
        ]
        with m.If(restart):
            m.d.sync += [came.eq(0), lost.eq(0)]
        with m.Elif(takes):
            m.d.sync += came.eq(Mux(done, 1, came + 1))
        with m.Elif(writes & to_sample):
            m.d.sync += lost.eq(1)

        self._answer(m, waits=to_sample & ready & ~repack.i.ready)
        read = Array([Cat(ready, done, lost), came, self.sample.transfers, self.identity])
        answer = Array(answer_words(engine.o.payload))
        m.d.sync += self.wb_dat_o.eq(Mux(
            self.wb_adr_i < len(FIRST), read[self.wb_adr_i[:2]],
            Mux(done, answer[self.wb_adr_i - len(FIRST)], 0),
        ))
        return m

    def _answer(self, m: Module, *, waits: Value) -> None:
        """Build the answer to a request, a cycle after it began unless the engine ``waits``."""
        requested, request, served, allowed = (
            Signal(name=name) for name in ("requested", "request", "served", "allowed")
        )
        m.d.comb += [
            request.eq(self.wb_cyc_i & self.wb_stb_i),
            allowed.eq(
                (self.wb_adr_i < len(self.registers))
                & (~self.wb_we_i | (self.wb_sel_i.all() & (self.wb_adr_i <= SAMPLE)))
            ),
            served.eq(requested & request & ~(allowed & waits)),
            self.wb_ack_o.eq(served & allowed),
            self.wb_err_o.eq(served & ~allowed),
        ]
        m.d.sync += requested.eq(request & ~served)


def core(*, design: Design | None = None, **network: Any) -> Wishbone:
    """Wrap the engine of a made-up network; keywords as for ``example_network``."""
    design = EventDesign() if design is None else design
    return Wishbone(engine=design.engine(example_network(**network)))
