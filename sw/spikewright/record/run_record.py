"""The record of a run: what came out of a network on a board."""

from dataclasses import dataclass, field

import numpy as np

from .figure import Counted, Provenance, Simulated

__all__ = [
    "BoardRecord",
    "BuildRecord",
    "Counters",
    "RunRecord",
    "SampleRecord",
    "TrainingRecord",
]


@dataclass(frozen=True)
class TrainingRecord:
    """Accuracies of all trained seeds on the test split, as fractions, one entry per seed.

    ``accuracy_float`` is of the float networks before quantisation, ``accuracy_integer`` of the
    deployed ones.
    """

    seeds: tuple[int, ...]
    accuracy_float: tuple[float, ...]
    accuracy_integer: tuple[float, ...]

    def __post_init__(self):
        if not len(self.seeds) == len(self.accuracy_float) == len(self.accuracy_integer) > 0:
            raise ValueError(
                f"training has {len(self.seeds)} seeds, {len(self.accuracy_float)} float and "
                f"{len(self.accuracy_integer)} integer accuracies; it needs one of each per seed"
            )


@dataclass(frozen=True)
class BuildRecord:
    """What place and route made of the board top.

    ``tool`` is the place-and-route tool with its version; ``corner`` the speed grade or timing
    corner; ``seed`` that of the placement.
    """

    tool: str
    seed: int
    corner: str
    lut: int
    ff: int
    bram: int
    dsp: int
    fmax_mhz: float


@dataclass(frozen=True)
class BoardRecord:
    """The board which ran the network.

    ``simulator`` names, with its version, what runs a virtual board; it is empty for a real one.
    """

    name: str
    device: str
    clock_mhz: float
    virtual: bool
    simulator: str = ""

    def __post_init__(self):
        if self.virtual != bool(self.simulator):
            raise ValueError(
                f"board {self.name} is {'virtual' if self.virtual else 'real'}, but its simulator "
                f"is {self.simulator!r}; a virtual board has one, a real board has none"
            )


@dataclass(frozen=True)
class Counters:
    """The engine's counters: (samples,) integer arrays; ``spikes`` is (samples, layers)."""

    cycles: np.ndarray
    input_events: np.ndarray
    synops: np.ndarray
    spikes: np.ndarray


@dataclass(frozen=True)
class SampleRecord:
    """One inference in full.

    Parameters
    ----------
    index, label : int
        Which sample of the test split, and its class.
    values : array, or None
        The sample as it can be drawn, 0 to 1: a picture (rows, columns) or (rows, columns,
        channels), or a signal (time,) or (time, channels); None if its spikes alone show it.
    signal : bool
        Whether it is a signal.
    graded : bool
        Whether the inputs are graded, and no spikes that could be drawn.
    input_spikes : (steps, inputs) array
        Of graded inputs, the whole numbers.
    layer_spikes : tuple of (steps, neurons) arrays
    readout : str
        What an output is, one of :data:`spikewright_hw.readout.READOUTS`.
    outputs_reference, outputs_device : (steps, outputs) arrays
        After each step the membranes of the last layer, in weight steps; or, of a readout of
        spikes, the spikes so far.
    """

    index: int
    label: int
    values: np.ndarray | None
    input_spikes: np.ndarray
    layer_spikes: tuple[np.ndarray, ...]
    outputs_reference: np.ndarray
    outputs_device: np.ndarray
    signal: bool = False
    graded: bool = False
    readout: str = "last"


@dataclass(frozen=True)
class RunRecord:
    """Everything a run found out.

    Parameters
    ----------
    network : str
        The network in a few words, such as ``64-128-10 LIF, 4-bit weights, 5 steps``.
    digest : str
        Content hash of the network, hexadecimal.
    engine : str
        The engine in a few words.
    source : dict of str to str
        Where the network comes from: data set, split, seed, coding.
    labels : (samples,) integer array
        Class of each sample of the test split.
    predictions_integer : (samples,) integer array
        Of the deployed network as integers, on the whole split.
    predictions_device : (answered,) integer array
        Of the same on the board, on the first samples of the split, or all; so are the counters,
        and what was compared.
    accuracy_float : float
        Of the float network that the deployed one was quantised from, before that and before the
        epochs on the integer grid, as its file says; a fraction.
    compared, mismatches : dict of str to int
        By kind (spikes of a layer, membranes, predictions, counters): how many values of the board
        were compared with the reference, and how many differed.
    versions : dict of str to str
        Tools and libraries.
    command : str
        What repeats the run.
    stream_length : int, optional
        Bits of a bitstream, on the stochastic engine.
    no_build : str
        Why there is no bitstream, and so no ``build``; else empty.
    task : str
        What the network does; empty for the digits, the task of the main job.
    """

    network: str
    digest: str
    engine: str
    source: dict[str, str]
    labels: np.ndarray
    predictions_integer: np.ndarray
    predictions_device: np.ndarray
    accuracy_float: float
    counters: Counters
    compared: dict[str, int]
    mismatches: dict[str, int]
    sample: SampleRecord
    training: TrainingRecord
    build: BuildRecord | None
    board: BoardRecord
    command: str
    versions: dict[str, str] = field(default_factory=dict)
    stream_length: int | None = None
    no_build: str = ""
    task: str = ""

    def __post_init__(self):
        if (self.build is None) != bool(self.no_build):
            raise ValueError("a run has either a build, or a reason why there is none")
        samples = len(self.labels)
        if samples == 0:
            raise ValueError("the run has no samples; there is nothing to report")
        self._check("predictions_integer", self.predictions_integer, samples, "labels")
        if not 0 < self.answered <= samples:
            raise ValueError(
                f"predictions_device has {self.answered} entries; it must have one for each of the "
                f"{samples} labels, or for the first of them"
            )
        for name in ("cycles", "input_events", "synops", "spikes"):
            given = getattr(self.counters, name)
            self._check(f"counters.{name}", given, self.answered, "answers of the board")
        if self.compared.keys() != self.mismatches.keys():
            raise ValueError(
                f"compared has {', '.join(self.compared)}, mismatches has "
                f"{', '.join(self.mismatches)}; both need the same kinds"
            )

    @staticmethod
    def _check(name: str, array: np.ndarray, samples: int, what: str) -> None:
        if len(array) != samples:
            raise ValueError(f"{name} has {len(array)} entries; there are {samples} {what}")

    @property
    def answered(self) -> int:
        """Samples that the board answered: all of the test split, or its first."""
        return len(self.predictions_device)

    @property
    def split(self) -> str:
        """What the board answered, in words."""
        if self.answered == len(self.labels):
            return "the test split"
        return f"the first {self.answered:,} of the {len(self.labels):,} samples of the test split"

    @property
    def classes(self) -> int:
        """Number of classes: the readout's neurons."""
        return self.sample.outputs_device.shape[1]

    @property
    def counting(self) -> Provenance:
        """Provenance of what the engine counts.

        On a virtual board the counters are those of the simulated gateware, so that they count as
        simulated, even though they are read over the same link.
        """
        if self.board.virtual:
            return Simulated(
                rtl=f"counter in the board top for {self.board.name}",
                simulator=self.board.simulator,
            )
        return Counted(device=f"{self.board.name} ({self.board.device})", virtual=False)
