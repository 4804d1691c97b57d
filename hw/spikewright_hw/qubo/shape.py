"""How large a search for an independent set is, and what it is started from and answers with."""

from dataclasses import dataclass

from amaranth.lib import data

from .search import NOISE_BITS, REST_BITS, SPREAD_BITS

__all__ = ["TIME_BITS", "SearchShape"]

#: Bits of a count of cycles.
TIME_BITS = 48


@dataclass(frozen=True, kw_only=True)
class SearchShape:
    """The sizes of a search.

    Parameters
    ----------
    vertices : int, at least 2
        Most vertices of a graph.
    lanes : int, a power of two, at least 2
        Neurons of a word.
    time_bits : int, at least 1
        Bits of a count of cycles or passes.

    Raises
    ------
    ValueError
        A size is out of its range.
    """

    vertices: int
    lanes: int
    time_bits: int = TIME_BITS

    def __post_init__(self):
        if self.vertices < 2:
            raise ValueError(f"a graph has at least 2 vertices, not {self.vertices}")
        if self.lanes < 2 or self.lanes & (self.lanes - 1):
            raise ValueError(f"lanes are a power of two of at least 2, not {self.lanes}")
        if self.time_bits < 1:
            raise ValueError(f"a count has at least one bit, not {self.time_bits}")

    @property
    def words(self) -> int:
        """Words of a row of the graph."""
        return -(-self.vertices // self.lanes)

    @property
    def problem(self) -> data.StructLayout:
        """What a run is started from."""
        return data.StructLayout({
            "vertices": range(self.vertices + 1), "seed": 32, "rest": REST_BITS,
            "spread": SPREAD_BITS, "noise": NOISE_BITS, "target": range(self.vertices + 1),
            "timeout": self.time_bits,
        })

    @property
    def found(self) -> data.StructLayout:
        """A set that is larger than all before."""
        return data.StructLayout({
            "size": range(self.vertices + 1), "scan": self.time_bits, "cycles": self.time_bits,
        })

    @property
    def result(self) -> data.StructLayout:
        """The end of a run."""
        return data.StructLayout({
            "size": range(self.vertices + 1), "reached": self.time_bits, "scan": self.time_bits,
            "cycles": self.time_bits,
        })
