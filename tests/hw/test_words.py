"""Words: in which parts the steps of a network travel."""

import pytest

from spikewright_hw.connection import Convolution, Dense, FeatureMap, Pooled
from spikewright_hw.engine.words import Words, input_words, output_words, words_of
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network


def layer(connection, neuron="lif"):
    weights = [[1] * connection.lanes] * connection.rows
    return Layer(weights, 2, neuron, {}, Format(4, 2), connection=connection)


def dense_after(source):
    return Network((layer(Dense(source=source, neurons=1), "li"),), steps=1)


@pytest.mark.parametrize(
    ("source", "bits", "count"),
    [
        (FeatureMap(channels=2000), 2000, 1),  # no map
        (FeatureMap(channels=1, height=28, width=28), 784, 1),
        (FeatureMap(channels=2, height=34, width=34), 68, 34),
        (FeatureMap(channels=2, height=34, width=34, channels_first=True), 34, 68),
        (FeatureMap(channels=2, height=32, width=32, channels_first=True), 1024, 2),
        (FeatureMap(channels=2, width=700), 2, 700),
        (FeatureMap(channels=1030, width=2), 515, 4),
        (FeatureMap(channels=1031, width=2), 1, 2062),
    ],
)
def test_inputs_come_in_whole_parts_of_their_map(source, bits, count):
    assert input_words(dense_after(source)) == Words(bits=bits, count=count)


def test_spikes_leave_a_layer_by_rows_of_weights():
    source = FeatureMap(channels=4, height=6, width=5)
    convolution = Convolution(source=source, channels=6, kernel=(3, 3), groups=2)
    assert output_words(layer(convolution)) == Words(bits=3, count=2 * 4 * 3)
    dense = Dense(source=FeatureMap(channels=4, height=3, width=5), neurons=7)
    assert output_words(layer(dense)) == Words(bits=7, count=1)
    pooled = Pooled(source=source, window=(2, 1), stride=(2, 1), then=dense)
    assert output_words(layer(pooled)) == Words(bits=7, count=1)


def test_a_bitmap_is_cut_from_its_first_bit_on():
    assert words_of([0b110_101, 0b001_000], Words(bits=3, count=2)) == [0b101, 0b110, 0, 0b001]
