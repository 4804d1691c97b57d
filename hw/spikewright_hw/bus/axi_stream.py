"""AXI4-Stream: an engine between a stream of samples and a stream of answers."""

from typing import Any

from amaranth import Array, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from ..connection import Convolution, Dense, FeatureMap
from ..engine.design import Design, EventDesign, StochasticDesign
from ..engine.example import example_network
from ..engine.inference import InferenceEngine
from ..engine.streams import Streams
from ..fixed import Format
from .answer import ANSWER_BITS, answer_names, answer_words, is_signed
from .sample import sample_of

__all__ = ["PRESETS", "AxiStream", "core"]

PRESETS: dict[str, dict[str, Any]] = {
    "n12_9_5_d8": {
        "sizes": (12, 9, 5), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2),
        "data_bits": 8,
    },
    "n40_6_3_d32": {
        "sizes": (40, 6, 3), "steps": 2, "weight_bits": 3, "membrane": Format(6, 2),
        "input_bits": 2,
    },
    "convolution_d16": {
        "connections": (
            Convolution(
                source=FeatureMap(channels=2, height=3, width=4), channels=3, kernel=(2, 2)
            ),
            Dense(source=FeatureMap(channels=3, height=2, width=3), neurons=3),
        ),
        "steps": 2, "weight_bits": 3, "membrane": Format(6, 2), "data_bits": 16,
    },
    "stochastic_d64": {
        "sizes": (9, 5, 3), "steps": 2, "weight_bits": 4, "membrane": Format(6, 2),
        "data_bits": 64, "design": StochasticDesign(streams=Streams(length=16)),
    },
}


class AxiStream(wiring.Component):
    """An engine with AXI4-Stream ports: a packet in is a sample, a packet out its answer.

    Each packet that comes is answered by exactly one packet, in order. One that is shorter than a
    sample is filled up with zeros, and of one that is longer the rest is dropped; ``m_axis_tuser``
    is high in the answer to either, so that a fault of the source is seen and none outlives its
    packet. From the last transfer of a sample to the last word of its answer, nothing is taken.

    Parameters
    ----------
    engine : InferenceEngine
        Event or stochastic, with its weights built in. Its trace is not there.
    data_bits : int, a multiple of 8
        Width of ``s_axis_tdata``.

    Members
    -------
    s_axis_tdata : In(data_bits)
        Inputs, as :class:`~.sample.Sample` has them.
    s_axis_tvalid : In(1)
        The source offers a transfer.
    s_axis_tready : Out(1)
        It is taken.
    s_axis_tlast : In(1)
        It is the last one of a sample.
    m_axis_tdata : Out(32)
        Words of the answer, the prediction first; :func:`~.answer.answer_names` says which.
    m_axis_tvalid : Out(1)
        A word is offered.
    m_axis_tready : In(1)
        It is taken.
    m_axis_tlast : Out(1)
        It is the last one of an answer.
    m_axis_tuser : Out(1)
        The sample had another number of transfers than it should have.
    """

    s_axis_tdata: Signal
    s_axis_tvalid: Signal
    s_axis_tready: Signal
    s_axis_tlast: Signal
    m_axis_tdata: Signal
    m_axis_tvalid: Signal
    m_axis_tready: Signal
    m_axis_tlast: Signal
    m_axis_tuser: Signal

    def __init__(self, *, engine: InferenceEngine, data_bits: int = 32):
        if data_bits < 8 or data_bits % 8:
            raise ValueError(
                f"data_bits is {data_bits}; an AXI4-Stream is whole bytes wide: 8, 16, 24 ..."
            )
        self.engine = engine
        self.data_bits = data_bits
        self.sample = sample_of(engine, data_bits=data_bits)
        self.answer = answer_names(engine.network)
        super().__init__({
            "s_axis_tdata": In(data_bits), "s_axis_tvalid": In(1), "s_axis_tready": Out(1),
            "s_axis_tlast": In(1),
            "m_axis_tdata": Out(ANSWER_BITS), "m_axis_tvalid": Out(1), "m_axis_tready": In(1),
            "m_axis_tlast": Out(1), "m_axis_tuser": Out(1),
        })

    def description(self) -> dict[str, Any]:
        """Return the packets, for the JSON beside the Verilog."""
        return {
            "bus": "axi-stream", "sample": self.sample.description(),
            "answer": [
                {
                    "name": name, "word": at, "offset": at * ANSWER_BITS // 8,
                    "width": ANSWER_BITS, "signed": is_signed(name),
                }
                for at, name in enumerate(self.answer)
            ],
        }

    def elaborate(self, platform) -> Module:
        """Elaborate the engine, and the states of a packet in front of it and behind it."""
        m = Module()
        m.submodules.engine = engine = self.engine
        m.submodules.repack = repack = self.sample.repack()
        connect(m, repack.o, engine.i)
        came = Signal(range(self.sample.transfers))  # transfers of the sample
        sent = Signal(range(len(self.answer)))  # words of the answer
        wrong, takes, final, leaves = (
            Signal(name=name) for name in ("wrong", "takes", "final", "leaves")
        )
        m.d.comb += [
            takes.eq(repack.i.valid & repack.i.ready),
            final.eq(came == self.sample.transfers - 1),
            leaves.eq(sent == len(self.answer) - 1),
            self.m_axis_tdata.eq(Array(answer_words(engine.o.payload))[sent]),
            self.m_axis_tlast.eq(leaves),
            self.m_axis_tuser.eq(wrong),
        ]
        with m.If(takes):
            m.d.sync += came.eq(Mux(final, 0, came + 1))

        with m.FSM():
            with m.State("LOAD"):
                m.d.comb += [
                    repack.i.valid.eq(self.s_axis_tvalid),
                    repack.i.payload.eq(self.s_axis_tdata),
                    self.s_axis_tready.eq(repack.i.ready),
                ]
                with m.If(takes):
                    m.d.sync += wrong.eq(self.s_axis_tlast != final)
                    with m.If(final):
                        m.next = "ANSWER"
                        with m.If(~self.s_axis_tlast):
                            m.next = "DROP"
                    with m.Elif(self.s_axis_tlast):
                        m.next = "FILL"
            with m.State("FILL"):
                m.d.comb += repack.i.valid.eq(1)
                with m.If(takes & final):
                    m.next = "ANSWER"
            with m.State("DROP"):
                m.d.comb += self.s_axis_tready.eq(1)
                with m.If(self.s_axis_tvalid & self.s_axis_tlast):
                    m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [
                    self.m_axis_tvalid.eq(engine.o.valid),
                    engine.o.ready.eq(self.m_axis_tready & leaves),
                ]
                with m.If(self.m_axis_tvalid & self.m_axis_tready):
                    m.d.sync += sent.eq(Mux(leaves, 0, sent + 1))
                    with m.If(leaves):
                        m.next = "LOAD"
        return m


def core(*, data_bits: int = 32, design: Design | None = None, **network: Any) -> AxiStream:
    """Wrap the engine of a made-up network; keywords as for ``example_network``."""
    design = EventDesign() if design is None else design
    return AxiStream(engine=design.engine(example_network(**network)), data_bits=data_bits)
