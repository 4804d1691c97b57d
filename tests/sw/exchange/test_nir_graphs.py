"""Networks with skips, delays and loops, written as NIR: what PyTorch makes of it, and back."""

# nir has types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false

from io import StringIO
from random import Random

import nir
import numpy as np
import pytest
from rich.console import Console

from spikewright.errors import DataError
from spikewright.exchange.from_nir import from_nir
from spikewright.exchange.to_nir import to_nir
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_real
from spikewright_hw.connection import Convolution, Dense, FeatureMap, Joined
from spikewright_hw.engine.drawn_network import drawn_graph_network
from spikewright_hw.layer_graph import inputs_of
from spikewright_hw.origin import Origin

from .drawn_modules import channels_first
from .nir_by_torch import computed_graph

DT = 1e-3


def drawn_network(seed: int) -> RealNetwork:
    """Draw a graph of layers, of NIR's neurons in the place of those that are drawn."""
    random = np.random.default_rng(seed)
    drawn = drawn_graph_network(Random(seed))
    layers = []
    for layer in drawn.layers:
        connection = layer.connection
        channels = connection.target.channels
        layers.append(RealLayer(
            weights=random.normal(0.1, 0.8, (connection.rows, connection.lanes)),
            neuron="nir_lif", connection=connection, origins=layer.origins,
            bias=random.normal(0, 0.2, channels) if random.random() < 0.5 else None,
            parameters={
                "dt": DT, "r": 4.0, "tau": tuple(random.uniform(0.003, 0.01, channels)),
                "v_threshold": tuple(random.uniform(0.2, 0.6, channels)),
            },
        ))
    return RealNetwork(layers=tuple(layers), steps=drawn.steps, readout="count")


def has_words(network: RealNetwork) -> bool:
    """Whether NIR can say it: no part makes a map of neurons that have none, or another one."""
    made = [inputs_of(network.layers), *(layer.connection.target for layer in network.layers)]
    dense = [False, *(
        any(isinstance(getattr(part, "then", part), Dense) for part, _ in layer.parts)
        for layer in network.layers
    )]
    return not any(
        not isinstance(part, Dense)
        and (dense[heard := index + 1 - origin.back] or part.source.sides != made[heard].sides)
        for index, layer in enumerate(network.layers) for part, origin in layer.parts
    )


def check(seed: int, path) -> tuple[list[float], int]:
    """Hold what is written to PyTorch, and to what is read again; return rates, and the parts."""
    network = drawn_network(seed)
    print(f"seed {seed}: {[str(layer.connection) for layer in network.layers]}")
    source = inputs_of(network.layers)
    to_nir(network, path)
    graph = nir.read(path, type_check=False)
    shape = [int(one) for one in graph.nodes["input"].input_type["input"]]
    places = np.random.default_rng(seed).random((6, network.steps, *shape)) < 0.5
    order = np.arange(len(source)).reshape(source.sides)
    order = order if source.channels_first else order.transpose(1, 2, 0)
    inputs = places.reshape(6, network.steps, -1)
    run = run_real(network, inputs[..., order.ravel()])
    expected = computed_graph(graph, places, dt=DT)
    again = from_nir(path, dt=DT, steps=network.steps, readout="count")
    back = run_real(again, inputs)
    for index, mine in enumerate(run.spikes):
        its = expected[f"{index}_neurons"]
        target = network.layers[index].connection.target
        np.testing.assert_array_equal(channels_first(mine, target), its)
        np.testing.assert_array_equal(back.spikes[index], mine)
    # Parts that hear the same by the same connection became one, after which all comes back.
    second = from_nir(to_nir(again), dt=DT, steps=network.steps, readout="count")
    third = from_nir(to_nir(second), dt=DT, steps=network.steps, readout="count")
    assert third.digest() == second.digest()
    return [float(one.mean()) for one in run.spikes], sum(
        len(layer.parts) for layer in network.layers
    )


def test_drawn_networks_come_back(tmp_path):
    found = [check(seed, tmp_path / "net.nir") for seed in range(40)
             if has_words(drawn_network(seed))]
    assert len(found) > 25
    rates = [one for several, _ in found for one in several]
    assert sum(0.01 < one < 0.99 for one in rates) > len(rates) / 2
    assert sum(parts > 3 for _, parts in found) > 5


@pytest.mark.slow
def test_many_drawn_networks_come_back(tmp_path):
    for seed in range(100, 500):
        if has_words(drawn_network(seed)):
            check(seed, tmp_path / "net.nir")


def lif(*shape: int) -> nir.LIF:
    ones = np.ones(shape)
    return nir.LIF(tau=0.004 * ones, r=4 * ones, v_leak=0 * ones, v_threshold=0.3 * ones)


def convolution(weights: np.ndarray) -> nir.Conv2d:
    return nir.Conv2d((4, 5), weights, 1, 1, 1, 1, np.zeros(len(weights)))


def test_edges_alone_carry_spikes_as_they_are():
    """A skip by an edge, sums before weights, a late branch, and a loop of two steps."""
    random = np.random.default_rng(0)
    late = nir.Delay(DT * random.integers(0, 3, (2, 4, 5)))
    nodes = {
        "input": nir.Input(np.array((2, 4, 5))),
        "a": convolution(random.normal(0, 1, (2, 2, 3, 3))), "n": lif(2, 4, 5),
        "b": convolution(random.normal(0, 1, (2, 2, 3, 3))),
        "late": late, "m": lif(2, 4, 5), "again": nir.Delay(np.full((2, 4, 5), DT)),
        "back": nir.Scale(np.full((2, 1, 1), -0.5)), "flat": nir.Flatten({"input": (2, 4, 5)}, 0),
        "w": nir.Linear(random.normal(0, 1, (3, 40))), "l": lif(3),
        "output": nir.Output(np.array((3,))),
    }
    edges = [
        ("input", "a"), ("a", "n"), ("n", "b"), ("b", "m"), ("n", "m"), ("input", "late"),
        ("late", "m"), ("m", "again"), ("again", "back"), ("back", "m"), ("m", "flat"),
        ("n", "flat"), ("flat", "w"), ("w", "l"), ("l", "output"),
    ]
    graph = nir.NIRGraph(nodes, edges, type_check=False)
    network = from_nir(graph, dt=DT, steps=6, readout="count")
    spikes = random.random((8, 6, 2, 4, 5)) < 0.3
    run = run_real(network, spikes.reshape(8, 6, -1))
    expected = computed_graph(graph, spikes, dt=DT)
    for mine, layer, name in zip(run.spikes, network.layers, ("n", "m", "l"), strict=True):
        its = expected[name]
        np.testing.assert_array_equal(channels_first(mine, layer.connection.target), its)
        assert 0.01 < its.mean() < 0.99
    assert [[str(one) for one in layer.origins] for layer in network.layers] == [
        ["the layer before"],
        ["the layer before", "the layer before", "2 layers back 0 to 2 steps later",
         "itself 2 steps later"],
        ["the layer before", "2 layers back"],
    ]


def test_a_table_says_what_layers_hear():
    told = StringIO()
    joined = Joined(parts=(Dense(source=FeatureMap(channels=3), neurons=2),) * 2)
    layer = RealLayer(weights=np.ones((6, 2)), neuron="nir_lif", connection=joined,
                      parameters={"dt": DT}, origins=(Origin(), Origin(delays=2)))
    Console(width=200, file=told).print(RealNetwork(layers=(layer,), steps=3, readout="count"))
    assert "the layer before, the layer before 2 steps later" in told.getvalue()


def test_a_layer_that_takes_a_map_without_its_places_is_refused():
    random = np.random.default_rng(0)
    shapes = FeatureMap(channels=2, height=2, width=2), FeatureMap(channels=8)
    connections = [Convolution(source=one, channels=2, kernel=(1, 1)) for one in shapes]
    layers = tuple(
        RealLayer(weights=random.normal(0, 1, (one.rows, one.lanes)), neuron="nir_lif",
                  connection=one, parameters={"dt": DT})
        for one in connections
    )
    with pytest.raises(DataError) as error:
        to_nir(RealNetwork(layers=layers, steps=3, readout="count"))
    assert str(error.value) == (
        "layers[1] takes 2 × 2 × 2 neurons as 8, and NIR has no node that makes one of the other"
    )
