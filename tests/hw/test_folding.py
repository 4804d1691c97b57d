import random

import pytest

from spikewright_hw.connection import Dense, FeatureMap, Folded
from spikewright_hw.definition.graph import listing
from spikewright_hw.engine.drawn_network import drawn_network
from spikewright_hw.engine.each_layer import lanes_of
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.folding import folded_network
from spikewright_hw.engine.reference import run
from spikewright_hw.engine.words import Words, input_words
from spikewright_hw.fixed import Format

NUMBERS = {"steps": 2, "weight_bits": 4, "membrane": Format(6, 2)}
NETWORK = example_network(sizes=(12, 9, 8, 7), **NUMBERS)
RECURRENT = example_network(
    sizes=(12, 8, 4), neurons=("recurrent_lif", "li"), **NUMBERS
)
MAP = example_network(
    connections=[Dense(source=FeatureMap(channels=2, width=3), neurons=4)], **NUMBERS
)


@pytest.mark.parametrize(
    ("network", "fold", "lanes"),
    [
        (NETWORK, None, (9, 8, 7)),
        (NETWORK, 4, (3, 4, 1)),
        (NETWORK, 100, (9, 8, 7)),
        (NETWORK, (8, 3, 7), (3, 2, 7)),
        (RECURRENT, 2, (8, 2)),
    ],
)
def test_a_word_is_the_largest_part_without_a_remainder(network, fold, lanes):
    assert lanes_of(network, fold) == lanes
    folded = folded_network(network, fold)
    assert tuple(layer.connection.lanes for layer in folded.layers) == lanes
    assert (folded == network) == (lanes == lanes_of(network, None))


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (0, "fold is 0; a layer has at least 1"),
        ((4, 4), r"fold is \(4, 4\); a network of 3 layers takes one number or 3"),
    ],
)
def test_a_fold_that_cannot_be_is_refused(fold, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        folded_network(NETWORK, fold)


def test_a_map_is_not_folded():
    with pytest.raises(ValueError, match=r"^fold is 2; layer 0 has a map or delays, and no layer"):
        folded_network(MAP, 2)


def test_inputs_of_a_folded_layer_come_in_words():
    folded = folded_network(NETWORK, (5, 8, 7))
    source = folded.source
    assert (source.channels, source.width) == (3, 4)
    assert input_words(folded, most=source.channels) == Words(bits=3, count=4)
    assert folded_network(NETWORK, (9, 2, 2)).source.is_flat


def test_a_folded_network_computes_the_same(rng: random.Random):
    for _ in range(20):
        network = drawn_network(rng, largest=6, graded=True)
        heard = all(layer.recurrent for layer in network.layers)  # which no fold applies to
        folded = folded_network(network, None if heard else rng.randint(1, 3))
        bitmaps = [rng.getrandbits(network.inputs) for _ in range(network.planes)]
        assert run(folded, bitmaps) == run(network, bitmaps)
        for before, after in zip(network.layers, folded.layers, strict=True):
            assert listing(after.fixed.update) == listing(before.fixed.update)
            assert all(
                after.sums(name) == before.sums(name) for name in before.definition.inputs
            )


def test_rows_are_cut_into_words():
    folded = folded_network(NETWORK, 3).layers[0]
    assert isinstance(folded.connection, Folded)
    for source, row in enumerate(NETWORK.layers[0].weights):
        found = [0] * 9
        for place, word in folded.connection.taps(source):
            for lane, weight in enumerate(folded.weights[place]):
                found[word * 3 + lane] += weight
        assert tuple(found) == row
