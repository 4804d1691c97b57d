"""Progressive precision: streams that are stopped early."""

from dataclasses import dataclass
from typing import Literal

from spikewright_hw.engine.streams import Streams

__all__ = ["Prefix"]


@dataclass(frozen=True, kw_only=True)
class Prefix(Streams):
    """The first ``length`` bits of streams of ``full`` bits, taken for the whole.

    That is not what streams of this length are from the start: those have sources of fewer bits.
    An evenly spread sequence (van der Corput, Sobol, Halton) has evenly spread prefixes, so there
    it makes no or little difference. A counter has come nowhere yet when it is stopped, and an LFSR
    of another width is another one.

    Parameters
    ----------
    full : int
        Bits of the streams that are stopped; as many as ``length``, or more.

    Raises
    ------
    ValueError
        ``full`` is no length of a stream, or the prefix is longer.
    """

    full: int

    def __post_init__(self):
        super().__post_init__()
        if self.length > self._whole.length:
            raise ValueError(
                f"length is {self.length}, but the streams have {self.full} bits; a prefix is no "
                "longer"
            )

    @property
    def _whole(self) -> Streams:
        return Streams(length=self.full, source=self.source, encoding=self.encoding)

    def numbers(self, which: Literal["weights", "inputs"], *, width: int) -> tuple[int, ...]:
        """Return the first numbers of the longer streams."""
        return self._whole.numbers(which, width=width)[: self.length]
