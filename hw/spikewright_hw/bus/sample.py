"""The sample of an engine as transfers of a bus."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..engine.inference import InferenceEngine
from ..engine.repack import Repack
from ..engine.words import Words

__all__ = ["Sample", "bitmaps_of", "sample_of", "transfers_of"]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How the inputs of an inference come over a bus.

    Each bit plane of each step is a string of bits, input 0 first; of graded inputs the most
    significant plane comes first. It is cut into transfers, the first inputs in the lowest bits.
    Each plane begins with a transfer of its own, and what is left over of its last one is not read.

    Parameters
    ----------
    data_bits : int
        Bits of a transfer.
    inputs, planes : int
        Bits of a plane, and planes of an inference.
    words : Words
        In which words the engine takes a plane.
    """

    data_bits: int
    inputs: int
    planes: int
    words: Words

    @property
    def plane_transfers(self) -> int:
        """Transfers of a plane."""
        return -(-self.inputs // self.data_bits)

    @property
    def transfers(self) -> int:
        """Transfers of a sample."""
        return self.planes * self.plane_transfers

    @property
    def transfer_cycles(self) -> int:
        """Cycles within which an engine that waits for inputs takes a transfer."""
        return 2 + -(-self.data_bits // self.words.bits)

    def description(self) -> dict[str, int]:
        """Return the numbers of the sample, for the JSON beside the Verilog."""
        return {
            "transfer_bits": self.data_bits, "transfers": self.transfers, "planes": self.planes,
            "plane_transfers": self.plane_transfers, "inputs": self.inputs,
        }

    def repack(self) -> Repack:
        """Make what cuts the words of the engine out of the transfers."""
        return Repack(
            bits=self.data_bits, count=self.plane_transfers, out_bits=self.words.bits,
            total=self.inputs,
        )


def sample_of(engine: InferenceEngine, *, data_bits: int) -> Sample:
    """Return how the samples of an engine come over a bus.

    Raises :exc:`ValueError` if the weights of the engine are loaded, which no bus here does.
    """
    if engine.loaded:
        raise ValueError(
            "the weights of this engine are loaded over the serial link, which a bus does not "
            "have; build them in, with weights built"
        )
    network = engine.network
    return Sample(
        data_bits=data_bits, inputs=network.inputs, planes=network.planes, words=engine.words
    )


def transfers_of(bitmaps: Sequence[int], sample: Sample) -> list[int]:
    """Return the transfers of a sample, given its bit planes, input 0 lowest: what is correct."""
    mask = (1 << sample.data_bits) - 1
    return [
        bitmap >> at * sample.data_bits & mask
        for bitmap in bitmaps for at in range(sample.plane_transfers)
    ]


def bitmaps_of(transfers: Sequence[int], sample: Sample) -> list[int]:
    """Return the bit planes of transfers, those that are missing being zero, and others unread."""
    each = sample.plane_transfers
    given = [*transfers[: sample.transfers], *[0] * (sample.transfers - len(transfers))]
    return [
        sum(one << at * sample.data_bits for at, one in enumerate(given[first : first + each]))
        & (1 << sample.inputs) - 1
        for first in range(0, sample.transfers, each)
    ]
