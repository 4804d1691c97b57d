"""A run of the main job in which everybody says something else, in a known way.

The board, the references, the model of cycles, PyTorch and the network files are stand-ins.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from spikewright.coding.coding import encode
from spikewright.coding.ttfs import Ttfs
from spikewright.device.answers import Answers, Inference
from spikewright.errors import DeviceError
from spikewright.gateware.bitstream import Bitstream
from spikewright.gateware.board import BOARDS
from spikewright.job import observations
from spikewright.job import run as job
from spikewright.job.run_options import RunOptions
from spikewright.network.reference import LayerRun, Run
from spikewright.quantized.network import Provenance, QuantizedNetwork, network_of
from spikewright.record import run_page
from spikewright.record.run_record import SampleRecord
from spikewright.record.store import read_report
from spikewright.task.task import Task
from spikewright_hw.engine.design import StochasticDesign
from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.record import Result, Trace
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

SAMPLES, STEPS, INPUTS, HIDDEN, CLASSES = 20, 3, 6, 3, 4
CODING = Ttfs(inputs=INPUTS, steps=STEPS, high=16.0, silent=2.0)
LABELS = np.arange(SAMPLES) % CLASSES
AT = np.arange(SAMPLES)
BITSTREAM = Bitstream(
    path=Path("design.bit"), clock_mhz=77.0, fmax_mhz=91.25, lut=101, ff=102, bram=103, dsp=104,
    available={}, seed=4, tools=("yosys 1.1", "nextpnr-ecp5 2.2", "ecppack 3.3"),
)  # fmt: skip
#: Seed of a network to its accuracies before quantisation and as integers, as its file has them.
FILES = {5: (0.9, 0.3), 7: (0.8, 0.2), 9: (0.4, 0.7)}
#: Of 64 bits, so that it is told from the default.
STOCHASTIC = StochasticDesign(streams=Streams(length=64))


def predicted(wrong) -> np.ndarray:
    """Right predictions but for some samples."""
    return np.where(np.isin(AT, list(wrong)), (LABELS + 1) % CLASSES, LABELS)


#: Who predicts what: 17, 13, 9 and 16 of 20 samples rightly.
INTEGERS, BOARD = predicted(range(3)), predicted(range(13, 20))
STREAMS, TORCH = predicted(range(11)), predicted(range(4, 8))
MODEL_CYCLES = 100 + 10 * AT + (AT >= 12)  # one too many for the board in 8 samples


def layers(seed: int) -> tuple[LayerRun, ...]:
    """Made-up spikes and membranes."""
    random = np.random.default_rng(seed)
    hidden = random.random((SAMPLES, STEPS, HIDDEN)) < 0.5
    membranes = random.integers(-200, 200, (SAMPLES, STEPS, CLASSES))
    none = np.zeros((SAMPLES, STEPS, CLASSES), bool)
    events = np.zeros(SAMPLES, int)
    return (
        LayerRun(hidden, np.zeros((SAMPLES, STEPS, HIDDEN), int), events, events),
        LayerRun(none, membranes, events, events),
    )


def reference(predictions: np.ndarray, *, seed: int) -> Run:
    """A reference that the board differs from in known places; see :func:`answers`."""
    made = layers(seed)
    return Run(
        layers=made,
        readout="last",
        outputs=made[-1].membranes[:, -1],
        predictions=predictions,
        input_events=30 + AT + (AT < 4),
        synops=1000 + 2 * AT + (AT < 6),
        layer_spikes=np.stack([5 + AT + (AT < 7), np.full(SAMPLES, 2)], axis=1),
    )


def answers(run: Run) -> list[tuple[Result, Trace]]:
    """What the board answers: ``run``, but for 2 spikes, 5 membranes and 3 outputs."""
    hidden = run.spikes[0].astype(int)
    hidden[0, 1, 2] ^= 1
    hidden[4, 0, 0] ^= 1
    membranes = run.membranes.copy()
    membranes[0, 1, 2] += 40
    membranes[1:5, 0, 3] += 1
    outputs = run.membranes[:, -1].copy()
    outputs[:3, 1] -= 1
    return [
        (
            Result(
                prediction=int(BOARD[n]), cycles=100 + 10 * n, input_events=30 + n,
                synops=1000 + 2 * n, spikes=(5 + n, 2), outputs=tuple(outputs[n].tolist()),
            ),
            Trace((tuple(map(tuple, hidden[n].tolist())),), tuple(membranes[n].tolist())),
        )
        for n in range(SAMPLES)
    ]


def network(seed: int) -> QuantizedNetwork:
    hidden = example_layer(
        inputs=INPUTS, neurons=HIDDEN, neuron="lif", weight_bits=4, membrane=Format(8, 3), seed=seed
    )
    readout = example_layer(
        inputs=HIDDEN, neurons=CLASSES, neuron="li", weight_bits=4, membrane=Format(9, 3),
        exponent=1, seed=seed,
    )
    real, integer = FILES[seed]
    return QuantizedNetwork(
        network=Network((hidden, readout), steps=STEPS),
        coding=CODING,
        provenance=Provenance(
            data_set=f"set {seed}", seed=seed, accuracy_float=real, accuracy_integer=integer,
            versions={"processor": f"processor {seed}"},
        ),
    )


class Origins:
    """Puts the stand-ins in place, runs the job, and has what it reported."""

    def __init__(self, monkeypatch, folder: Path, *, design, simulator: str = ""):
        random = np.random.default_rng(1)
        samples = random.integers(0, 17, (SAMPLES, INPUTS)).astype(np.float32)
        self.task = Task(
            name="small", kind="image", x_train=16 - samples[:4].reshape(-1, 2, 3),
            y_train=LABELS[:4], x_test=samples.reshape(-1, 2, 3), y_test=LABELS, low=-16.0,
            high=16.0, classes=CLASSES,
        )  # fmt: skip
        self.sent = encode(samples, CODING)
        self.integers = reference(INTEGERS, seed=11)
        self.streams = reference(STREAMS, seed=12)
        self.reference = self.integers if design.streams is None else self.streams
        self.answers = answers(self.reference)
        self.simulator = simulator
        self.design = design

        for module, name, stand_in in (
            (job, "train", lambda task, config, *, seed, **_: network(seed)),
            (job, "run_reference",
             lambda *given, design, hidden_membranes: self._given(self.reference, *given)),
            (observations, "run_integers",
             lambda *given, hidden_membranes: self._given(self.integers, *given)),
            (observations, "exact_cycles", self._cycles),
            (observations, "network_activity", lambda *_: SimpleNamespace(
                predictions=SimpleNamespace(numpy=lambda: TORCH)
            )),
            (job, "open_board", lambda *_, **__: self),
            (job, "check_port", lambda port: None),
            (job, "build_bitstream", lambda *_, **__: BITSTREAM),
        ):
            monkeypatch.setattr(module, name, stand_in)
        options = RunOptions(
            task=self.task, port="/dev/ttyTest", seeds=tuple(FILES), design=design,
            build=folder / "build",
            command="spikewright run --as asked",
        )
        self.drawn: dict[str, str] = {}
        self.text: list[str] = []
        self.samples: list[SampleRecord] = []
        sections = run_page.sections

        def kept(record):
            made = sections(record)
            self.samples.append(record.sample)
            for section in made:
                self.text += [*section.text, *(one.caption for one in section.pictures)]
                self.drawn |= {one.name: one.svg for one in section.pictures}
            return made

        monkeypatch.setattr(run_page, "sections", kept)
        with pytest.raises(DeviceError) as caught:
            job.main_job(options, console=Console(quiet=True))
        self.error = str(caught.value)
        (self.folder,) = (folder / "build" / "reports").iterdir()
        self.report = read_report(self.folder)

    # A board, and the port that it is at:

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def close(self):
        pass

    def infer_all(self, spikes, *, progress) -> Answers:
        assert np.array_equal(spikes, self.sent)
        return Answers(
            sent=spikes,
            inferences=tuple(Inference(*one) for one in self.answers),
            board=BOARDS["ulx3s"],
            design=self.design,
            clock_hz=25_000_000,
            simulator=self.simulator,
            window=2,
        )

    # References:

    def _given(
        self, run: Run, asked: Network | QuantizedNetwork, spikes: np.ndarray
    ) -> Run:
        assert network_of(asked) == network(5).network and np.array_equal(spikes, self.sent)
        return run

    def _cycles(self, asked, spikes, run, *, design):
        self._given(run, asked, spikes)
        assert run is self.reference and design is self.design
        return MODEL_CYCLES
