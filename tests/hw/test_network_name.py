"""Short names of whole networks: what each layer hears, and what is refused."""

import re

import pytest

from spikewright_hw.connection import Convolution, Dense, FeatureMap, Joined, connections_of
from spikewright_hw.network_name import check_name, named_layers
from spikewright_hw.origin import Origin

FLAT = FeatureMap(channels=40)
MAP = FeatureMap(channels=2, height=8, width=8)


def test_a_name_without_more_is_that_of_the_connections():
    text = "8C3p1-P2-D3-24-10"
    named = named_layers(text, MAP)
    assert tuple(one.connection for one in named) == connections_of(text, MAP)
    assert {one.origins for one in named} == {(Origin(),)}


def test_delays_itself_and_a_skip():
    first, second, last = named_layers("64r@0,4-32+2-10@3", FLAT)
    to_first = Dense(source=FLAT, neurons=64)
    own = Dense(source=FeatureMap(channels=64), neurons=64)
    assert first.connection == Joined(parts=(to_first, to_first, own))
    assert first.origins == (Origin(), Origin(delays=4), Origin(back=0, delays=1))
    assert second.connection == Joined(parts=(
        Dense(source=FeatureMap(channels=64), neurons=32), Dense(source=FLAT, neurons=32),
    ))
    assert second.origins == (Origin(), Origin(back=2))
    assert last.connection == Dense(source=FeatureMap(channels=32), neurons=10)
    assert last.origins == (Origin(delays=3),)


def test_maps_hear_themselves_and_each_other():
    first, second = named_layers("4C3p1r-4C5p2+2", MAP)
    target = FeatureMap(channels=4, height=8, width=8)
    assert first.connection.branches[1] == Convolution(
        source=target, channels=4, kernel=(3, 3), padding=(1, 1),
    )
    assert second.connection.branches[1] == Convolution(source=MAP, channels=4, kernel=(1, 1))
    pooled, *_ = named_layers("P2-4C3r-10", MAP)
    assert pooled.connection.branches[1].source == pooled.connection.target


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *((f"{part}-10", (
            f"{part!r} has {more!r} after its layer; there may stand, in this order, r, @ with "
            "delays in steps (@0,4), and + with layers counted back (+2+3)"
        )) for part, more in (
            ("64@", "@"), ("64@1r", "@1r"), ("64+2@0", "+2@0"), ("16rr", "rr"), ("8C3r2", "r2"),
            ("64@0;4", "@0;4"), ("64@9999999999", "@9999999999"),
        )),
        ("16@-1-10", ("'16@' has '@' after its layer; there may stand, in this order, r, @ with "
                      "delays in steps (@0,4), and + with layers counted back (+2+3)")),
        ("P2r-10", "'P2r' is a pooling, which hears nothing else; give it to a layer"),
        ("r-10", "'r' says what a layer hears, and no layer stands before it"),
        *((text, "a part is empty; one - joins each to the next, as in 32C5-P2-10")
          for text in ("", "-10", "32--10", "32C5-")),
        ("8c3-10", ("'8c3' is no part of a network, such as 32C5, D3p1, P2 or 128; its letter is a "
                    "capital")),
        ("0C3-10", "'0C3' has 0 as its channels; at least 1 is possible"),
        ("0r-10", "'0' has 0 as its neurons; at least 1 is possible"),
        ("9" * 5000 + "C3-10", (f"{'9' * 40!r} has a number of ten digits or more, which no layer "
                                "has room for")),
        ("8C3-P2", "P2 is the last part; a layer of neurons follows a pooling"),
        ("8x-10", "'8x' is no part of a network, such as 32C5, D3p1, P2 or 128"),
        ("8C3p1-8C3p1+3-10", (
            "8C3p1+3: +3 is no layer before the one that it hears anyway; they count from +2, to "
            "the inputs, +2"
        )),
        ("8C3+2-10", (
            "8C3+2: +2 is no layer before the one that it hears anyway; they count from +2, and "
            "here is none"
        )),
        ("8C3@1,1-10", "8C3@1,1: a delay is given twice"),
        ("8C2r-10", ("8C2r: a kernel of 2 by 2 has no middle, by which the layer would hear "
                       "itself; take odd sides")),
        ("8C3-8C3p1+2-10", ("8C3p1+2: it comes to a map of 8 × 6 × 6, and what it hears beside is "
         "one of 2 × 8 × 8; both are of the same height and width")),
    ],
)
def test_what_is_no_network_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        named_layers(text, MAP)


@pytest.mark.parametrize("text", ["64@0,4r-10", "8C3--10", "8C3-8C3+3-10", "D0-10", "4C3-A2"])
def test_a_fault_that_is_one_on_any_inputs_is_told_without_them(text):
    with pytest.raises(ValueError) as told:
        named_layers(text, MAP)
    with pytest.raises(ValueError, match=f"^{re.escape(str(told.value))}$"):
        check_name(text)


def test_a_name_that_may_fit_some_inputs_passes():
    check_name("8C30-P7-8C3p1r@0,4+2-10+3")
