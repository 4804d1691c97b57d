"""Origins, joined connections and the graph of a network: what fits, and what is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright_hw.connection import (
    Connection,
    Convolution,
    Dense,
    FeatureMap,
    Joined,
    connection_from_data,
    connection_to_data,
)
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer, NetworkError
from spikewright_hw.network import Network
from spikewright_hw.origin import Origin, origins_from_data, origins_to_data

TWO = (
    Dense(source=FeatureMap(channels=3), neurons=2),
    Dense(source=FeatureMap(channels=2), neurons=2),
)


def layer(connection: Connection = TWO[0], origins=(), *, neuron="lif", input_bits=1):
    rows = ((1,) * connection.lanes,) * connection.rows
    return Layer(rows, 4, neuron, {}, Format(8, 4), connection=connection, origins=origins,
                 input_bits=input_bits)


READOUT = layer(TWO[1], neuron="li")


def test_equal_delays_are_one_number():
    assert layer(origins=(Origin(delays=(3, 3, 3)),)) == layer(origins=(Origin(delays=3),))
    assert Origin(delays=np.array(3)) == Origin(delays=np.int64(3)) == Origin(delays=3)  # pyright: ignore
    assert Origin(delays=[1, 0]).each == (1, 0)  # pyright: ignore[reportArgumentType]
    assert Origin().is_plain
    assert not Origin(delays=1).is_plain
    assert not Origin(back=2).is_plain


def test_a_joined_connection_is_what_its_parts_are():
    joined = Joined(parts=TWO)
    assert (len(joined.source), joined.rows, joined.lanes, joined.words) == (5, 5, 2, 1)
    assert [list(joined.taps(source)) for source in range(5)] == [[(at, 0)] for at in range(5)]
    assert [joined.operations(source) for source in range(5)] == [2] * 5
    assert joined.fans == ((0, 1, 2, 3, 4),)
    assert (joined.total_taps, joined.most_taps()) == (5, 1)


def test_what_reaches_a_word_of_a_map_is_that_of_all_parts():
    source = FeatureMap(channels=1, width=3)
    joined = Joined(parts=(
        Convolution(source=source, channels=2, kernel=(1, 3), padding=(0, 1)),
        Convolution(source=source, channels=2, kernel=(1, 1)),
    ))
    assert joined.row_sets == ((1, 2, 3), (0, 1, 2, 3), (0, 1, 3))
    # From the sources: each tap of one is a row that its word is reached by.
    reached = [sorted(row for source in range(6) for row, word in joined.taps(source) if word == at)
               for at in range(3)]
    assert reached == [list(rows) for rows in joined.row_sets]


def test_data_is_read_as_it_is_written():
    joined = Joined(parts=TWO)
    assert connection_from_data(connection_to_data(joined)) == joined
    origins = Origin(back=2, delays=(0, 4)), Origin(back=0, delays=1)
    assert origins_from_data(origins_to_data(origins)) == origins


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Origin(back=0), "delays of a layer that hears itself are at least 1 step, not 0"),
        (lambda: Origin(back=0, delays=(1, 0)),
         "delays of a layer that hears itself are at least 1 step, not 0"),
        (lambda: Origin(back=-1), "back is -1; it must be a whole number from 0 to 64"),
        (lambda: Origin(delays=-1), "delays is -1; it must be a whole number from 0 to 65535"),
        (lambda: Origin(delays=()), "delays is (); it must have a delay for each source"),
        (lambda: Joined(parts=TWO[:1]), "parts must be a list of two connections or more"),
        (lambda: Joined(parts=(Joined(parts=TWO), TWO[0])),
         "parts[0] is joined itself; list its parts here"),
        (lambda: Joined(parts=(TWO[0], Dense(source=FeatureMap(channels=3), neurons=4))),
         ("parts[1] comes to 4 neurons in words of 4, and parts[0] to 2 neurons in words of 2; "
          "what is joined adds to the same neurons")),
        (lambda: layer(Joined(parts=TWO), (Origin(),)),
         "origins has 1 entries; the connection has 2 parts"),
        (lambda: layer(TWO[0], (Origin(delays=(1, 1)),)),
         "origins[0].delays has 2 values; the connection has 3 sources there"),
        (lambda: layer(TWO[0], (Origin(delays=(1, 2)),)),
         "origins[0].delays has 2 values; the connection has 3 sources there"),
        (lambda: origins_from_data([{"back": 1}]), "origins[0].delays is missing"),
        (lambda: origins_from_data([{"back": 1, "delays": 0, "to": 1}]),
         "origins[0].to is no field; there are back, delays"),
        (lambda: origins_from_data([{"back": 0, "delays": 0}]),
         "origins[0].delays of a layer that hears itself are at least 1 step, not 0"),
    ],
)
def test_what_fits_no_layer_is_refused(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()


JOINED = Joined(parts=TWO)
SKIP = Joined(parts=(TWO[1], TWO[0]))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((layer(), layer(TWO[1], (Origin(back=3),), neuron="li")),
         ("layers[1].origins[0].back is 3, which is before the inputs; layers[1] hears 2 back at "
         "most")),
        ((layer(TWO[0], (Origin(delays=4),)), READOUT),
         ("layers[0].origins[0].delays reach 4 steps, and the network runs 4; a spike that is as "
         "late never arrives: take more steps, or delays of at most 3")),
        ((layer(), layer(SKIP, (Origin(), Origin(back=0, delays=1)), neuron="li")),
         "layers[1].origins[1].back is 0, the layer itself, and li never spikes"),
        ((layer(), layer(SKIP, (Origin(), Origin(back=1)), neuron="li")),
         "layers[1].origins[1]: its connection takes 3, but layers[0] has 2"),
        ((layer(TWO[1], (Origin(back=0, delays=1),)), READOUT),
         "layers[0].origins has no input of the network; the first layer hears it"),
        ((layer(), layer(TWO[0], (Origin(back=2),), neuron="li")),
         "layers[0] is heard by no later layer; leave it out, or let one hear it"),
        ((layer(), layer(SKIP, (Origin(), Origin(back=2)), neuron="li", input_bits=2)),
         ("layers[1].input_bits is 2, and layers[0] takes the same inputs with 1; inputs are "
          "graded for all layers that hear them, or are spikes")),
        ((layer(), replace(READOUT, input_bits=2)),
         "layers[1].input_bits is 2, and it hears no input; what it hears are spikes: 1"),
    ],
)
def test_layers_that_do_not_fit_each_other_are_refused(layers, message):
    with pytest.raises(NetworkError, match=f"^{re.escape(message)}$"):
        Network(layers, 4)


def test_what_is_heard_is_part_of_the_digest():
    plain = Network((layer(), READOUT), 4)
    late = Network((layer(TWO[0], (Origin(delays=1),)), READOUT), 4)
    each = replace(late, layers=(layer(TWO[0], (Origin(delays=(0, 0, 1)),)), READOUT))
    assert len({plain.digest(), late.digest(), each.digest()}) == 3
    # That of a network whose layers hear the one before has nothing of origins in it. It changes
    # with the compiled equations, and bitstreams have to be built anew then.
    assert plain.digest().hex().startswith("d7f532204f609428")


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(), "the layer before"),
        (Origin(delays=1), "the layer before 1 step later"),
        (Origin(back=2), "2 layers back"),
        (Origin(back=3, delays=(0, 4, 1)), "3 layers back 0 to 4 steps later"),
        (Origin(back=0, delays=2), "itself 2 steps later"),
    ],
)
def test_what_is_heard_in_words(origin, words):
    assert str(origin) == words
