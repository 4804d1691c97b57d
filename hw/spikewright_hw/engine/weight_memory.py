"""Memory of weights: rows that are built in, or stored by a host, and read one a cycle."""

from amaranth import Elaboratable, Module, Mux, Signal, unsigned
from amaranth.lib import memory

from .ram_style import APART, LOADED, rom_attributes
from .weight_image import WeightImage, Weights

__all__ = ["WeightMemory"]

class WeightMemory(Elaboratable):
    """Rows of weights, one of which is read in a cycle.

    Rows that are stored by a host use the same address as those that are read, so that a memory
    with a single port serves.

    Parameters
    ----------
    image : WeightImage
        The rows; of a memory that is loaded, their number and width alone.
    weights : {"built", "loaded"}

    Attributes
    ----------
    address, enable : Signal
        In: the row to read, and whether to.
    data : Signal
        Out: that row, one cycle later.
    storing, writes : Signal
        In, where loaded: the host has its turn, and nothing else is read; its row is written, or
        else read.
    place, value : Signal
        In, where loaded: the host's row, and what is written there.
    """

    def __init__(self, image: WeightImage, *, weights: Weights):
        self.image = image
        self.weights: Weights = weights
        self.depth = len(image.rows)
        self.address = Signal(range(max(2, self.depth)))
        self.enable = Signal()
        self.data = Signal(image.width)
        self.storing, self.writes = Signal(), Signal()
        self.place = Signal.like(self.address)
        self.value = Signal(image.width)

    def elaborate(self, platform) -> Module:
        """Elaborate the memory, and who has its turn."""
        m = Module()
        loaded = self.weights == "loaded"
        rows = self.image.rows
        m.submodules.rows = kept = memory.Memory(
            shape=unsigned(self.image.width), depth=max(2, self.depth),
            init=[] if loaded else rows,
            attrs={**APART, **LOADED} if loaded else rom_attributes(len(rows)),
        )
        read = kept.read_port()
        m.d.comb += self.data.eq(read.data)
        if not loaded:
            m.d.comb += [read.addr.eq(self.address), read.en.eq(self.enable)]
            return m
        write = kept.write_port()
        address = Signal.like(self.address)
        m.d.comb += [
            address.eq(Mux(self.storing, self.place, self.address)),
            read.addr.eq(address),
            write.addr.eq(address),
            write.en.eq(self.storing & self.writes),
            read.en.eq(~write.en & (self.storing | self.enable)),
            write.data.eq(self.value),
        ]
        return m
