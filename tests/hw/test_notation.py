"""Short names of networks."""

import re

import pytest

from spikewright_hw.connection import Convolution, Dense, FeatureMap, Pooled, connections_of

IMAGE = FeatureMap(channels=1, height=28, width=28)


def test_a_network_as_papers_write_it():
    first, second, third, last = connections_of("32C5-P2-64C5-P2-128-10", IMAGE)
    assert first == Convolution(source=IMAGE, channels=32, kernel=(5, 5))
    assert isinstance(second, Pooled)
    assert second.window == second.stride == (2, 2)
    assert second.then == Convolution(
        source=FeatureMap(channels=32, height=12, width=12), channels=64, kernel=(5, 5)
    )
    assert isinstance(third, Pooled)
    assert third.then == Dense(source=FeatureMap(channels=64, height=4, width=4), neurons=128)
    assert last == Dense(source=FeatureMap(channels=128), neurons=10)
    assert [one.rows * one.lanes for one in (first, second, third, last)] == [
        25 * 32, 25 * 32 * 64, 1024 * 128, 1280,
    ]


def test_options_of_a_part():
    source = FeatureMap(channels=4, height=9, width=7)
    first, second, _ = connections_of("8C3p1s2d2g2-D3p1-5", source)
    assert first == Convolution(
        source=source, channels=8, kernel=(3, 3), stride=(2, 2),
        padding=(1, 1), dilation=(2, 2), groups=2,
    )
    assert second == Convolution(
        source=first.target, channels=8, kernel=(3, 3), padding=(1, 1), groups=8
    )


def test_average_pooling_is_a_sum_whose_weights_have_the_factor():
    sums, averages = (connections_of(f"4C5-{kind}2s2-10", IMAGE) for kind in "PA")
    assert sums == averages


def test_one_dimension():
    first, second = connections_of("4C5p2-P3s3-P2s1-3", FeatureMap(channels=2, width=9))
    assert first == Convolution(
        source=FeatureMap(channels=2, width=9), channels=4, kernel=(1, 5), padding=(0, 2)
    )
    assert isinstance(second, Pooled)
    assert (second.window, second.stride) == ((1, 3), (1, 3))
    assert isinstance(second.then, Pooled)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("32X5-10", "'32X5' is no part of a network, such as 32C5, D3p1, P2 or 128"),
        ("", "a part is empty; one - joins each to the next"),
        ("C5-10", "'C5' is no part of a network"),
        ("4P2-10", "'4P2' is no part of a network"),
        ("4C5-P2p1-10", "'P2p1' is no part of a network"),
        ("12s2-10", "'12s2' is no part of a network"),
        ("4C29-10", "4C29: kernel reaches over 29 along the height, and the map has 28 there"),
        (
            "4C5-P5-10",
            "10: after P5, window is 5 at every 5 along the height, which leaves a remainder of 4",
        ),
        ("4C5-P2", "P2 is the last part; a layer of neurons follows a pooling"),
        ("4C5g3-10", "4C5g3: groups is 3, which does not divide the 1 channels of the source"),
        ("128-4C3-10", "4C3: kernel reaches over 3 along the width, and the map has 1 there"),
        ("4C0-10", "'4C0' has 0 as its kernel; at least 1 is possible"),
    ],
)
def test_what_is_no_network_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        connections_of(text, IMAGE)
