"""Neurons compiled on this machine, against arrays, and what happens where nothing can be."""

import random
import re
import subprocess
import sys

import numpy as np
import pytest

from spikewright import native
from spikewright.errors import BuildError, SpikewrightWarning
from spikewright.network import dense_product, neurons, reference
from spikewright.network.dense_product import DenseProduct, Rest
from spikewright.network.fast import Predictor
from spikewright.network.integer_source import integer_source
from spikewright.network.reference import check_width, narrowest, neurons_of, run
from spikewright.network.synapses import weight_synapses
from spikewright.process import Tool
from spikewright_hw.definition.graph import operands_first
from spikewright_hw.engine.drawn_network import drawn_graph_network, drawn_layer, drawn_network
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS

from .test_fast import spikes_for

#: Currents that are the sums themselves, of two neurons.
PLAIN = Rest(np.zeros(2, int), 0, np.zeros(2, int))


@pytest.fixture
def no_library(monkeypatch):
    """Forget what was compiled before, and afterwards what was not."""
    native.compiler.cache_clear()
    native.library.cache_clear()
    yield
    native.compiler.cache_clear()
    native.library.cache_clear()


@pytest.fixture
def both(monkeypatch):
    """Return what runs a network by arrays, compiled, and for predictions, whatever its size."""

    def runs(network, spikes):
        expected = run(network, spikes)
        with monkeypatch.context() as patch:
            patch.setattr(reference, "WORTH_COMPILING", 0)
            return expected, run(network, spikes), Predictor(network, threads=2)(spikes)

    return runs


def agree(expected, found, predictions) -> bool:
    return all(
        np.array_equal(mine.spikes, its.spikes) and np.array_equal(mine.membranes, its.membranes)
        for mine, its in zip(found.layers, expected.layers, strict=True)
    ) and all(
        np.array_equal(one, expected.predictions) for one in (found.predictions, predictions)
    )


# Seeds are fixed: what they draw is compiled once, and kept.
@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_layer_of_any_neuron_is_compiled_and_does_as_arrays_do(name, seed):
    rng = random.Random(f"{name} {seed}")
    layer = drawn_layer(rng, inputs=5, neurons=3, neuron=name)
    synapses = weight_synapses(layer)
    kind = narrowest(check_width(name, layer, synapses))
    compiled, by_arrays = (neurons_of(layer, synapses, kind) for _ in range(2))
    assert compiled.compile()
    drawn = np.random.default_rng(seed)
    shape = (17, 4, layer.neurons)
    heard = drawn.random((*shape[:2], layer.events)) < 0.4
    currents = synapses.currents(heard, integer=kind)
    starts = {name: one.astype(kind) for name, one in reference.starts(layer, 4).items()}
    results = []
    for one in (compiled, by_arrays):
        spikes, membranes = np.zeros(shape, bool), np.zeros(shape, kind)
        states = one(starts, currents, spikes, membranes)
        results.append((spikes, membranes, *states.values()))
    assert all(map(np.array_equal, *results))


def test_networks_do_compiled_as_they_do_by_arrays(both):
    rng = random.Random(3)
    for draw in (drawn_network, drawn_network, drawn_graph_network):
        network = draw(rng)
        assert agree(*both(network, spikes_for(network, 11, rng)))


def test_biases_and_graded_inputs(both):
    rng = random.Random(7)
    network = next(
        one for one in iter(lambda: drawn_network(rng, graded=True), None)
        if one.input_bits > 1 and any(layer.bias for layer in one.layers)
    )
    assert agree(*both(network, spikes_for(network, 6, rng)))


def test_a_layer_of_more_neurons_than_a_block_has(both):
    decays = tuple(random.Random(0).choices((0.5, 0.75, 0.9375), k=300))
    weights = tuple(tuple(random.Random(row).choices(range(-7, 8), k=300)) for row in range(5))
    layer = Layer(weights, 4, "lif", {"decay": decays, "threshold": 3}, Format(6, 3))
    network = Network(layers=(layer,), steps=6, readout="count")
    spikes = np.random.default_rng(0).random((4, 6, 5)) < 0.5
    assert agree(*both(network, spikes))


def test_a_program_that_compiles_for_long_is_left_to_arrays(monkeypatch):
    made = lif(monkeypatch)
    monkeypatch.setattr(neurons, "LONGEST", len(operands_first(made.fixed.update.values())) - 1)
    assert not made.compile()
    monkeypatch.setattr(neurons, "LONGEST", neurons.LONGEST + 1)
    assert lif(monkeypatch).compile()


def test_small_work_is_not_compiled(monkeypatch):
    def refused(source):
        raise AssertionError("it was compiled")

    monkeypatch.setattr(neurons, "library", refused)
    network = example_network(sizes=(6, 5, 3), steps=3, weight_bits=4, membrane=Format(8, 4))
    spikes = np.ones((4, 3, 6), bool)
    run(network, spikes)
    Predictor(network)(spikes)
    with pytest.raises(AssertionError, match=r"^it was compiled$"):
        run(network, np.ones((1 << 18, 3, 6), bool))


@pytest.mark.parametrize("density", [0, 0.05, 0.5, 1])
@pytest.mark.parametrize("neurons", [1, 16, 37, 300])
@pytest.mark.parametrize("most", [1, 255])
@pytest.mark.parametrize("exponent", [-3, 0, 2])
def test_rows_are_added_for_what_is_heard(density, neurons, most, exponent):
    rng = np.random.default_rng(neurons)
    adds = rng.integers(-8, 8, (145, neurons))
    shape = (3, 5, 145)
    heard = rng.integers(0, most, shape, endpoint=True) * (rng.random(shape) < density)
    heard[1, 2:4] = heard[0, 2:4]  # heard again in the next step
    heard = heard.astype(np.uint8 if most > 1 else bool)
    rest = Rest(rng.integers(-9, 9, neurons), exponent, rng.integers(-9, 9, neurons))
    made = DenseProduct.of(adds, rest)
    assert made is not None
    totals = heard.astype(int) @ adds + rest.always
    expected = np.floor(totals * 2.0**exponent + 0.5) + rest.bias
    assert np.array_equal(made(heard), expected)


def lif(monkeypatch) -> "neurons.Neurons":
    network = example_network(sizes=(6, 5), steps=3, weight_bits=4, membrane=Format(8, 4))
    return neurons_of(network.layers[0], weight_synapses(network.layers[0]), np.int32)


def test_what_differs_from_arrays_is_not_used(monkeypatch):
    def wrong(fixed, *, bits):
        source = integer_source(fixed, bits=bits)
        source.numbers[-1] //= 2  # the highest value of a state
        return source

    monkeypatch.setattr(neurons, "integer_source", wrong)
    made = lif(monkeypatch)
    message = (
        f"{made.fixed.definition.name}, compiled on this machine, does not do as its arrays do; "
        "the arrays are used, which are slower"
    )
    with pytest.warns(SpikewrightWarning, match=f"^{re.escape(message)}$"):
        assert not made.compile()
    assert not made.compile()  # and it is said once


@pytest.mark.parametrize("tool", [None, Tool("c++", ("false",), {}, "1"),
                                  Tool("c++", ("/no/compiler",), {}, "1")])
def test_without_a_compiler_that_works_arrays_are_used(tool, monkeypatch, no_library, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(native, "find", lambda name: tool)
    assert not lif(monkeypatch).compile()
    assert DenseProduct.of(np.ones((2, 2), int), PLAIN) is None
    assert not list(tmp_path.rglob("*.so"))


def test_a_cache_that_cannot_be_written(monkeypatch, no_library, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    assert not lif(monkeypatch).compile()


def test_a_library_that_is_broken(monkeypatch, no_library, tmp_path):
    def writes(tool, arguments, *, cwd, **named):
        (cwd / "made.so").write_bytes(b"no library")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(native, "run", writes)
    assert not lif(monkeypatch).compile()
    assert len(list(tmp_path.rglob("made.so"))) == 1


def test_an_interrupted_compilation_leaves_nothing(monkeypatch, no_library, tmp_path):
    def interrupted(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(native, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lif(monkeypatch).compile()
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
    monkeypatch.undo()


def test_the_variable_switches_it_off(monkeypatch, no_library):
    monkeypatch.setenv(native.SWITCH, "0")
    assert native.library(dense_product._SOURCE) is None


_TOGETHER = """
import numpy as np
from spikewright.network.dense_product import DenseProduct, Rest
rest = Rest(np.zeros(2, int), 0, np.zeros(2, int))
print(DenseProduct.of(np.ones((2, 2), int), rest)(np.ones((1, 1, 2), bool)).tolist())
"""


def test_users_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    started = [
        subprocess.Popen([sys.executable, "-c", _TOGETHER], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [one.communicate(timeout=100)[0] for one in started] == ["[[[2, 2]]]\n"] * 3
    assert len(list(tmp_path.rglob("made.so"))) == 1


def test_a_failing_build_is_not_tried_again(monkeypatch, no_library, tmp_path):
    tried = []

    def fails(*given, **named):
        tried.append(given)
        raise BuildError("it failed")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(native, "run", fails)
    for _ in range(2):
        assert not lif(monkeypatch).compile()
    assert len(tried) == 1
