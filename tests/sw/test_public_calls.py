"""What is public, called: rightly, and with every kind of wrong argument."""

import inspect
import re
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch

import spikewright as spw
from spikewright.network.training_config import TrainingConfig
from spikewright.task.known import TASKS
from spikewright_hw.engine.example import example_network


def test_the_default_training_is_that_of_the_digits():
    task = spw.load_task()
    assert spw.training_config(task) == TrainingConfig()
    brief = spw.training_config(task, hidden=[7, 5], epochs=4, membrane="Q9.3", neuron="alif")
    assert brief.model.sizes == (64, 7, 5, 10) and str(brief.model.membrane) == "Q9.3"
    assert (brief.real.epochs, brief.quantized.epochs) == (4, 2)
    assert brief.model.parameters == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden": [0]}, "hidden[0] is 0; it must be a whole number from 1 to 65535"),
        ({"hidden": 5}, "hidden is 5; it must be a list of whole numbers"),
        ({"epochs": -1}, "epochs is -1; it must be a whole number from 0 to 1000000"),
        ({"weight_bits": 9}, "weight_bits is 9; it must be a whole number from 2 to 8"),
        ({"membrane": "8"}, "membrane: a number format is written like Q8.8, not '8'"),
        ({"membrane": 8}, "membrane is 8; it must be of the class Format"),
    ],
)
def test_a_wrong_argument_of_a_training_is_named(arguments, message):
    with pytest.raises(ValueError) as caught:
        spw.training_config(spw.load_task(), **arguments)
    assert str(caught.value) == message


TINY = example_network(sizes=(6, 4, 3), steps=2, weight_bits=4, membrane=spw.Format(6, 2))
SPIKES = np.random.default_rng(5).random((3, 2, 6)) < 0.5


NO_ULX = (
    "board is 'ulx'; the nearest names are ulx3s, ulx3s-85f, ulx3s-45f (`spikewright boards` lists "
    "all)"
)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: spw.load_task("digit"), ValueError,
         f"name is 'digit'; there are {', '.join(TASKS)}"),
        (lambda: spw.build_bitstream(TINY, board="ulx"), ValueError,
         NO_ULX),
        (lambda: spw.open_board(TINY, board="ulx"), ValueError, NO_ULX),
        (lambda: spw.simulate(TINY, SPIKES, board="ulx"), ValueError,
         NO_ULX),
        (lambda: spw.emit(TINY, name="- -"), ValueError,
         "name is '- -'; a module's name has a letter or a digit"),
        (lambda: spw.emit("net.spw"), ValueError,  # pyright: ignore[reportArgumentType]
         "network is 'net.spw'; it must be of the class Network or QuantizedNetwork"),
        (lambda: spw.emit(TINY, bus="apb"), ValueError,  # pyright: ignore[reportArgumentType]
         "bus is 'apb'; there are axi-stream, wishbone"),
        (lambda: spw.run_reference(TINY, SPIKES[0]), spw.DataError,
         "the input spikes are of shape 2 × 6; this network needs samples × 2 steps × 6 inputs"),
        (lambda: spw.train(spw.load_task(), seed=-1), ValueError,
         "seed is -1; it must be a whole number from 0 to 18446744073709551615"),
        (lambda: spw.emit_cores("lif", "perceptron"), spw.DataError,
         f"there is no core 'perceptron'; there are {', '.join(spw.CORES)}"),
    ],
)
def test_the_library_speaks_of_its_arguments(call, kind, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
    assert not [*tmp_path.iterdir()], "something was written"


@pytest.fixture(scope="module")
def answered():
    """What the simulated engine and the reference say of the same samples."""
    return spw.simulate(TINY, SPIKES), spw.run_reference(TINY, SPIKES)


#: Type checkers would refuse these calls.
UNTYPED: Any = spw
DESIGN = "it must be of the class EventDesign or StochasticDesign"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: UNTYPED.run_reference(TINY, SPIKES, design=spw.Streams()),
         f"design is Streams(length=256, source='sobol', encoding='sign_magnitude...; {DESIGN}"),
        (lambda: UNTYPED.simulate(TINY, SPIKES, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.emit(TINY, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.open_board(TINY, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.build_bitstream(TINY, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.build_bitstream(TINY, seeds=()),
         "seeds is empty; give at least one seed of the placer"),
        (lambda: UNTYPED.build_bitstream(TINY, seeds=(1.5,)),
         "seeds[0] is 1.5; it must be a whole number"),
        (lambda: UNTYPED.build_bitstream(TINY, limit_s=float("nan")),
         "limit_s is nan; it must be a finite number"),
        (lambda: UNTYPED.train("digits"), "task is 'digits'; it must be of the class Task"),
        (lambda: UNTYPED.train(spw.load_task(), "quick"),
         "config is 'quick'; it must be of the class TrainingConfig"),
        (lambda: UNTYPED.train(spw.load_task(), build=5), "build is 5; it must be a path"),
        (lambda: UNTYPED.train(spw.load_task(), progress=5),
         "progress is 5; it must be a function"),
        (lambda: UNTYPED.simulate(TINY, SPIKES, progress=None),
         "progress is None; it must be a function"),
        (lambda: UNTYPED.load_task("mnist", folder=5), "folder is 5; it must be a path"),
        (lambda: UNTYPED.load_task(folder="here"),
         "folder is given, but digits come with scikit-learn; leave it out"),
        (lambda: UNTYPED.emit(TINY, 5), "folder is 5; it must be a path"),
        (lambda: UNTYPED.emit(TINY, name=5), "name is 5; it must be a text"),
        (lambda: UNTYPED.emit_cores("lif", folder=5), "folder is 5; it must be a path"),
        (lambda: UNTYPED.emit_cores(["lif"]), "a core is ['lif']; it must be a text"),
        (lambda: UNTYPED.open_board(TINY, build=5), "build is 5; it must be a path"),
        (lambda: UNTYPED.open_board(TINY, port=None), "port is None; it must be a text"),
        (lambda: UNTYPED.build_bitstream(TINY, build=""), "build is ''; it must be a path"),
        (lambda: UNTYPED.read(5), "path is 5; it must be a path"),
        (lambda: UNTYPED.read("a\0b"), "path is 'a\\x00b'; it must be a path"),
        (lambda: UNTYPED.read_report(None), "path is None; it must be a path"),
        (lambda: UNTYPED.report_names(5), "directory is 5; it must be a path"),
        (lambda: UNTYPED.write_report(5), "report is 5; it must be of the class Report"),
        (lambda: UNTYPED.resources(5), "core is 5; it must be a text"),
        (lambda: UNTYPED.resources("lif", design=spw.EventDesign()),
         "design is given, but it is that of a network; leave it out for cores"),
        (lambda: UNTYPED.encode([[1.0]], None), "coding is None; it must be of the class Coding"),
        (lambda: UNTYPED.BOARDS["ulx3s"].at("80"), "clock_mhz is '80'; it must be a number"),
        (lambda: UNTYPED.Format.parse(5), "a number format is written like Q8.8, not 5"),
        (lambda: UNTYPED.write("net.spw", None),
         "quantized is None; it must be of the class QuantizedNetwork"),
        (lambda: UNTYPED.compare(None, None), "answers is None; it must be of the class Answers"),
        (lambda: UNTYPED.make_report(None, None, task=None, network=None),
         "answers is None; it must be of the class Answers"),
        (lambda: UNTYPED.compile_equations(5, threshold="v > 1", reset="v = 0"),
         "equations[0] is 5; it must be a text"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", threshold=5, reset="v = 0"),
         "threshold is 5; it must be a text"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=1),
         "readout is 1; it must be True or False"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, parameters=[1]),
         "parameters is [1]; it must be a mapping of names to values"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, units={"v": 5}),
         "units['v'] is 5; it must be a text"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, format="Q8.8"),
         "format is 'Q8.8'; it must be of the class Format"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, name="a-b"),
         "name is 'a-b'; it must be a name that Python takes, such as neuron"),
    ],
)
def test_another_kind_is_told_by_the_argument(call, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as caught:
        call()
    assert message in str(caught.value)
    assert "must be a whole number" in message or str(caught.value) == message
    assert not [*tmp_path.iterdir()], "something was written"


#: What is called with arguments, but for protocols, abstract classes and errors.
CALLED = [
    name for name in spw.__all__ if callable(call := getattr(spw, name))
    and not getattr(call, "_is_protocol", False) and not inspect.isabstract(call)
    and not (inspect.isclass(call) and issubclass(call, Exception))
]


@pytest.mark.parametrize("name", CALLED)
def test_none_is_no_argument(name, monkeypatch, tmp_path):
    """What has arguments says what is wrong with None in its own words, if anything is."""
    monkeypatch.chdir(tmp_path)
    call = getattr(spw, name)
    needed = [
        one for one in inspect.signature(call).parameters.values()
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
    by_name = {one.name: None for one in needed if one.kind is one.KEYWORD_ONLY}
    others = [None for one in needed if one.kind is one.POSITIONAL_OR_KEYWORD]
    with suppress(ValueError, spw.SpikewrightError):
        call(*others, **by_name) if needed else None
    assert not [*tmp_path.iterdir()], "something was written"


@pytest.mark.parametrize("spikes", [None, SPIKES[0], SPIKES[:, :, :5]])
def test_spikes_of_another_shape_are_not_decoded(spikes):
    coding = spw.Ttfs(inputs=6, steps=2)
    assert spw.decode(SPIKES, coding).shape == (3, 6)
    with pytest.raises(spw.DataError, match="they must be samples × 2 steps × 6 inputs"):
        spw.decode(spikes, coding)


@pytest.mark.parametrize("labels", [None, [1], "abc", np.zeros((3, 1), int), [0.0, 1.0, 2.0]])
def test_an_accuracy_is_of_as_many_labels(answered, labels):
    for one in answered:
        with pytest.raises(ValueError, match=r"labels is an array of .* each of the 3 samples"):
            one.accuracy(labels)


def test_predictions_may_be_a_tensor_or_a_list(answered):
    answers, expected = answered
    for kind in (torch.tensor, np.array, list):
        predictions = kind(expected.predictions.tolist())
        comparison = UNTYPED.compare(answers, expected, torch_predictions=predictions)
        assert comparison.equal
        assert comparison.compared["predictions of PyTorch"] == 3


@pytest.mark.parametrize("name", [name for name in TASKS if name != "digits"])
def test_a_task_without_its_files(name, monkeypatch, tmp_path):
    monkeypatch.delenv("SPIKEWRIGHT_DATA", raising=False)
    with pytest.raises(spw.DataError) as caught:
        spw.load_task(name)
    said = str(caught.value)
    assert re.match(rf"{name} needs its files: .*; get them from https?://\S+", said)
    assert said.endswith(
        ", and name their folder by folder=, or in the environment variable SPIKEWRIGHT_DATA"
    )
    with pytest.raises(spw.DataError) as caught:
        spw.load_task(name, folder=tmp_path)
    assert f" is neither in {tmp_path} nor in {tmp_path}/" in str(caught.value)


@pytest.mark.parametrize(
    "design",
    [None, spw.StochasticDesign(streams=spw.Streams(length=16), lanes=2)],
    ids=["event", "stochastic"],
)
def test_gateware_in_process_equals_its_reference(design):
    done: list[int] = []
    answers = spw.simulate(TINY, SPIKES, design=design, progress=done.append)
    expected = spw.run_reference(TINY, SPIKES, design=design)
    comparison = spw.compare(answers, expected)
    assert comparison.equal and sum(comparison.compared.values()) > 3 * 2 * (4 + 3)
    assert done == [1, 2, 3]
    assert answers.virtual and answers.simulator.startswith("Amaranth ")
    assert (answers.cycles > 0).all()
    other = spw.run_reference(TINY, ~SPIKES, design=design)
    assert not spw.compare(answers, other).equal
