"""A demo top: an engine that runs stored samples by itself, without a host."""

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from .engine.design import Design, EventDesign
from .engine.inference import InferenceEngine
from .engine.words import words_of
from .link.uart_tx import UartTx
from .network import Network

__all__ = ["DemoTop", "said"]


def said(prediction: int, *, outputs: int) -> bytes:
    """Return what a demo sends after an inference: the class in decimal, and a line feed."""
    return f"{prediction:{len(str(outputs - 1))}d}\n".encode()


class DemoTop(wiring.Component):
    """Stored samples, one after the other, for as long as there is power.

    .. code-block:: none

        samples -> engine -> prediction, and a line of text on tx

    It begins by itself, and goes on after each pause. From the first press of the button on, each
    press runs the next sample, and nothing else does. After the last sample comes the first.

    Parameters
    ----------
    network : Network
        What it runs.
    samples : sequence of sequences of int, at least one
        Of each sample a bitmap for each bit plane of each step: bit ``k`` is input ``k``.
    divisor : int
        Clock cycles per bit of the serial port, at least 4.
    pause : int, at least 1
        Clock cycles between an answer and the next sample.
    settle : int, at least 1
        Clock cycles for which the button must be pressed, or let go, to count.
    design : Design, optional
        Which engine the network runs on; its weights are built in.

    Members
    -------
    rx : In(1, init=1)
        Serial line from a host; nobody listens.
    tx : Out(1, init=1)
        Serial line to whoever reads: each prediction as a line of text.
    button : In(1)
        Asynchronous; pressed while high.
    busy, running : Out(1)
        An inference is in work; for a light, and for an instrument.
    prediction : Out(range(network.outputs))
        That of the last inference; for lights.
    """

    rx: Signal
    tx: Signal
    button: Signal
    busy: Signal
    running: Signal
    prediction: Signal

    def __init__(
        self,
        *,
        network: Network,
        samples: Sequence[Sequence[int]],
        divisor: int,
        pause: int,
        settle: int = 1,
        design: Design | None = None,
    ):
        design = EventDesign() if design is None else design
        if isinstance(design, EventDesign) and design.weights == "loaded":
            raise ValueError(
                "weights is 'loaded'; a demo has no host that loads them: take weights='built'"
            )
        if not samples or any(len(sample) != network.planes for sample in samples):
            raise ValueError(
                f"samples are {[len(sample) for sample in samples]} bitmaps; there is at least one "
                f"sample, and each has {network.planes}"
            )
        if pause < 1 or settle < 1:
            raise ValueError(f"pause is {pause} and settle {settle}; both are at least 1 cycle")
        self.network = network
        self.divisor, self.pause, self.settle = divisor, pause, settle
        self.engine: InferenceEngine = design.engine(network)
        self.stored = [
            word for sample in samples for word in words_of(sample, self.engine.words)
        ]
        super().__init__({
            "rx": In(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
            "tx": Out(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
            "button": In(1),
            "busy": Out(1),
            "running": Out(1),
            "prediction": Out(range(network.outputs)),
        })

    def elaborate(self, platform) -> Module:
        """Build the store, and what hands its samples to the engine."""
        m = Module()
        m.submodules.engine = engine = self.engine
        m.submodules.store = store = memory.Memory(
            shape=unsigned(engine.words.bits), depth=len(self.stored), init=self.stored
        )
        read = store.read_port()
        last_word = self.network.planes * engine.words.count - 1
        place, sent = Signal(range(len(self.stored))), Signal(range(last_word + 1))
        left, stepping = Signal(range(self.pause)), Signal()
        pressed = self._pressed(m)
        tell, told = self._teller(m)
        m.d.comb += [
            read.addr.eq(place),
            engine.i.payload.eq(read.data),
            self.running.eq(self.busy),
        ]
        with m.If(pressed):
            m.d.sync += stepping.eq(1)
        with m.FSM() as fsm:
            m.d.comb += self.busy.eq(
                fsm.ongoing("FETCH") | fsm.ongoing("HAND") | fsm.ongoing("INFER")
            )
            with m.State("FETCH"):
                m.next = "HAND"
            with m.State("HAND"):
                m.d.comb += engine.i.valid.eq(1)
                with m.If(engine.i.ready):
                    m.d.sync += [
                        place.eq(Mux(place == len(self.stored) - 1, 0, place + 1)),
                        sent.eq(Mux(sent == last_word, 0, sent + 1)),
                    ]
                    m.next = "FETCH"
                    with m.If(sent == last_word):
                        m.next = "INFER"
            with m.State("INFER"):
                m.d.comb += engine.o.ready.eq(1)
                with m.If(engine.o.valid):
                    m.d.sync += self.prediction.eq(engine.o.payload.prediction)
                    m.next = "TELL"
            with m.State("TELL"):
                m.d.comb += tell.eq(1)
                m.d.sync += left.eq(self.pause - 1)
                with m.If(told):
                    m.next = "PAUSE"
            with m.State("PAUSE"):
                m.d.sync += left.eq(Mux(left == 0, 0, left - 1))
                with m.If(pressed | (~stepping & (left == 0))):
                    m.next = "FETCH"
        return m

    def _pressed(self, m: Module) -> Signal:
        """Return whether the button is pressed just now, once it has stopped bouncing."""
        level, held, pressed = Signal(), Signal(), Signal()
        steady = Signal(range(self.settle))
        m.submodules.button = FFSynchronizer(self.button, level)
        with m.If(level == held):
            m.d.sync += steady.eq(0)
        with m.Elif(steady == self.settle - 1):
            m.d.comb += pressed.eq(level)
            m.d.sync += [held.eq(level), steady.eq(0)]
        with m.Else():
            m.d.sync += steady.eq(steady + 1)
        return pressed

    def _teller(self, m: Module) -> tuple[Signal, Signal]:
        """Build what sends the prediction; return when it is to, and whether the last byte goes."""
        outputs = self.network.outputs
        lines = [said(number, outputs=outputs) for number in range(outputs)]
        length = len(lines[0])
        stride = (length - 1).bit_length()  # a line begins at a power of two
        text = b"".join(line.ljust(1 << stride) for line in lines)
        m.submodules.text = kept = memory.Memory(shape=unsigned(8), depth=len(text), init=text)
        m.submodules.uart = uart = UartTx(divisor=self.divisor)
        read = kept.read_port()
        tell, told, fetched = Signal(), Signal(), Signal()
        at = Signal(range(length))
        m.d.comb += [
            read.addr.eq(Cat(at[:stride], self.prediction)),
            uart.i.payload.eq(read.data),
            uart.i.valid.eq(tell & fetched),
            self.tx.eq(uart.tx),
        ]
        m.d.sync += fetched.eq(tell & ~fetched)
        with m.If(uart.i.valid & ~uart.i.ready):
            m.d.sync += fetched.eq(1)
        with m.If(uart.i.valid & uart.i.ready):
            m.d.sync += at.eq(Mux(at == length - 1, 0, at + 1))
            m.d.comb += told.eq(at == length - 1)
        return tell, told
