"""Where each figure, row and line of a run's report comes from.

The job runs on a board, a reference, a model of bitstreams, a model of cycles, PyTorch and network
files which all say something else, in a known way. Whatever took one for another would show.
"""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from spikewright.coding.coding import encode
from spikewright.coding.ttfs import Ttfs
from spikewright.device.answers import Answers, Inference
from spikewright.device.session import UNKNOWN_SIMULATOR
from spikewright.errors import DeviceError
from spikewright.gateware.bitstream import Bitstream
from spikewright.gateware.board import BOARDS
from spikewright.job import observations
from spikewright.job import run as job
from spikewright.machine import processor
from spikewright.network.reference import LayerRun, Run
from spikewright.quantized.network import Provenance, QuantizedNetwork, network_of
from spikewright.quantized.spw import read as read_network
from spikewright.record import run_page
from spikewright.record.page import describe, format_value
from spikewright.record.run_record import SampleRecord
from spikewright.record.store import read_report
from spikewright.record.table import print_table
from spikewright.task.task import Task
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.record import Result, Trace
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

from .drawn import legend, panels, scaled

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
        LayerRun(hidden, np.zeros((SAMPLES, STEPS, HIDDEN), int), events),
        LayerRun(none, membranes, events),
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
            (job, "run_reference", lambda *given, design: self._given(self.reference, *given)),
            (observations, "run_integers", lambda *given: self._given(self.integers, *given)),
            (observations, "exact_cycles", self._cycles),
            (observations, "network_activity", lambda *_: SimpleNamespace(
                predictions=SimpleNamespace(numpy=lambda: TORCH)
            )),
            (job, "open_board", lambda *_, **__: self),
            (job, "check_port", lambda port: None),
            (job, "build_bitstream", lambda *_, **__: BITSTREAM),
        ):
            monkeypatch.setattr(module, name, stand_in)
        options = job.RunOptions(
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


@pytest.fixture(
    scope="module",
    params=[(EventDesign(), ""), (STOCHASTIC, UNKNOWN_SIMULATOR)], ids=["event", "stochastic"],
)
def run(request, tmp_path_factory) -> Origins:
    design, simulator = request.param
    with pytest.MonkeyPatch.context() as patch:
        return Origins(patch, tmp_path_factory.mktemp("run"), design=design, simulator=simulator)


def mismatches(run: Origins) -> dict[str, int]:
    """How many values of the board differ, counted by hand."""
    event = run.design.streams is None
    # Of 13 samples, the board is right and the integers are wrong in 3, the streams in 11; in the
    # other 7 the board is wrong and they are right. PyTorch is wrong in 4 of the 13.
    return {
        "spikes of layer 0": 2,
        "readout membranes": 5,
        "outputs": 3,
        "predictions": 3 + 7 if event else 11 + 7,
        "input events": 4,
        "synaptic operations": 6,
        "spike counts": 7,
        **({"predictions of PyTorch": 4 + 7} if event else {}),
        "cycles": 8,
    }


#: Of each figure: value, unit, and detail where it has some. 25 MHz; 84.7 mW; 74 pJ.
VALUES = {
    "accuracy_float": (90.0, "%", {}),
    "accuracy_integer": (85.0, "%", {"right": 17, "samples": 20}),
    "accuracy_device": (65.0, "%", {"right": 13, "samples": 20}),
    "accuracy_float_mean": (70.0, "%", {"per_seed": [90, 80, 40], "seeds": [5, 7, 9]}),
    "accuracy_integer_mean": (40.0, "%", {"per_seed": [30, 20, 70], "seeds": [5, 7, 9]}),
    "cycles_mean": (195.0, "cycles", {"min": 100, "p50": 195.0, "p95": 280.5}),
    "cycles_max": (290, "cycles", {}),
    "clock_mhz": (25.0, "MHz", {}),
    "fmax_mhz": (91.25, "MHz", {}),
    "latency_us": (7.8, "µs", {"p50": 7.8, "p95": 11.22, "max": 11.6, "clock_mhz": 25.0}),
    "lut": (101, "1", {}),
    "ff": (102, "1", {}),
    "bram": (103, "1", {}),
    "dsp": (104, "1", {}),
    "synops_per_inference": (1019.0, "1", {"max": 1038}),
    "input_events_per_inference": (39.5, "1", {"max": 49}),
    "spikes_per_inference": (16.5, "1", {"max": 26, "per_layer": [14.5, 2.0]}),
    "energy_static_uj": (0.66066, "µJ", {"static_power_mw": 84.7, "clock_mhz": 25.0}),
}


def close(given, expected) -> bool:
    """Equal, but for the last digits of a float."""
    if isinstance(expected, dict):
        return given.keys() == expected.keys() and all(
            close(given[key], value) for key, value in expected.items()
        )
    return np.allclose(given, expected, rtol=1e-12, atol=0)


def test_every_figure_has_the_value_of_its_own_origin(run):
    event = run.design.streams is None
    differ = mismatches(run)
    # Synaptic operations of 74 pJ; or, in streams of 64 bits, as many one-bit ones of 9.25 pJ each.
    synops = 1019.0 if event else 65216.0
    dynamic = 0.075406 if event else 0.603248
    size = {
        "spikes of layer 0": 180, "readout membranes": 240, "outputs": 80, "predictions": 20,
        "input events": 20, "synaptic operations": 20, "spike counts": 40,
        "predictions of PyTorch": 20, "cycles": 20,
    }
    compared = {kind: size[kind] for kind in differ}
    expected = VALUES | {
        "mismatches": (sum(differ.values()), "1", differ),
        "compared": (sum(compared.values()), "1", compared),
        "energy_per_inference_uj": (
            0.66066 + dynamic, "µJ", {"static_uj": 0.66066, "dynamic_uj": dynamic}
        ),
        "energy_dynamic_uj": (dynamic, "µJ", {"synops": synops}),
    }
    assert {figure.name for figure in run.report.figures} == set(expected)
    for figure in run.report.figures:
        value, unit, detail = expected[figure.name]
        assert close(figure.value, value) and figure.unit == unit, figure
        assert close(figure.detail, detail), figure
    assert run.error == (
        f"{sum(differ.values())} of {sum(compared.values())} values differ between the board and "
        f"the reference; {run.folder / 'report.html'} says of which kind"
    )


def test_every_figure_says_where_it_came_from(run):
    event = run.design.streams is None
    count = (
        ("counted", "on ULX3S (ECP5 LFE5U-25F), a real board") if event
        else ("simulated", "counter in the board top for ULX3S, unknown simulator")
    )
    route = ("post-route", "nextpnr-ecp5 2.2, seed 4, speed grade 6, slow corner")
    model = (
        "LFE5U-25F core supply: static power × latency + energy per synaptic operation × synaptic "
        "operations"
    )
    from_files = "mean over 3 trained seeds on the test split, {}; from the network files"
    right = "right predictions on the test split"
    equal = "board against the engine's reference, equal or not, value by value"
    words = {
        "accuracy_float": f"{right} by the float network, before it was quantised and trained on "
        "as integers; taken from the network file, where training recorded it",
        "accuracy_integer": f"{right}, deployed network, by the integer reference",
        "accuracy_device": f"{right}, deployed network, by ULX3S, {'real' if event else 'virtual'} "
        "board",
        "accuracy_float_mean": from_files.format("float networks before quantisation"),
        "accuracy_integer_mean": from_files.format("deployed networks as integers"),
        "mismatches": equal,
        "compared": equal,
        "clock_mhz": "read from the board, as its top was built",
    }
    expected = {name: ("computed", text) for name, text in words.items()}
    for name in ("cycles_mean", "cycles_max", "latency_us", "synops_per_inference",
                 "input_events_per_inference", "spikes_per_inference"):
        expected[name] = count
    expected |= dict.fromkeys(("fmax_mhz", "lut", "ff", "bram", "dsp"), route)
    for part in ("per_inference", "static", "dynamic"):
        expected[f"energy_{part}_uj"] = ("estimated", model)
    assert {
        figure.name: (figure.provenance.kind, describe(figure.provenance))
        for figure in run.report.figures
    } == expected


def test_the_table_shows_each_figure_as_it_is(run):
    console = Console(record=True, width=200)
    print_table(run.report, console=console)
    lines = console.export_text().splitlines()
    for figure in run.report.figures:
        (line,) = (line for line in lines if f" {figure.name} " in line)
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        mark = "≈ " if figure.name.startswith("energy") else ""
        unit = "" if figure.unit == "1" else figure.unit
        assert cells == [
            figure.name, mark + format_value(figure.value), unit, figure.provenance.kind
        ]


def test_what_repeats_it_is_that_of_the_run(run):
    made = run.report.made
    event = run.design.streams is None
    wanted = {
        "command": "spikewright run --as asked",
        "network": run.design.digest(network(5).network).hex(),
        "engine": str(run.design),
        "data set": "set 5",
        "seed": "5",
        "coding": "time to first spike, 3 steps",
        "trained on": "processor 5",
        "training seeds": "5, 7, 9",
        "placement seed": "4",
    }
    assert {name: made[name] for name in wanted} == wanted
    assert made["network"] != network(7).network.digest().hex()
    assert {name: made[name] for name in ("yosys", "nextpnr-ecp5", "ecppack", "processor")} == {
        "yosys": "1.1", "nextpnr-ecp5": "2.2", "ecppack": "3.3", "processor": processor(),
    }
    assert run.report.summary == (
        f"6-3-4 LIF/LI, 4-bit weights, 3 steps; {run.design}; ULX3S (ECP5 LFE5U-25F) at 25 MHz, "
        + ("on a real board." if event else
           "on a virtual board: no hardware, the gateware simulated by unknown simulator.")
    )
    assert run.report.name == ("run-small" if event else "run_stochastic-small")
    kept = json.loads((run.folder / "report.json").read_text())
    assert kept == run.report.as_json()
    assert read_network(run.folder / "network.spw") == network(5)


def test_the_sentences_of_the_page(run):
    differ = mismatches(run)
    total = 640 if run.design.streams is None else 620
    assert run.text[0] == (
        f"All 20 samples were classified on the board. {total} values ({', '.join(differ)}) were "
        f"compared with the reference; {sum(differ.values())} differed."
    )
    assert "Sample 0 of the test split, of class 0." in run.text
    assert any("11 of 12 values are equal" in text for text in run.text)


def test_the_membranes_are_the_references_line_and_the_boards_rings(run):
    # Weight steps: eighths, of which a weight step of 1/2 has four.
    line = run.reference.membranes[0] / 4
    rings = np.array(run.answers[0][1].membranes) / 4
    assert np.array_equal(run.samples[0].outputs_reference, line)
    assert np.array_equal(run.samples[0].outputs_device, rings)
    drawn = panels(run.drawn["outputs"])
    assert len(drawn) == CLASSES
    _, first = drawn[0].lines
    scale, offset = scaled(first[:, 1], line[:, 0])
    for neuron, panel in enumerate(drawn[:CLASSES]):
        (zero, shown), marks = panel.lines, panel.marks
        below = zero[0, 1] - drawn[0].lines[0][0, 1]
        assert np.allclose(shown[:, 1] - below, scale * line[:, neuron] + offset, atol=0.01)
        assert np.allclose(marks[:, 1] - below, scale * rings[:, neuron] + offset, atol=0.01)
        assert np.allclose(marks[:, 0], shown[:, 0]) and len(marks) == STEPS
        assert [text for text, *_ in panel.texts] == [f"class {neuron}"]
    assert abs(offset - drawn[0].lines[0][0, 1]) < 0.01  # nought is where it is drawn
    assert legend(run.drawn["outputs"]) == {"reference": "line", "gateware": "mark"}
    assert 'aria-label="Outputs over time: 11 of 12 values equal."' in run.drawn["outputs"]


def test_the_raster_is_what_was_sent_and_what_the_board_answered(run):
    hidden = np.array(run.answers[0][1].spikes[0])
    shown = (("input", run.sent[0]), ("hidden layer", hidden))
    for panel, (name, spikes) in zip(panels(run.drawn["raster"]), shown, strict=True):
        steps, neurons = np.nonzero(spikes)
        assert [text for text, *_ in panel.texts] == [f"{name}: {len(steps)} spikes"]
        assert len(panel.marks) == len(steps)
        across, _ = scaled(panel.marks[:, 0], steps)
        up, _ = scaled(panel.marks[:, 1], neurons)
        assert across > 0 > up


def test_the_confusion_is_of_the_labels_and_the_boards_predictions(run):
    (panel,) = panels(run.drawn["confusion"])
    counts = np.zeros((CLASSES, CLASSES), int)
    for label, prediction in zip(LABELS, BOARD, strict=True):
        counts[label, prediction] += 1
    rows, columns = np.nonzero(counts)
    assert [int(text) for text, *_ in panel.texts] == counts[rows, columns].tolist()
    places = np.array([place for _, *place in panel.texts])
    across, _ = scaled(places[:, 0], columns)
    down, _ = scaled(places[:, 1], rows)
    assert across > 0 and down > 0
    assert "13 of 20 samples right" in run.drawn["confusion"]


def test_the_distribution_is_of_the_boards_cycles(run):
    (panel,) = panels(run.drawn["cycles"])
    mean, last = (line[0, 0] for line in panel.lines)
    bars = [shape for shape in panel.shapes[1:] if len(shape) == 4 and np.ptp(shape[:, 1]) > 0]
    middles = np.array([shape[:, 0].mean() for shape in bars])
    scale, _ = scaled(middles[[0, -1]], np.array([100 + 2, 290 + 2]))  # bins of five from 100
    assert len(bars) == SAMPLES
    assert abs((mean - middles[0]) / scale - (195 - 102)) < 0.01
    assert abs((last - middles[0]) / scale - (280.5 - 102)) < 0.01
    assert "Cycles per inference: 100 to 290, mean 195.0." in run.drawn["cycles"]
    assert [text for text, *_ in panel.texts] == ["mean 195.0 ", " 95 %"]


def test_the_coding_is_of_the_sample_that_was_sent(run):
    left, right = panels(run.drawn["coding"])
    first = [
        str(run.sent[0][:, n].argmax()) if run.sent[0][:, n].any() else "·" for n in range(INPUTS)
    ]
    assert [text for text, *_ in right.texts] == [*first, "step of the spike"]
    assert [text for text, *_ in left.texts] == ["sample"]


def test_a_board_that_is_right_is_said_to_be(monkeypatch, tmp_path):
    """The same stand-ins, put right, are no error: what is seen above is seen of them alone."""
    monkeypatch.setattr(f"{__name__}.answers", lambda run: [
        (
            Result(
                prediction=int(run.predictions[n]), cycles=int(MODEL_CYCLES[n]),
                input_events=int(run.input_events[n]), synops=int(run.synops[n]),
                spikes=tuple(run.layer_spikes[n].tolist()),
                outputs=tuple(run.membranes[n, -1].tolist()),
            ),
            Trace(
                (tuple(map(tuple, run.spikes[0][n].astype(int).tolist())),),
                tuple(run.membranes[n].tolist()),
            ),
        )
        for n in range(SAMPLES)
    ])
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        Origins(monkeypatch, tmp_path, design=replace(STOCHASTIC, share=2))
    report = read_report(tmp_path / "build" / "reports" / "run_stochastic-small")
    assert (report["mismatches"].value, report["compared"].value) == (0, 620)
