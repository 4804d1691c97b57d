"""Connections: what an event does, held to the sums that a convolution and a pooling are."""

import re
from collections import Counter

import pytest

from spikewright_hw.connection import (
    Convolution,
    Dense,
    FeatureMap,
    Folded,
    Joined,
    Pooled,
    connection_from_data,
    connection_to_data,
)
from spikewright_hw.connection.pooled import pooled_map

MAP = FeatureMap(channels=4, height=6, width=8)


def number(shape, c, y, x):
    """Return the number of a neuron, as the docs have it."""
    if shape.channels_first:
        return (c * shape.height + y) * shape.width + x
    return (y * shape.width + x) * shape.channels + c


def windows(source, window, stride):
    """Return for each neuron of a sum pooling the sources in its window."""
    target = pooled_map(source, window=window, stride=stride)
    return {
        (c, y, x): [
            (c, y * stride[0] + dy, x * stride[1] + dx)
            for dy in range(window[0]) for dx in range(window[1])
        ]
        for c in range(target.channels) for y in range(target.height) for x in range(target.width)
    }


def arrivals(convolution):
    """Return for each neuron of a convolution its sources, with the kernel's place of each."""
    source, target = convolution.source, convolution.target
    of_group = source.channels // convolution.groups
    found = {}
    for o in range(target.channels):
        group = o // (target.channels // convolution.groups)
        for oy in range(target.height):
            for ox in range(target.width):
                found[o, oy, ox] = [
                    ((group * of_group + c, y, x), (ky, kx, group * of_group + c))
                    for ky in range(convolution.kernel[0])
                    for kx in range(convolution.kernel[1])
                    for y in [oy * convolution.stride[0] + ky * convolution.dilation[0]
                              - convolution.padding[0]]
                    for x in [ox * convolution.stride[1] + kx * convolution.dilation[1]
                              - convolution.padding[1]]
                    if 0 <= y < source.height and 0 <= x < source.width
                    for c in range(of_group)
                ]
    return found


def synapses(connection):
    """Return how often each source reaches each neuron by each weight, from the taps."""
    found = Counter()
    for source in range(len(connection.source)):
        taps = list(connection.taps(source))
        assert connection.operations(source) == len(taps) * connection.lanes
        for row, word in taps:
            assert 0 <= row < connection.rows
            assert 0 <= word < connection.words
            for lane in range(connection.lanes):
                found[source, word * connection.lanes + lane, (row, lane)] += 1
    return found


def expected(convolution, source, pool=None):
    """Return the same from the sums that the neurons are."""
    lanes = convolution.lanes
    found = Counter()
    for (o, oy, ox), heard in arrivals(convolution).items():
        neuron = number(convolution.target, o, oy, ox)
        for place, (ky, kx, c) in heard:
            row = (ky * convolution.kernel[1] + kx) * convolution.source.channels + c
            for one in [place] if pool is None else pool[place]:
                found[number(source, *one), neuron, (row, o % lanes)] += 1
    return found


def drawn(rng):
    """Draw a convolution, perhaps after a pooling; None where it has no target."""
    def pair(low, high):
        return rng.randint(low, high), rng.randint(low, high)

    groups = rng.choice((1, 1, 2, 3))
    source = FeatureMap(
        channels=groups * rng.randint(1, 2), height=rng.randint(1, 6), width=rng.randint(1, 6),
        channels_first=rng.random() < 0.5,
    )
    window, stride = pair(1, 3), pair(1, 3)
    pooled = rng.random() < 0.5
    try:
        taken = pooled_map(source, window=window, stride=stride) if pooled else source
        made = Convolution(
            source=taken, channels=groups * rng.randint(1, 2), kernel=pair(1, 3), stride=pair(1, 3),
            padding=pair(0, 2), dilation=pair(1, 2), groups=groups,
        )
    except ValueError:
        return None
    if not pooled:
        return made
    return Pooled(source=source, window=window, stride=stride, then=made)


def test_convolutions_and_poolings_are_their_sums(rng):
    made = [one for one in (drawn(rng) for _ in range(150)) if one is not None]
    assert len(made) > 20
    for one in made:
        pooled = isinstance(one, Pooled)
        convolution = one.then if pooled else one
        pool = windows(one.source, one.window, one.stride) if pooled else None
        assert synapses(one) == expected(convolution, one.source, pool), one
        assert connection_from_data(connection_to_data(one)) == one
        fans = {
            tuple(sorted(Counter({
                row: count for (_, neuron, (row, lane)), count in found.items()
                if neuron == word * one.lanes and lane == 0
            }).elements()))
            for found in [_by_row(synapses(one))] for word in range(one.words)
        }
        assert set(one.fans) == fans, one
        assert one.most_taps() == max(
            len(list(one.taps(source))) for source in range(len(one.source))
        )


def _by_row(found):
    summed = Counter()
    for (_, neuron, weight), count in found.items():
        summed[0, neuron, weight] += count
    return summed


def test_a_dense_connection_has_a_row_for_each_source():
    for first in (False, True):
        source = FeatureMap(channels=2, height=3, width=2, channels_first=first)
        dense = Dense(source=source, neurons=5)
        assert (dense.rows, dense.lanes, dense.words) == (12, 5, 1)
        assert [list(dense.taps(at)) for at in range(12)] == [[(at, 0)] for at in range(12)]
        assert dense.fans == (tuple(range(12)),)
        assert dense.operations(7) == 5


def test_a_pooled_dense_connection_shares_rows_among_a_window():
    source = FeatureMap(channels=3, height=2, width=4)
    sums = FeatureMap(channels=3, height=1, width=2)
    pooled = Pooled(
        source=source, window=(2, 2), stride=(2, 2), then=Dense(source=sums, neurons=4)
    )
    for c in range(3):
        for y in range(2):
            for x in range(4):
                taps = list(pooled.taps(number(source, c, y, x)))
                assert taps == [(number(sums, c, 0, x // 2), 0)]
    assert pooled.fans == (tuple(sorted([*range(6)] * 4)),)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FeatureMap(channels=0), "channels is 0; it must be a whole number from 1 to"),
        (
            lambda: FeatureMap(channels=256, height=16, width=17),
            "channels, height and width are 256 × 16 × 17, 69632 in all; a layer has at most 65535",
        ),
        (
            lambda: Convolution(source=MAP, channels=4, kernel=(7, 3)),
            "kernel reaches over 7 along the height, and the map has 6 there",
        ),
        (
            lambda: Convolution(
                source=MAP, channels=4, kernel=(3, 3), dilation=(1, 6), padding=(0, 1)
            ),
            (
                "kernel reaches over 13 along the width, and the map has 8 there and padding of 1 "
                "at both ends"
            ),
        ),
        (
            lambda: Convolution(source=MAP, channels=6, kernel=(3, 3), groups=3),
            "groups is 3, which does not divide the 4 channels of the source",
        ),
        (
            lambda: Convolution(source=MAP, channels=6, kernel=(3, 3), groups=4),
            "groups is 4, which does not divide the 6 channels of the target",
        ),
        (
            lambda: Convolution(source=MAP, channels=6, kernel=(3,)),  # pyright: ignore
            "kernel has 1 numbers; it has two, along the height and along the width",
        ),
        (
            lambda: Convolution(source=MAP, channels=6, kernel=(3, 3), stride=(0, 1)),
            "stride[0] is 0; it must be a whole number from 1 to",
        ),
        (
            lambda: pooled_map(MAP, window=(4, 4), stride=(4, 4)),
            "window is 4 at every 4 along the height, which leaves a remainder of 2 of 6",
        ),
        (
            lambda: pooled_map(MAP, window=(2, 9), stride=(2, 2)),
            "window is 9 along the width, and the map has 8 there",
        ),
        (
            lambda: Pooled(
                source=MAP, window=(2, 2), stride=(2, 2), then=Dense(source=MAP, neurons=3)
            ),
            "then takes a map of 4 × 6 × 8, and the windows of 4 × 6 × 8 come to one of 4 × 3 × 4",
        ),
        (
            lambda: Folded(source=MAP, neurons=6, per_word=3),
            "source is 4 × 6 × 8; a folded connection takes channels along a width alone",
        ),
        (
            lambda: Folded(source=FeatureMap(channels=4), neurons=6, per_word=4),
            "per_word is 4; words of 6 neurons are of a divisor of these",
        ),
        (
            lambda: connection_from_data({"kind": "sparse"}, at="layers[0].connection"),
            "layers[0].connection.kind is 'sparse'; there are dense, convolution, pooled",
        ),
        (
            lambda: connection_from_data({"kind": "dense", "source": {}, "neurons": 3}),
            "connection.source.channels is missing",
        ),
        (
            lambda: connection_from_data(
                connection_to_data(Dense(source=MAP, neurons=3)) | {"lanes": 3}
            ),
            "connection.lanes is no field; there are source, neurons",
        ),
        (
            lambda: connection_from_data(
                connection_to_data(Dense(source=MAP, neurons=3)) | {"neurons": 0}
            ),
            "connection.neurons is 0; it must be a whole number from 1 to",
        ),
    ],
)
def test_what_is_no_connection_is_refused(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make()


FIRST = FeatureMap(channels=4, height=6, width=8, channels_first=True)


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        (Dense(source=MAP, neurons=3), "dense from 4 × 6 × 8 to 3"),
        (Dense(source=FIRST, neurons=3), "dense from 4 × 6 × 8 (channels first) to 3"),
        (
            Convolution(source=MAP, channels=16, kernel=(3, 3)),
            "convolution 3 × 3 from 4 × 6 × 8 to 16 × 4 × 6",
        ),
        (
            Convolution(source=MAP, channels=6, kernel=(3, 2), stride=(2, 1), padding=(1, 0),
                        dilation=(1, 2), groups=2),
            ("convolution 3 × 2 with stride 2 × 1 and padding 1 × 0 and dilation 1 × 2 and 2 "
             "groups from 4 × 6 × 8 to 6 × 3 × 6"),
        ),
        (
            Convolution(source=MAP, channels=4, kernel=(3, 3), padding=(1, 1), groups=4),
            "depthwise convolution 3 × 3 with padding 1 × 1 from 4 × 6 × 8 to 4 × 6 × 8",
        ),
        (
            Pooled(
                source=MAP, window=(2, 2), stride=(2, 2),
                then=Dense(source=FeatureMap(channels=4, height=3, width=4), neurons=3),
            ),
            "sum pooling 2 × 2 and dense from 4 × 6 × 8 to 3",
        ),
        (
            Pooled(
                source=MAP, window=(4, 2), stride=(2, 2),
                then=Dense(source=FeatureMap(channels=4, height=2, width=4), neurons=3),
            ),
            "sum pooling 4 × 2 with stride 2 × 2 and dense from 4 × 6 × 8 to 3",
        ),
        (
            Joined(parts=(
                Dense(source=MAP, neurons=3), Dense(source=FeatureMap(channels=3), neurons=3),
            )),
            "dense from 4 × 6 × 8 to 3 plus dense from 3 to 3",
        ),
    ],
)  # fmt: skip
def test_a_connection_in_words(connection, words):
    assert str(connection) == words
