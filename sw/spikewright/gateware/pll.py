"""The ECP5's phase-locked loop: its limits, and the settings that give a frequency."""

from dataclasses import dataclass
from functools import cache

__all__ = ["Pll", "plls"]


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


@cache
def plls(input_hz: int) -> dict[int, Pll]:
    """Return settings for every output, in Hz, that can be made of an input, the lowest first.

    Of several settings, those with the fastest phase detector are taken, and of these the one whose
    oscillator is nearest to the middle of its range, as Project Trellis' ``ecppll`` does. Like it,
    this goes no further than a feedback of 80 and an output of 10 MHz.
    """
    found: dict[int, Pll] = {}
    for reference in range(1, 128 + 1):
        for feedback in range(1, 80 + 1):
            output, rest = divmod(input_hz * feedback, reference)
            if rest or output in found or not 10e6 <= output <= 400e6:
                continue
            dividers = (
                divider for divider in range(1, 129) if 400e6 <= output * divider <= 800e6
            )
            divider = min(dividers, key=lambda divider: abs(output * divider - 600e6))
            try:
                found[output] = Pll(input_hz, reference, feedback, divider)
            except ValueError:  # the phase detector would be too slow or too fast
                continue
    return dict(sorted(found.items()))
