"""A board top: the search for an independent set at the end of a serial port."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..link.serial_port import SerialPort
from ..protocol import Kind
from .commands import QuboHello
from .independent_set import IndependentSet
from .qubo_processor import QuboProcessor

__all__ = ["QuboBoardTop"]


class QuboBoardTop(wiring.Component):
    """The whole of a board but its pins: serial port, frames, commands, search.

    .. code-block:: none

        rx, tx <-> SerialPort <-> QuboProcessor <-> IndependentSet

    Parameters
    ----------
    vertices : int, at least 2
        Most vertices of a graph.
    lanes : int, a power of two, at least 8
        Neurons of a word.
    divisor : int
        Clock cycles per bit of the serial port, at least 4.
    clock_hz : int
        Clock frequency, Hz, as HELLO reports it.
    virtual : bool
        Whether HELLO says that this is a simulation.

    Members
    -------
    rx : In(1, init=1)
        Serial line from the host, asynchronous.
    tx : Out(1, init=1)
        Serial line to the host.
    busy : Out(1)
        A command is in work; for a light.
    """

    rx: Signal
    tx: Signal
    busy: Signal

    def __init__(
        self, *, vertices: int, lanes: int, divisor: int, clock_hz: int, virtual: bool
    ):
        self.divisor = divisor
        self.search = IndependentSet(vertices=vertices, lanes=lanes)
        self.processor = QuboProcessor(shape=self.search.shape, hello=QuboHello(
            kind=Kind.VIRTUAL if virtual else Kind.REAL,
            vertices=vertices, lanes=lanes, clock_hz=clock_hz,
        ))
        super().__init__({
            "rx": In(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
            "tx": Out(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
            "busy": Out(1),
        })

    def elaborate(self, platform) -> Module:
        """Connect the stages."""
        m = Module()
        m.submodules.port = port = SerialPort(
            divisor=self.divisor, capacity=self.processor.capacity
        )
        m.submodules.processor = processor = self.processor
        m.submodules.search = search = self.search
        wiring.connect(m, port.o, processor.i)
        wiring.connect(m, port.o_error, processor.i_error)
        wiring.connect(m, processor.o, port.i)
        wiring.connect(m, processor.o_problem, search.i)
        wiring.connect(m, search.o, processor.i_result)
        m.d.comb += [
            port.rx.eq(self.rx),
            self.tx.eq(port.tx),
            processor.i_length.eq(port.o_length),
            search.row_vertex.eq(processor.row_vertex),
            search.row_word.eq(processor.row_word),
            search.row_data.eq(processor.row_data),
            search.row_write.eq(processor.row_write),
            search.best_address.eq(processor.best_address),
            processor.best_data.eq(search.best_data),
            self.busy.eq(processor.busy),
        ]
        return m
