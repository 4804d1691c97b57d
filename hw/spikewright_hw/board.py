"""A board top: an engine at the end of a serial port."""

from collections.abc import Collection
from typing import Any, Protocol

from amaranth import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .engine.design import Design, EventDesign
from .engine.inference import InferenceEngine
from .engine.words import Words
from .link.command_processor import CommandProcessor
from .link.payloads import frame_capacity, hello_of
from .link.sensors import Monitor, Sensors
from .link.serial_port import SerialPort
from .link.tally import Tally
from .network import Network
from .protocol import DIVISOR_BITS, RUN_HEAD, Command, Kind, load_bytes, trial_bits

__all__ = ["BoardTop", "Engine"]


class Engine(Protocol):
    """What a board needs of an engine; :class:`~.engine.inference.InferenceEngine` is one."""

    words: Words
    i: stream.Interface
    o: stream.Interface
    trace_address: data.View
    trace_data: Signal

    def elaborate(self, platform: Any) -> Any:
        """Build the engine."""


class BoardTop(wiring.Component):
    """The whole of a board but its pins: serial port, frames, commands, engine.

    .. code-block:: none

        rx, tx <-> SerialPort <-> CommandProcessor <-> engine

    A frame that arrives while a command is in work is stored and answered next, unless there are no
    optional commands; of more frames at once, bytes are lost, and the frame that they leave is
    refused as BAD_CRC. HELLO says how many there may be.

    Parameters
    ----------
    network : Network
        What the board runs.
    divisor : int
        Clock cycles per bit of the serial port, at least 4, until RATE asks for another rate.
    clock_hz : int
        Clock frequency, Hz, as HELLO reports it.
    virtual : bool
        Whether HELLO says that this is a simulation.
    design : Design
        Which engine the network runs on.
    engine : Engine, optional
        The engine itself, instead of the design's.
    optional : collection of Command
        Commands that may be left out, where they do not fit: those that there are, of the design
        if not given. HELLO says which.
    monitor : Monitor, optional
        What reads the board's supplies, where there is something; POWER answers it.

    Members
    -------
    rx : In(1, init=1)
        Serial line from the host, asynchronous.
    tx : Out(1, init=1)
        Serial line to the host.
    busy : Out(1)
        A command is in work; for a light.
    running : Out(1)
        The inferences of a RUN are in work; for an instrument that measures in that time.
    prediction : Out(range(network.outputs))
        That of the last inference; for lights.
    reset : Out(1)
        From a register: RESET was answered, and the answer is on the line. Whoever puts the board
        top into a design resets its domain then.
    trial : Out(1)
        RATE has changed the rate of the serial port, and no right frame has come since; the first
        rate is back after ``2 ** patience`` cycles of this.
    """

    rx: Signal
    tx: Signal
    busy: Signal
    running: Signal
    prediction: Signal
    reset: Signal
    trial: Signal

    def __init__(
        self,
        *,
        network: Network,
        divisor: int,
        clock_hz: int,
        virtual: bool,
        design: Design | None = None,
        engine: Engine | None = None,
        optional: Collection[Command] | None = None,
        monitor: Monitor | None = None,
    ):
        self.monitor = monitor
        self.sensors = 0 if monitor is None else len(monitor.addresses)
        self.network = network
        self.divisor = divisor
        design = EventDesign() if design is None else design
        self.engine = design.engine(network) if engine is None else engine
        rows = [image.row_bytes for image in design.images(network)]
        self.load = load_bytes(max(rows)) if rows else 0
        self.optional = design.optional if optional is None else frozenset(optional)
        if divisor >> DIVISOR_BITS:  # RATE could not go back to it
            self.optional -= {Command.RATE}
        rated = Command.RATE in self.optional
        self.patience = trial_bits(clock_hz, virtual=virtual) if rated else 0
        self.frames = 2 if self.optional else 1
        self.hello = hello_of(
            network,
            kind=Kind.VIRTUAL if virtual else Kind.REAL,
            clock_hz=clock_hz,
            divisor=divisor,
            digest=design.digest(network),
            load=self.load,
            optional=self.optional,
            sensors=self.sensors,
            window=self.frames,
        )
        super().__init__(
            {
                "rx": In(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
                "tx": Out(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
                "busy": Out(1),
                "running": Out(1),
                "prediction": Out(range(network.outputs)),
                "reset": Out(1),
                "trial": Out(1),
            }
        )

    def elaborate(self, platform) -> Module:
        """Connect the stages."""
        m = Module()
        m.submodules.port = port = SerialPort(
            divisor=self.divisor,
            capacity=frame_capacity(self.network, load=self.load, optional=self.optional),
            frames=self.frames,
            again_from=2 + RUN_HEAD if Command.RUN in self.optional else 0,
            patience=self.patience,
        )
        m.submodules.engine = engine = self.engine
        m.submodules.command = command = CommandProcessor(
            network=self.network, hello=self.hello, words=engine.words, load=self.load,
            optional=self.optional, sensors=self.sensors,
        )
        m.submodules.tally = tally = Tally(optional=self.optional)

        wiring.connect(m, port.o, command.i)
        wiring.connect(m, port.o_error, command.i_error)
        wiring.connect(m, command.o, port.i)
        wiring.connect(m, command.o_spikes, engine.i)
        wiring.connect(m, engine.o, command.i_result)
        m.d.comb += [
            port.rx.eq(self.rx),
            self.tx.eq(port.tx),
            port.again.eq(command.o_again),
            port.restart.eq(command.restart),
            self.reset.eq(port.reset),
            self.trial.eq(port.trial),
            port.change.eq(command.change),
            port.wanted.eq(command.o_divisor),
            command.i_changed.eq(port.changed),
            command.i_length.eq(port.o_length),
            command.i_waits.eq(port.o_waits),
            command.i_ended.eq(tally.ended),
            command.i_status.eq(tally.status),
            command.i_run.eq(tally.run),
            tally.refused.eq(port.o_refused),
            tally.inferred.eq(command.o_inferred),
            tally.times.eq(command.o_times),
            tally.times_valid.eq(command.o_times_valid),
            tally.running.eq(command.running),
            engine.trace_address.eq(command.trace_address),
            command.trace_data.eq(engine.trace_data),
            self.busy.eq(command.busy),
            self.running.eq(command.running),
            self.prediction.eq(command.prediction),
        ]
        if self.load:
            assert isinstance(engine, InferenceEngine)
            wiring.connect(m, command.o_weights, engine.i_weights)
            m.d.comb += command.i_not_kept.eq(engine.weights_not_kept)
        if self.monitor is not None:
            self._watch_supplies(m, self.monitor, command)
        return m

    def _watch_supplies(self, m: Module, monitor: Monitor, command: CommandProcessor) -> None:
        """Put the monitor in, and what sums its readings."""
        m.submodules.monitor = monitor
        m.submodules.sensors = sensors = Sensors(addresses=monitor.addresses)
        m.d.comb += [
            monitor.address.eq(sensors.address),
            monitor.enable.eq(sensors.enable),
            monitor.working.eq(command.running),
            sensors.data.eq(monitor.data),
            sensors.ready.eq(monitor.ready),
            sensors.done.eq(monitor.done),
            sensors.hold.eq(command.o_sense),
            command.i_still.eq(sensors.still),
            command.i_power.eq(sensors.sums),
        ]
