"""What is better at the task: networks of look-up tables, and binary ones, that do not spike."""

from collections.abc import Sequence

__all__ = ["BETTER", "HEADINGS", "SAID"]

HEADINGS = ("what", "accuracy", "size", "time of an image", "energy", "part", "source")

_TABLE = "table of arXiv 2410.11112, as quoted by others"

#: Printed beside the rows, always.
BETTER: Sequence[tuple[str, ...]] = (
    ("DWN (n=6, small)", "97.80 %", "2,100 LUT6", "0.060 us", "2.5 nJ", "Z-7045", _TABLE),
    ("DWN (n=6, large)", "98.31 %", "4,600 LUT6", "0.125 us", "19.0 nJ", "Z-7045", _TABLE),
    ("DWN, with its input's encoder", "97.76 %", "3,464 LUT6", "0.048 us", "", "XC7A35T",
     "dwn-fpga-study, a public repository"),
    ("FINN, binary network", "98.40 %", "83,000 LUT6", "2.44 us", "5,445 nJ", "Z-7045", _TABLE),
    ("ULEEN, weightless", "98.46 %", "123,100 LUT6", "0.94 us", "823 nJ", "Z-7045", _TABLE),
)

SAID = (
    "Better at MNIST, and not spiking. Their function is in look-up tables, so that other weights "
    "are another bitstream; the sizes of DWN are of its core, without the encoder of its inputs, "
    "unless that is said."
)
