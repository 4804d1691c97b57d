"""Boards as data: what a bitstream must know of each."""

from dataclasses import dataclass

__all__ = ["BOARDS", "Board", "Pll"]


@dataclass(frozen=True)
class Pll:
    """Settings of an ECP5 phase-locked loop (EHXPLLL) whose feedback is its output CLKOP.

    ``output = input * feedback / reference`` and ``vco = output * divider``; the limits are those
    of Lattice's data sheet FPGA-DS-02012, table "sysCLOCK PLL timing".

    Parameters
    ----------
    input_hz : int
        Frequency at CLKI, 8 to 400 MHz.
    reference : int
        CLKI_DIV; the phase detector then runs at 3.125 to 400 MHz.
    feedback : int
        CLKFB_DIV.
    divider : int
        CLKOP_DIV; the oscillator then runs at 400 to 800 MHz.
    """

    input_hz: int
    reference: int
    feedback: int
    divider: int

    def __post_init__(self):
        for name in ("reference", "feedback", "divider"):
            if not 1 <= getattr(self, name) <= 128:
                raise ValueError(f"{name} of a PLL is 1 to 128, not {getattr(self, name)}")
        if not 8e6 <= self.input_hz <= 400e6:
            raise ValueError(f"input of a PLL is 8 to 400 MHz, not {self.input_hz / 1e6:g} MHz")
        detector = self.input_hz / self.reference
        if not 3.125e6 <= detector <= 400e6:
            raise ValueError(f"phase detector at {detector / 1e6:g} MHz; it needs 3.125 to 400 MHz")
        if not 400e6 <= self.vco_hz <= 800e6:
            raise ValueError(f"oscillator at {self.vco_hz / 1e6:g} MHz; it needs 400 to 800 MHz")
        if self.input_hz * self.feedback % self.reference:
            raise ValueError("the output of a PLL is a whole number of Hz here")

    @property
    def output_hz(self) -> int:
        """Frequency at CLKOP."""
        return self.input_hz * self.feedback // self.reference

    @property
    def vco_hz(self) -> float:
        """Frequency of the oscillator."""
        return self.input_hz * self.feedback / self.reference * self.divider

    @property
    def cphase(self) -> int:
        """CLKOP_CPHASE, the coarse phase at which the output is in phase with the input."""
        return self.divider // 2


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
