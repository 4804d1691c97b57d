"""Inputs of a map in another order: the same currents, of values that are moved alike."""

from dataclasses import replace

import numpy as np
import pytest

import spikewright as spw
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_real
from spikewright.network.renumbered import renumbered
from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Joined, Pooled
from spikewright_hw.origin import Origin

CHANNELS_FIRST = FeatureMap(channels=2, height=4, width=6, channels_first=True)
PLACES_FIRST = replace(CHANNELS_FIRST, channels_first=False)


def connections(source: FeatureMap) -> dict[str, Connection]:
    sums = replace(source, height=2, width=3)
    return {
        "convolution": Convolution(source=source, channels=3, kernel=(2, 3)),
        "dense": Dense(source=source, neurons=5),
        "pooled": Pooled(
            source=source, window=(2, 2), stride=(2, 2), then=Dense(source=sums, neurons=5)
        ),
    }


def network(connection: Connection, *origins: Origin) -> RealNetwork:
    random = np.random.default_rng(0)
    weights = random.normal(size=(connection.rows, connection.lanes))
    layer = RealLayer(weights=weights, neuron="li", connection=connection, origins=origins)
    return RealNetwork(layers=(layer,), steps=2)


@pytest.mark.parametrize("kind", connections(CHANNELS_FIRST))
@pytest.mark.parametrize("back", [False, True])
def test_the_same_currents(kind, back):
    before, after = (PLACES_FIRST, CHANNELS_FIRST)[:: -1 if not back else 1]
    given = network(connections(before)[kind])
    made = renumbered(given, after)
    expected = connections(after)[kind]
    if kind == "dense":
        expected = Dense(source=FeatureMap(channels=48), neurons=5)
    assert made.layers[0].connection == expected
    places = np.random.default_rng(1).normal(size=(3, 2, 4, 6, 2))
    orders = {False: places.reshape(3, 2, -1),
              True: places.transpose(0, 1, 4, 2, 3).reshape(3, 2, -1)}
    (mine,) = run_real(made, orders[after.channels_first]).currents
    (its,) = run_real(given, orders[before.channels_first]).currents
    np.testing.assert_allclose(mine["i"], its["i"], atol=1e-12)


@pytest.mark.parametrize("kind", ["convolution", "pooled"])
def test_delays_and_joined_parts_are_numbered_anew(kind):
    """Delays of each input, in one of two parts that hear the inputs."""
    places = np.random.default_rng(1).random((3, 2, 4, 6, 2))
    late = np.random.default_rng(2).integers(0, 2, (4, 6, 2))

    def made(source: FeatureMap, order: tuple[int, ...]) -> RealNetwork:
        part = connections(source)[kind]
        delays = tuple(map(int, late.transpose(order).ravel()))
        return network(Joined(parts=(part, part)), Origin(delays=delays), Origin())

    given = made(CHANNELS_FIRST, (2, 0, 1))
    (before,) = run_real(given, places.transpose(0, 1, 4, 2, 3).reshape(3, 2, -1)).currents
    (after,) = run_real(renumbered(given, PLACES_FIRST), places.reshape(3, 2, -1)).currents
    np.testing.assert_allclose(after["i"], before["i"], atol=1e-12)
    assert (before["i"][:, 0] != before["i"][:, 1]).all()
    expected = made(PLACES_FIRST, (0, 1, 2)).layers[0]
    assert renumbered(given, PLACES_FIRST).layers[0].parts == expected.parts


def test_another_map_is_left_as_it_is():
    given = network(connections(CHANNELS_FIRST)["pooled"])
    dense = network(connections(CHANNELS_FIRST)["dense"])
    for inputs in (replace(PLACES_FIRST, height=6, width=4), FeatureMap(channels=48)):
        assert renumbered(given, inputs) is given
        kept, *_ = renumbered(dense, inputs).layers
        assert kept.is_flat and np.array_equal(kept.weights, dense.layers[0].weights)
    flat = network(Dense(source=FeatureMap(channels=48), neurons=2))
    assert renumbered(flat, PLACES_FIRST) is flat


def test_a_task_numbers_the_inputs():
    """Images in two channels, of which the second alone says the class."""
    random = np.random.default_rng(2)
    images, labels = random.random((60, 4, 6, 2)), np.arange(60) % 2
    images[..., 1] = labels[:, None, None]
    task = spw.Task(
        name="two channels", kind="image", x_train=images[:40], y_train=labels[:40],
        x_test=images[40:], y_test=labels[40:],
    )
    kernel = Convolution(source=CHANNELS_FIRST, channels=2, kernel=(4, 6))
    weights = np.zeros((4, 6, 2, 2))
    weights[:, :, 1] = -1, 1
    layer = RealLayer(
        weights=weights.reshape(48, 2), neuron="li", connection=kernel, bias=np.array([12.0, 0.0])
    )
    made, _ = spw.quantize_on_task(
        RealNetwork(layers=(layer,), steps=2), task,
        coding=spw.coding_of(task, name="direct", steps=2, input_bits=4),
    )
    assert made.network.layers[0].connection.source == PLACES_FIRST
    assert made.provenance.accuracy_integer == made.provenance.accuracy_float == 1
