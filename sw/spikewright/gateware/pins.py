"""A board top on the pins and the clock of a board, by way of Amaranth's platforms."""

from importlib import import_module
from typing import Any

from amaranth import ClockDomain, ClockSignal, Const, Elaboratable, Module, Value
from amaranth.build import Attrs, Clock, Pins, Platform, Resource, Subsignal
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer

from spikewright_hw.link.serial_port import SerialTop

from .board import Board

__all__ = ["BoardPins", "elaborate", "platform_files", "platform_of"]


#: Buttons, one of which a board has for a demo.
_BUTTONS = (("button", 0), ("button_center", 0))


class ClockGenerator(Elaboratable):
    """Drives the ``sync`` domain from the board's oscillator; in reset until the PLL has locked.

    It is reset, too, where ``reset``, from a register of the domain, is high.
    """

    def __init__(self, *, board: Board, reset: Value):
        self.board = board
        self.reset = reset

    def elaborate(self, platform) -> Module:
        """Put in the family's clock."""
        m = Module()
        board = self.board
        clock, stable = board.family.make_clock(m, pll=board.pll, platform=platform)
        m.d.comb += ClockSignal("sync").eq(clock)
        m.submodules.reset = ResetSynchronizer(~stable | self.reset, domain="sync")
        platform.add_clock_constraint(clock, board.clock_hz)
        return m


class BoardPins(Elaboratable):
    """Connects a board top to the pins and the clock of a board."""

    def __init__(self, *, top: SerialTop, board: Board):
        self.top = top
        self.board = board

    def elaborate(self, platform) -> Module:
        """Request the pins from the board's platform."""
        m = Module()
        m.domains.sync = ClockDomain("sync")
        m.submodules.top = top = self.top
        m.submodules.clock = ClockGenerator(
            board=self.board, reset=getattr(top, "reset", Const(0, 1))
        )
        pins = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer(io.Direction.Input, pins.rx)
        m.submodules.tx = tx = io.Buffer(io.Direction.Output, pins.tx)
        m.d.comb += [top.rx.eq(rx.i), tx.o.eq(top.tx)]
        self._light(m, platform)
        self._hear_button(m, platform)
        running = getattr(top, "running", None)
        if self.board.measure and running is not None:
            m.submodules.measure = measure = io.Buffer(
                io.Direction.Output, platform.request("measure", 0, dir="-")
            )
            m.d.comb += measure.o.eq(running)
        if self.board.pins is not None and self.board.pins.high:
            m.submodules.high = high = io.Buffer(
                io.Direction.Output, platform.request("high", 0, dir="-")
            )
            m.d.comb += high.o.eq(-1)
        return m

    def _light(self, m: Module, platform: Any) -> None:
        """Connect the lights there are: alive, busy, and the last class, its lowest bit first.

        A single one is busy. None blinks, so that none disturbs a measurement of power.
        """
        there = sum(name == "led" for name, _ in platform.resources)
        busy = getattr(self.top, "busy", Const(0))
        shown = [Const(1), busy, *getattr(self.top, "prediction", ())] if there > 1 else [busy]
        for number, value in enumerate(shown[:there]):
            light = io.Buffer(io.Direction.Output, platform.request("led", number, dir="-"))
            m.submodules[f"led_{number}"] = light
            m.d.comb += light.o.eq(value)

    def _hear_button(self, m: Module, platform: Any) -> None:
        """Connect a button to a top that hears one, where there is one."""
        there = [button for button in _BUTTONS if button in platform.resources]
        if there and hasattr(self.top, "button"):
            pin = platform.request(*there[0], dir="-")
            m.submodules.button = button = io.Buffer(io.Direction.Input, pin)
            m.d.comb += self.top.button.eq(button.i)  # pyright: ignore[reportAttributeAccessIssue]


def platform_of(board: Board) -> Platform:
    """Return Amaranth's platform of a board: that of amaranth-boards, and the pins of its file."""
    pins = board.pins
    attributes = Attrs(**({} if pins is None else pins.attributes))
    if board.platform:
        module, name = board.platform.split(":")
        made: Any = getattr(import_module(module), name)()
    else:
        assert pins is not None
        clock = Resource(
            "clk", 0, Pins(pins.clock, dir="i"), Clock(board.oscillator_hz), attributes
        )
        members = {
            "default_clk": "clk", "resources": [clock], "connectors": [],
            **board.device.platform,
        }
        made = type("FilePlatform", (board.family.vendor(),), members)()
    if pins is not None and pins.clock and board.platform:
        made.add_resources([Resource(
            "clk", 0, Pins(pins.clock, dir="i"), Clock(board.oscillator_hz), attributes
        )])
        made.default_clk = "clk"
    if pins is not None and pins.high:
        made.add_resources([Resource("high", 0, Pins(pins.high, dir="o"), attributes)])
    if pins is not None and pins.leds and ("led", 0) not in made.resources:
        made.add_resources([
            Resource("led", number, Pins(pin, dir="o", invert=pins.leds_inverted), attributes)
            for number, pin in enumerate(pins.leds.split())
        ])
    if pins is not None and pins.rx:
        made.add_resources([Resource(
            "uart", 0, Subsignal("rx", Pins(pins.rx, dir="i")),
            Subsignal("tx", Pins(pins.tx, dir="o")), attributes,
        )])
    for sensor in board.sensors:
        if sensor.pins:
            positive, negative = sensor.pins.split()
            made.add_resources([Resource(
                "monitor", int(sensor.channel.split()[1]), Subsignal("p", Pins(positive, dir="i")),
                Subsignal("n", Pins(negative, dir="i")), made.lookup("uart", 0).attrs,
            )])
    if board.measure:
        connector, number, pin = board.measure.split()
        made.add_resources([Resource(
            "measure", 0, Pins(pin, dir="o", conn=(connector, int(number))),
            made.lookup("uart", 0).attrs,
        )])
    return made


def platform_files(top: SerialTop, *, board: Board) -> dict[str, str]:
    """Return what Amaranth's platform makes of a board top: source, constraints, scripts."""
    plan: Any = platform_of(board).prepare(
        BoardPins(top=top, board=board), "design", emit_src=False, debug_verilog=False
    )
    return {
        name: text.decode() if isinstance(text, bytes) else text
        for name, text in plan.files.items() if not name.endswith((".debug.v", ".bat", ".json"))
    }


def elaborate(top: SerialTop, *, board: Board) -> tuple[str, str]:
    """Return the source, in the family's language, and the pin constraints of a board top."""
    files = platform_files(top, board=board)
    source = {"rtlil": "design.il", "verilog": "design.v"}[board.family.language]
    return files[source], files[f"design.{board.family.flow.suffix}"]
