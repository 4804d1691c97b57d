"""Networks with maps, written as NIR: what PyTorch makes of the nodes, and what comes back."""

# The frameworks and nir have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportAttributeAccessIssue=false

from dataclasses import replace
from random import Random

import nir
import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.exchange.from_nir import from_nir
from spikewright.exchange.to_nir import to_nir
from spikewright.network.post_training import quantize
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_real
from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Joined, Pooled
from spikewright_hw.engine.drawn_connection import drawn_connection, drawn_map
from spikewright_hw.origin import Origin

from .drawn_modules import channels_first
from .nir_by_torch import computed

STEPS = 6
DT = 1e-3


def drawn_network(seed: int) -> RealNetwork:
    """Draw a connection and its delays, and a dense layer after it.

    Parameters are one number, or of channels, or of neurons; some maps hear themselves.
    """
    rng, random = Random(seed), np.random.default_rng(seed)
    connection = drawn_connection(rng, drawn_map(rng))
    target = connection.target
    count = rng.choice((1, target.channels, len(target)))
    tau = rng.choice((1, target.channels)) if count == target.channels else count
    late = [rng.randint(0, 3) for _ in range(len(connection.source))]
    origins = [Origin(delays=rng.choice((0, 2, tuple(late))))]
    if connection.lanes == target.channels > 1 and not target.is_flat and rng.random() < 0.5:
        own = Convolution(source=target, channels=target.channels, kernel=(3, 3), padding=(1, 1))
        connection = Joined(parts=(connection, own))
        origins.append(Origin(back=0, delays=1))
    first = RealLayer(
        weights=random.normal(0, 1, (connection.rows, connection.lanes)), neuron="nir_lif",
        connection=connection, origins=tuple(origins), bias=random.normal(0, 0.3, target.channels),
        parameters={
            "dt": DT, "r": 4.0, "tau": _values(random, tau, 0.003, 0.01),
            "v_threshold": _values(random, count, 0.2, 0.8),
        },
    )
    last = RealLayer(
        weights=random.normal(0, 1, (len(target), 3)), neuron="nir_lif",
        parameters={"dt": DT, "r": 4.0, "tau": 0.004, "v_threshold": 0.3},
        connection=Dense(source=target, neurons=3),
    )
    return RealNetwork(layers=(first, last), steps=STEPS, readout="count")


def _values(random: np.random.Generator, count: int, low: float, high: float):
    made = random.uniform(low, high, count)
    return float(made[0]) if count == 1 else tuple(made)


def check(seed: int, path) -> list[float]:
    """Hold what is written to PyTorch, and to what is read again; return the layers' rates."""
    network = drawn_network(seed)
    first, *_ = network.layers[0].connection.branches
    source = first.source
    print(f"seed {seed}: {network.layers[0].connection}")
    to_nir(network, path)
    graph = nir.read(path, type_check=False)
    onward = {a: b for a, b in graph.edges if not f"{a}{b}".count("_recurrent")}
    name, inner, loops = "input", [], {}
    while (name := onward[name]) != "output":
        if name.endswith("neurons"):
            loops[len(inner)] = graph.nodes.get(name.replace("neurons", "recurrent"))
        inner.append(graph.nodes[name])
    shape = [int(one) for one in graph.nodes["input"].input_type["input"]]
    places = np.random.default_rng(seed).random((8, STEPS, *shape)) < 0.4
    order = np.arange(len(source)).reshape(source.sides)
    order = order if source.channels_first else order.transpose(1, 2, 0)
    inputs = places.reshape(8, STEPS, -1)
    run = run_real(network, inputs[..., order.ravel()])
    expected = computed(inner, places, dt=DT, loops=loops)
    again = from_nir(path, dt=DT, steps=STEPS, readout="count")
    back = run_real(again, inputs)
    for index, (mine, its) in enumerate(zip(run.spikes, expected, strict=True)):
        target = network.layers[index].connection.target
        np.testing.assert_array_equal(channels_first(mine, target), its)
        np.testing.assert_array_equal(back.spikes[index], mine)
    second = from_nir(to_nir(again), dt=DT, steps=STEPS, readout="count")
    assert second.digest() == again.digest()
    same_order = source.is_flat or source.channels_first == (source.channels > 1)
    of_image = source.channels > 1 and source.height > 1
    if same_order and (of_image or not isinstance(first, Dense)):
        assert again.digest() == network.digest()
    return [float(one.mean()) for one in expected]


def test_drawn_networks_come_back(tmp_path):
    rates = [check(seed, tmp_path / "net.nir") for seed in range(20)]
    assert sum(all(0.01 < one < 0.99 for one in several) for several in rates) > 10


@pytest.mark.slow
def test_many_drawn_networks_come_back(tmp_path):
    for seed in range(100, 500):
        check(seed, tmp_path / "net.nir")


MAP = FeatureMap(channels=2, height=4, width=4, channels_first=True)
KERNEL = Convolution(source=MAP, channels=3, kernel=(3, 3), padding=(1, 1))


def network(connection: Connection, **given) -> RealNetwork:
    random = np.random.default_rng(0)
    parameters = {"dt": DT, "r": 4.0, "tau": 0.004, "v_threshold": 0.3}
    layer = RealLayer(
        weights=random.normal(0, 1, (connection.rows, connection.lanes)), connection=connection,
        **{"neuron": "nir_lif", "parameters": parameters} | given,
    )
    return RealNetwork(layers=(layer,), steps=STEPS, readout="count")


def test_the_nodes_of_a_pooled_convolution():
    """Names, order, shapes; a graph that NIR itself finds in order."""
    sums = FeatureMap(channels=2, height=2, width=2, channels_first=True)
    graph = to_nir(network(Pooled(
        source=MAP, window=(2, 2), stride=(2, 2), then=replace(KERNEL, source=sums)
    )))
    kinds = {name: type(node).__name__ for name, node in graph.nodes.items()}
    assert kinds == {"input": "Input", "0_pool": "SumPool2d", "0_weights": "Conv2d",
                     "0_neurons": "LIF", "output": "Output"}
    assert graph.nodes["0_weights"].weight.shape == (3, 2, 3, 3)
    assert graph.nodes["0_neurons"].tau.shape == (3, 2, 2)


def test_a_network_in_integers_is_written_as_the_reals_it_stands_for():
    spikes = np.random.default_rng(1).random((10, STEPS, len(MAP))) < 0.3
    made = quantize(network(KERNEL, bias=np.array([0.1, 0.0, -0.1])), spikes).network
    again = from_nir(to_nir(made, dt=1.0), dt=DT, steps=STEPS, readout="count").layers[0]
    np.testing.assert_array_equal(again.weights, made.layers[0].weights)
    assert again.connection == made.layers[0].connection


def test_biases_of_places_are_refused():
    biases = np.arange(len(KERNEL.target), dtype=float)
    with pytest.raises(DataError) as error:
        to_nir(network(KERNEL, bias=biases))
    assert str(error.value) == (
        "layers[0] has biases that differ from place to place, as a shift before a padded "
        "convolution makes them, and a convolution of NIR has one for each channel"
    )
    same = network(KERNEL, bias=np.tile([0.1, 0.2, 0.3], 16))
    np.testing.assert_array_equal(to_nir(same).nodes["0_weights"].bias, [0.1, 0.2, 0.3])


def test_a_recurrent_map_is_refused():
    recurrent = network(
        KERNEL, neuron="recurrent_lif", recurrent=np.eye(len(KERNEL.target)), parameters={}
    )
    with pytest.raises(DataError) as error:
        to_nir(recurrent, dt=1.0, accept=("subtract", "at_least"))
    assert str(error.value) == (
        "layers[0] is a map and takes its own spikes by a matrix, and matrices of NIR take values "
        "without a place"
    )


def test_neurons_without_a_place_that_become_a_map_are_refused():
    first = network(Dense(source=FeatureMap(channels=5), neurons=4))
    flat = FeatureMap(channels=4)
    second = network(Convolution(source=flat, channels=2, kernel=(1, 1)))
    both = replace(first, layers=(*first.layers, *second.layers))
    with pytest.raises(DataError) as error:
        to_nir(both)
    assert str(error.value) == (
        "layers[1] takes 4 neurons of a dense layer as a map, and NIR has no node that makes one "
        "of them"
    )


DENSE = Dense(source=FeatureMap(channels=4), neurons=3)


@pytest.mark.parametrize(("made", "message"), [
    (lambda: network(DENSE, origins=(Origin(delays=1),), neuron="lif", parameters={}),
     ("layers[0] hears spikes some steps later; pass dt=, the length of a step in the unit of time "
      "of the file")),
])
def test_what_has_no_words_is_refused(made, message):
    with pytest.raises(DataError) as error:
        to_nir(made(), accept=("subtract", "at_least"))
    assert str(error.value) == message


def test_a_dense_layer_that_hears_itself_by_a_joined_matrix_comes_back():
    own = replace(DENSE, source=FeatureMap(channels=3))
    joined = network(
        Joined(parts=(DENSE, own)), origins=(Origin(delays=2), Origin(back=0, delays=1))
    )
    again = from_nir(to_nir(joined), dt=DT, steps=STEPS, readout="count")
    spikes = np.random.default_rng(0).random((9, STEPS, 4)) < 0.5
    before, after = run_real(joined, spikes), run_real(again, spikes)
    np.testing.assert_array_equal(after.spikes[0], before.spikes[0])
    np.testing.assert_array_equal(again.layers[0].recurrent, joined.layers[0].weights[4:])
    assert before.spikes[0].any()
