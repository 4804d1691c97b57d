"""Streams: what a product of bitstreams is, what a step of it counts, and what bounds the count."""

from itertools import product

import pytest

from spikewright_hw.engine.drawn_network import drawn_layer
from spikewright_hw.engine.stream_counts import count_bounds, row_planes, weight_count
from spikewright_hw.engine.stream_products import aligned, inputs, planes, products, shift
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Streams, code_width, current_exponent
from spikewright_hw.neuron import DEFINITIONS

#: Sources of which each block of ``2**k`` numbers has each prefix of ``k`` bits once.
EVEN = ("sobol", "van_der_corput", "counter")

#: By how much less than this a count of ones misses its value, whatever the length.
MISSES = dict.fromkeys(EVEN, 1) | {"lfsr": 2, "halton": 6}

SIGNED, UNIPOLAR, BIPOLAR = (
    Streams(length=16, source="counter", encoding=encoding) for encoding in ENCODINGS
)
#: The numbers of a counter at which the number 5, of four bits, gives a one.
ONES_OF_FIVE = (1, 4, 5, 6, 7)


def net(streams: Streams, bits: int, *, row: int, spike: int, weight: int) -> int:
    """Return what a synapse comes to in a step."""
    up, down = weight_count(streams, bits, row_planes(streams, bits, row, spike), weight)
    return up - down


def nets(streams: Streams, bits: int, *, row: int, step: int = 1) -> list[int]:
    """Return what a spike comes to at each ``step``-th of all weights."""
    cycles = row_planes(streams, bits, row, 1)
    counts = (weight_count(streams, bits, cycles, weight) for weight in weights(bits)[::step])
    return [up - down for up, down in counts]


def weights(bits: int) -> range:
    """Return all weights of so many bits."""
    bound = (1 << (bits - 1)) - 1
    return range(-bound, bound + 1)


# The definition, by hand --------------------------------------------------------------------------


def test_a_weight_is_read_at_the_leading_ones_of_the_numbers():
    by_number = [None, 3, *2 * [2], *4 * [1], *8 * [0]]
    assert planes(SIGNED, 5, 0) == by_number
    assert planes(SIGNED, 5, 1) == by_number[8:] + by_number[:8]  # shifted by 0b1000
    assert planes(SIGNED, 5, 2) == [by_number[number ^ 0b0100] for number in range(16)]


def test_rows_next_to_each_other_are_shifted_far_apart():
    assert [shift(row, width=3) for row in range(9)] == [0, 4, 2, 6, 1, 5, 3, 7, 0]


def test_a_number_keeps_its_highest_bits():
    assert aligned(0b1011, 4, 2) == 0b10
    assert aligned(0b1011, 4, 6) == 0b101100
    assert Streams(length=16, source="counter").numbers("weights", width=3) == tuple(
        number >> 1 for number in range(16)
    )


@pytest.mark.parametrize(("weight", "one"), [(5, (1, 0)), (-5, (0, 1))])
def test_sign_magnitude_by_hand(weight, one):
    spiked = products(SIGNED, 5, row=0, spike=1, weight=weight)
    assert spiked == [one if number in ONES_OF_FIVE else (0, 0) for number in range(16)]
    assert products(SIGNED, 5, row=0, spike=0, weight=weight) == 16 * [(0, 0)]


def test_unipolar_by_hand():
    spiked = products(UNIPOLAR, 4, row=0, spike=1, weight=5 - 8)
    assert spiked == [(1, 0) if number in ONES_OF_FIVE else (0, 1) for number in range(16)]
    assert products(UNIPOLAR, 4, row=0, spike=0, weight=5 - 8) == 16 * [(0, 0)]


def test_bipolar_by_hand():
    spiked = products(BIPOLAR, 4, row=0, spike=1, weight=5 - 8)
    assert spiked == [(1, 0) if number in ONES_OF_FIVE else (0, 1) for number in range(16)]
    # A silent input is one where van der Corput's number is below a half: every other time.
    assert inputs(BIPOLAR, 0, 0) == 8 * [1, 0]
    assert inputs(BIPOLAR, 1, 0) == 8 * [0, 1]
    equal = (3, 4, 6, 9, 11, 13, 15)
    silent = products(BIPOLAR, 4, row=0, spike=0, weight=5 - 8)
    assert silent == [(1, 0) if number in equal else (0, 1) for number in range(16)]


# Counting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_counting_by_planes_is_counting_bit_by_bit(source, encoding, rng):
    for _ in range(60):
        streams = Streams(length=rng.choice((16, 32, 128)), source=source, encoding=encoding)
        bits, row, spike = rng.randint(2, 8), rng.randrange(300), rng.randrange(2)
        weight = rng.choice(weights(bits))
        walked = products(streams, bits, row=row, spike=spike, weight=weight)
        cycles = row_planes(streams, bits, row, spike)
        assert weight_count(streams, bits, cycles, weight) == tuple(
            map(sum, zip(*walked, strict=True))
        )


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("source", EVEN)
def test_whole_periods_count_each_weight_exactly(source, encoding):
    """In every row, so no digital shift changes a count."""
    for bits, length in product(range(2, 6), (32, 64)):
        streams = Streams(length=length, source=source, encoding=encoding)
        for row in (*range(33), 100):
            for weight, count in zip(weights(bits), nets(streams, bits, row=row), strict=True):
                assert count << (bits - 1) == weight * length


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_shorter_streams_miss_a_weight_by_little(source, encoding):
    """Ones are weighed one; where a zero is weighed, too, a miss counts twice."""
    bound = MISSES[source] * (1 if encoding == "sign_magnitude" else 2)
    worst = 0
    for length, bits in ((16, 8), (64, 8), (64, 6), (256, 8)):
        streams = Streams(length=length, source=source, encoding=encoding)
        scale = length / (1 << (bits - 1))
        for row in range(0, 64, 3):
            counts = nets(streams, bits, row=row, step=5)
            misses = (
                abs(count - weight * scale)
                for weight, count in zip(weights(bits)[::5], counts, strict=True)
            )
            worst = max(worst, *misses)
    assert worst < bound


@pytest.mark.parametrize("encoding", ["sign_magnitude", "unipolar"])
def test_a_silent_input_counts_nothing(encoding):
    streams = Streams(length=16, encoding=encoding)
    for weight in weights(4):
        assert weight_count(streams, 4, row_planes(streams, 4, 1, 0), weight) == (0, 0)


@pytest.mark.parametrize("source", EVEN)
def test_a_silent_input_nearly_cancels_out_in_bipolar_streams(source):
    """Two dimensions that fill the square evenly: all planes but the last two cancel exactly."""
    streams = Streams(length=32, source=source, encoding="bipolar")
    counts = {
        net(streams, bits, row=row, spike=0, weight=weight)
        for bits in (4, 5, 8) for weight in weights(bits) for row in range(9)
    }
    assert 0 in counts and max(map(abs, counts)) <= 2


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_count_is_a_current_by_a_shift(encoding, rng):
    """Exact where the length is full scale or more; full scale is the current of a whole count."""
    layer = drawn_layer(rng, inputs=1, neurons=1, neuron="lif")
    streams = Streams(length=1024, encoding=encoding)
    exponent = current_exponent(streams, layer)
    (weight,), = layer.weights
    count = net(streams, layer.weight_bits, row=0, spike=1, weight=weight)
    assert count * 2.0**exponent == weight << layer.shift


# Bounds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("neuron", "encoding"), [*product(("lif", "recurrent_lif"), ENCODINGS), ("alpha", ENCODINGS[0])]
)
def test_bounds_hold_for_every_partial_sum(neuron, encoding, rng):
    """Pass by pass and row by row, as an engine counts."""
    streams = Streams(length=16, source=rng.choice(tuple(SOURCES)), encoding=encoding)
    layer = drawn_layer(rng, inputs=4, neurons=2, neuron=neuron)
    for input, one in DEFINITIONS[neuron].inputs.items():
        rows = layer.recurrent if one.source == "recurrent" else layer.weights
        assert rows is not None
        bounds = count_bounds(streams, layer, input)
        reached = []
        for spikes in product((0, 1), repeat=len(rows)):
            for neuron_number in range(layer.neurons):
                steps = zip(*(
                    products(
                        streams, layer.weight_bits,
                        row=row, spike=spike, weight=weights[neuron_number],
                    )
                    for row, (spike, weights) in enumerate(zip(spikes, rows, strict=True))
                ), strict=True)
                total = 0
                for step in steps:
                    for up, down in step:
                        total += {"excitatory": up, "inhibitory": down}.get(one.source, up - down)
                        assert bounds.low <= total <= bounds.high
                        reached.append(total)
        if encoding == "sign_magnitude":  # where the rows of one sign alone spike
            assert (min(reached), max(reached)) == (bounds.low, bounds.high)


def test_a_sign_is_none_of_the_bits_that_are_read():
    assert [code_width(streams, 8) for streams in (SIGNED, UNIPOLAR, BIPOLAR)] == [7, 8, 8]
