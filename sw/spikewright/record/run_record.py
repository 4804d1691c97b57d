"""The record of a run: what came out of a network on a board."""

from dataclasses import dataclass, field

import numpy as np

from .algorithm import AlgorithmMetrics
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
    """Scores of all trained seeds on the test split, one entry per seed.

    A score is the accuracy, a fraction; or, of a network that answers with values, the error.
    ``score_float`` is of the float networks before quantisation, ``score_integer`` of the deployed
    ones.
    """

    seeds: tuple[int, ...]
    score_float: tuple[float, ...]
    score_integer: tuple[float, ...]

    def __post_init__(self):
        if not len(self.seeds) == len(self.score_float) == len(self.score_integer) > 0:
            raise ValueError(
                f"training has {len(self.seeds)} seeds, {len(self.score_float)} float and "
                f"{len(self.score_integer)} integer scores; it needs one of each per seed"
            )


@dataclass(frozen=True)
class BuildRecord:
    """What place and route made of the board top.

    ``tool`` is the place-and-route tool with its version; ``corner`` the speed grade or timing
    corner; ``seed`` that of the placement; ``sha256`` that of the bitstream's file.
    """

    tool: str
    seed: int
    corner: str
    lut: int
    ff: int
    bram: int
    dsp: int
    fmax_mhz: float
    sha256: str = ""


@dataclass(frozen=True)
class BoardRecord:
    """The board which ran the network.

    ``simulator`` names, with its version, what runs a virtual board; it is empty for a real one.
    ``baud`` is the rate of its serial port, ``window`` how many commands it may have at a time.
    """

    name: str
    device: str
    clock_mhz: float
    virtual: bool
    simulator: str = ""
    baud: int = 0
    window: int = 1

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
    index : int
        Which sample of the test split.
    target : array
        Its class, a number alone; or its values; or a class, or values, for each step.
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
    target: np.ndarray
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
    targets : array ``[samples]``, ``[samples, outputs]``, or with an axis of steps after the first
        Of the test split: classes, integers; or values, floating-point numbers.
    answers_integer : array of the shape of the targets
        Of the deployed network as integers, on the whole split.
    answers_device : array ``[answered, ...]``
        Of the same on the board, on the first samples of the split, or all; so are the counters,
        and what was compared.
    score_float : float
        Of the float network that the deployed one was quantised from, before that and before the
        epochs on the integer grid, as its file says: the accuracy, a fraction, or the error.
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
    algorithm : AlgorithmMetrics, optional
        Metrics of the algorithm track, on what the board reported; none of bitstreams.
    commit : str
        Of the checkout that did the run; empty where there is none.
    link_bytes : int
        Bytes over the serial port of an inference without its trace, there and back.
    answer_bytes : int
        Those back alone.
    """

    network: str
    digest: str
    engine: str
    source: dict[str, str]
    targets: np.ndarray
    answers_integer: np.ndarray
    answers_device: np.ndarray
    score_float: float
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
    algorithm: AlgorithmMetrics | None = None
    commit: str = ""
    link_bytes: int = 0
    answer_bytes: int = 0

    def __post_init__(self):
        if (self.build is None) != bool(self.no_build):
            raise ValueError("a run has either a build, or a reason why there is none")
        samples = len(self.targets)
        if samples == 0:
            raise ValueError("the run has no samples; there is nothing to report")
        self._check("answers_integer", self.answers_integer, samples, "targets")
        if not 0 < self.answered <= samples:
            raise ValueError(
                f"answers_device has {self.answered} entries; it must have one for each of the "
                f"{samples} targets, or for the first of them"
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
        return len(self.answers_device)

    @property
    def split(self) -> str:
        """What the board answered, in words."""
        if self.answered == len(self.targets):
            return "the test split"
        return f"the first {self.answered:,} of the {len(self.targets):,} samples of the test split"

    @property
    def of_values(self) -> bool:
        """Whether the targets are values, and not classes."""
        return self.targets.dtype.kind == "f"

    @property
    def each_step(self) -> bool:
        """Whether there is a target for each step."""
        return self.targets.ndim > (2 if self.of_values else 1)

    @property
    def outputs(self) -> int:
        """Number of outputs: the readout's neurons, one for each class."""
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
