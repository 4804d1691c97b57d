"""Fixed-point formats."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikewright_hw.fixed import Format

FORMATS = st.builds(Format, st.integers(1, 12), st.integers(0, 12))


@pytest.mark.parametrize(
    ("text", "width", "low", "high", "one"),
    [
        ("Q8.8", 16, -32768, 32767, 256),
        ("Q1.0", 1, -1, 0, 1),
        ("Q1.3", 4, -8, 7, 8),
        ("Q12.0", 12, -2048, 2047, 1),
    ],
)
def test_format(text, width, low, high, one):
    format = Format.parse(text)
    assert str(format) == text
    assert (format.width, format.min, format.max, format.one) == (width, low, high, one)


@given(FORMATS)
def test_parse_reads_what_is_written(format):
    assert Format.parse(str(format)) == format


@pytest.mark.parametrize("text", ["", "Q8", "8.8", "q8.8", "Q8.8 ", "Q-1.8", "Q8.8.8", "Q٣.8"])
def test_other_texts_are_refused(text):
    with pytest.raises(
        ValueError, match=f"^a number format is written like Q8.8, not {re.escape(repr(text))}$"
    ):
        Format.parse(text)


@pytest.mark.parametrize(
    ("integer", "fraction", "message"),
    [
        (0, 8, "integer is 0; it must be a whole number from 1 to 128"),
        (-1, 8, "integer is -1; it must be a whole number from 1 to 128"),
        (8, -1, "fraction is -1; it must be a whole number from 0 to 127"),
        (100, 29, "Q100.29 has 129 bits; a format has at most 128"),
    ],
)
def test_impossible_formats_are_refused(integer, fraction, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Format(integer, fraction)


@given(FORMATS, st.integers(-(1 << 30), 1 << 30))
def test_saturate_clamps(format, value):
    saturated = format.saturate(value)
    assert format.min <= saturated <= format.max
    if format.min <= value <= format.max:
        assert saturated == value
    else:
        assert saturated == (format.max if value > 0 else format.min)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (1.0, 4), (0.125, 1), (-0.125, 0), (0.375, 2), (-0.375, -1),  # halves go up
        (0.12499999999999999, 0), (-0.12500000000000003, -1),
        (7.75, 31), (7.874, 31), (100.0, 31), (-8.0, -32), (-8.2, -32), (0.0, 0),
    ],
)
def test_quantize_by_hand(value, stored):
    assert Format(4, 2).quantize(value) == stored


@given(FORMATS, st.floats(-5000, 5000))
def test_quantize_rounds_half_up_exactly(format, value):
    exact = math.floor(Fraction(value) * format.one + Fraction(1, 2))
    assert format.quantize(value) == format.saturate(exact)


@given(FORMATS, st.data())
def test_real_is_the_inverse(format, data):
    stored = data.draw(st.integers(format.min, format.max))
    assert format.quantize(format.real(stored)) == stored
