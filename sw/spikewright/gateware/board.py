"""Boards as data: what a bitstream must know of each."""

from dataclasses import dataclass, replace

from spikewright_hw.checks import one_of, real

from .pll import Pll, plls

__all__ = ["BOARDS", "DEFAULT_BOARD", "Board", "board_named"]

#: How far the serial port may be from its rate; a frame of ten bits bears about four times as much
#: on both sides together.
_TOLERANCE = 0.01
#: Fewest clock cycles per bit of the serial port.
_LEAST_DIVISOR = 4


@dataclass(frozen=True)
class Board:
    """A board.

    Parameters
    ----------
    name : str
        Name on the command line.
    title : str
        Name for people.
    platform : tuple of str
        Module and class of its pins in ``amaranth_boards``.
    part : str
        One of :data:`~spikewright.gateware.placement.PARTS`.
    pll : Pll
        From the platform's default clock to the design's.
    baud : int
        Rate of the serial port.
    programmer : tuple of str
        Command that loads a bitstream, whose path follows.
    """

    name: str
    title: str
    platform: tuple[str, str]
    part: str
    pll: Pll
    baud: int
    programmer: tuple[str, ...]

    @property
    def clock_hz(self) -> int:
        """Clock frequency of the design."""
        return self.pll.output_hz

    @property
    def divisor(self) -> int:
        """Clock cycles per bit of the serial port."""
        return round(self.clock_hz / self.baud)

    @property
    def clocks_hz(self) -> tuple[int, ...]:
        """Every clock that the design can have here, the slowest first.

        The PLL can make it, and the serial port keeps its rate within 1 %.
        """
        return tuple(hz for hz in plls(self.pll.input_hz) if self._keeps_rate(hz))

    def _keeps_rate(self, clock_hz: int) -> bool:
        divisor = round(clock_hz / self.baud)
        return (
            divisor >= _LEAST_DIVISOR
            and abs(clock_hz / divisor / self.baud - 1) <= _TOLERANCE
        )

    def at(self, clock_mhz: float) -> "Board":
        """Return the board with another clock for its design, in MHz.

        Raises
        ------
        ValueError
            The board cannot make this clock; the message names the nearest ones.
        """
        clocks, asked_hz = self.clocks_hz, real()("clock_mhz", clock_mhz) * 1e6
        for hz in clocks:
            if abs(hz - asked_hz) < 1:
                return replace(self, pll=plls(self.pll.input_hz)[hz])
        below = max((hz for hz in clocks if hz < asked_hz), default=None)
        above = min((hz for hz in clocks if hz > asked_hz), default=None)
        if below is None or above is None:
            raise ValueError(
                f"{clock_mhz:g} MHz is out of the range of {self.title}, whose clock can be "
                f"{clocks[0] / 1e6:.9g} to {clocks[-1] / 1e6:.9g} MHz"
            )
        raise ValueError(
            f"{self.title} cannot make a clock of {clock_mhz:.9g} MHz; the nearest are "
            f"{below / 1e6:.9g} and {above / 1e6:.9g} MHz"
        )


BOARDS = {
    board.name: board
    for board in (
        Board(
            name="ulx3s",
            title="ULX3S",
            platform=("amaranth_boards.ulx3s", "ULX3S_25F_Platform"),
            part="ecp5-25f",
            pll=Pll(input_hz=25_000_000, reference=5, feedback=16, divider=7),  # 80 MHz
            baud=1_000_000,
            programmer=("openFPGALoader", "-b", "ulx3s", "-m"),
        ),
    )
}
"""The boards that bitstreams are built for."""

#: The board that is built for unless another is asked for.
DEFAULT_BOARD = "ulx3s"


def board_named(board: str | Board) -> Board:
    """Return a board by its name, or as it is given.

    Raises
    ------
    ValueError
        There is no board of that name.
    """
    return board if isinstance(board, Board) else BOARDS[one_of(BOARDS)("board", board)]
