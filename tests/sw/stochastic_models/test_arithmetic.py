"""Arithmetic on bitstreams: equal to the cores' references, and as near to reals as stated."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product as pairs_of
from pathlib import Path

import numpy as np
import pytest

from spikewright.stochastic_models import arithmetic
from spikewright.stochastic_models.sources import sequence
from spikewright_hw.stochastic.arithmetic import (
    absolute_difference,
    accumulative_adder,
    accumulative_parallel_counter,
    and_multiplier,
    maximum,
    minimum,
    mux_adder,
    or_adder,
    parallel_counter,
    sign_magnitude_multiplier,
    signed_parallel_counter,
    subtractor,
    xnor_multiplier,
)

PAGE = Path(__file__).parents[3] / "docs" / "cores" / "and_multiplier.md"
WIDTHS = range(3, 9)

Numbers = np.ndarray


@pytest.fixture
def bits() -> Callable[..., np.ndarray]:
    """Return random bits of a shape; a failing test shows the seed."""
    seed = int(np.random.default_rng().integers(1 << 32))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    return lambda *shape: rng.integers(2, size=shape).astype(np.bool_)


def word(bits: np.ndarray) -> int:
    """Return bits as a word, as the references take them."""
    return sum(int(bit) << place for place, bit in enumerate(bits))


@pytest.mark.parametrize(
    ("model", "reference"),
    [
        (arithmetic.product, and_multiplier.product),
        (arithmetic.bipolar_product, lambda a, b: xnor_multiplier.product(a, b, lanes=1)),
        (arithmetic.difference, subtractor.difference),
        (arithmetic.absolute_difference, absolute_difference.distance),
        (arithmetic.maximum, maximum.maximum),
        (arithmetic.minimum, minimum.minimum),
    ],
)
def test_gates(model, reference):
    a, b = np.array([[[0, 0, 1, 1]], [[0, 1, 0, 1]]], dtype=np.bool_)
    assert model(a, b).tolist() == [[bool(reference(x, y)) for x, y in pairs_of((0, 1), repeat=2)]]


def test_sign_magnitude_product():
    """All pairs of bits."""
    columns = [*pairs_of((0, 1), repeat=4)]
    rows = np.array(columns, dtype=np.bool_).T
    sign, magnitude = arithmetic.sign_magnitude_product((rows[0], rows[1]), (rows[2], rows[3]))
    assert [*zip(sign, magnitude, strict=True)] == [
        sign_magnitude_multiplier.product((a_sign, a), (b_sign, b))
        for a_sign, a, b_sign, b in columns
    ]


@pytest.mark.parametrize("inputs", [2, 5, 8])
def test_sums_and_counts(bits, inputs):
    """Over leading axes, each term on the axis before time."""
    terms, sign = bits(2, 3, inputs, 50), bits(2, 3, inputs, 50)
    ored, counted = arithmetic.or_sum(terms), arithmetic.count(terms)
    signed = arithmetic.signed_count(sign, terms)
    for *at, time in np.ndindex(2, 3, 50):
        column = terms[*at, :, time]
        assert ored[*at, time] == or_adder.total([int(bit) for bit in column])
        assert counted[*at, time] == parallel_counter.count(word(column))
        assert signed[*at, time] == signed_parallel_counter.count(
            word(sign[*at, :, time]), word(column)
        )


@pytest.mark.parametrize("inputs", [2, 8])
@pytest.mark.parametrize("shared", [True, False])
def test_scaled_sum(bits, inputs, shared):
    """One selection for all sums, or one for each."""
    terms = bits(3, inputs, 50)
    select = bits(*(() if shared else (3,)), inputs.bit_length() - 1, 50)
    select = (select << np.arange(select.shape[-2])[:, None]).sum(axis=-2)
    came = arithmetic.scaled_sum(terms, select)
    assert came.shape == (3, 50)
    for row, time in np.ndindex(3, 50):
        chosen = int(select[time] if shared else select[row, time])
        assert came[row, time] == mux_adder.scaled_sum(terms[row, :, time].tolist(), chosen)


@pytest.mark.parametrize(("inputs", "length"), [(1, 1), (3, 7), (8, 16)])
def test_totals(bits, inputs, length):
    """Five runs, and one that is not over."""
    streams = bits(3, inputs, 6 * length - 1)
    came = arithmetic.totals(streams, length=length)
    for row in range(3):
        words = [word(column) for column in streams[row].T]
        assert came[row].tolist() == accumulative_parallel_counter.totals(words, length=length)


@pytest.mark.parametrize("inputs", [2, 3, 8, 13])
def test_accumulative_sum(bits, inputs):
    terms = bits(2, inputs, 200)
    came = arithmetic.accumulative_sum(terms)
    for row in range(2):
        residue, expected = accumulative_adder.init(inputs), []
        for column in terms[row].T:
            bit, residue = accumulative_adder.step(residue, word(column), inputs=inputs)
            expected.append(bool(bit))
        assert came[row].tolist() == expected


def run(name: str, width: int, **parameters: int) -> Numbers:
    """Return a source's numbers, ``2**width`` of them."""
    return sequence(name, width=width, length=1 << width, **parameters)


def error_of_lfsrs(width: int) -> Fraction:
    """Return the error of an LFSR beside itself with the best of all seeds, over its period."""
    first, *others = (
        sequence("lfsr", width=width, length=(1 << width) - 1, init=init)
        for init in range(1, 1 << width)
    )
    return min(arithmetic.product_error(first, other, width=width) for other in others)


#: Pairs of sources whose numbers fill the square evenly.
NETS: dict[str, Callable[[int], tuple[Numbers, Numbers]]] = {
    "counter and van der Corput": lambda width: (
        run("counter", width), run("van_der_corput", width)
    ),
    "Sobol 0 and Sobol 1": lambda width: (
        run("sobol", width, dimension=0), run("sobol", width, dimension=1)
    ),
    "counter and Sobol 1": lambda width: (run("counter", width), run("sobol", width, dimension=1)),
}


def van_der_corput_and_sobol(width: int) -> tuple[Numbers, Numbers]:
    """Two even sequences that are not even together: one counts in binary, one in Gray code."""
    return run("van_der_corput", width), run("sobol", width, dimension=1)


def error(numbers: tuple[Numbers, Numbers], width: int) -> Fraction:
    return arithmetic.product_error(*numbers, width=width)


@pytest.mark.parametrize("width", [2, 3])
def test_product_error_is_that_of_the_streams(width):
    """Of all pairs of factors, by the gate and by hand."""
    numbers = NETS["counter and van der Corput"](width)
    top = 1 << width
    off = [
        abs(int(arithmetic.product(numbers[0] < a, numbers[1] < b).sum()) - Fraction(a * b, top))
        for a, b in pairs_of(range(top + 1), repeat=2)
    ]
    assert error(numbers, width) == max(off)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("pair", NETS)
def test_product_of_a_net_is_within_the_bound(pair, width):
    assert error(NETS[pair](width), width) <= arithmetic.product_error_bound(width)


@pytest.mark.parametrize("width", range(1, 13))
def test_the_bound_is_reached(width):
    """By a counter beside van der Corput; and it is below Niederreiter's bound of any net."""
    bound = arithmetic.product_error_bound(width)
    assert error(NETS["counter and van der Corput"](width), width) == bound
    assert bound <= Fraction(width, 2) + Fraction(3, 2)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_no_digital_net_is_worse(width):
    """All of them: the second number is a product of a lower and an upper triangular matrix.

    (The order of the points does not matter, so the first number may be van der Corput's. Then the
    points are a net if all leading minors of the matrix are one, and so it is such a product.)
    """
    top = 1 << width
    first = run("van_der_corput", width).astype(int)
    index = np.arange(top)[:, None] >> np.arange(width)[::-1] & 1  # digits, the highest first
    below = [*zip(*np.tril_indices(width, -1), strict=True)]
    bound = arithmetic.product_error_bound(width)
    worst = Fraction(0)
    for ones in pairs_of((0, 1), repeat=2 * len(below)):
        lower, upper = np.eye(width, dtype=int), np.eye(width, dtype=int)
        for (row, column), low, up in zip(
            below, ones[: len(below)], ones[len(below) :], strict=True
        ):
            lower[row, column], upper[column, row] = low, up
        digits = index @ (lower @ upper).T & 1
        second = (digits << np.arange(width)[::-1]).sum(axis=1)
        worst = max(worst, arithmetic.product_error(first, second, width=width))
    assert worst == bound


@pytest.mark.parametrize("width", WIDTHS)
def test_each_pair_of_numbers_once_is_exact(width):
    """A counter twice as wide, its halves one for each factor: ``4**width`` cycles, no error."""
    both = sequence("counter", width=2 * width, length=1 << 2 * width)
    numbers = both & (1 << width) - 1, both >> width
    assert error(numbers, width) == 0


def table() -> str:
    """Return the table of errors on the multiplier's page."""
    names = [*NETS, "LFSR and LFSR, best seed", "van der Corput and Sobol 1"]
    lines = [f"| `width` | bound | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for width in WIDTHS:
        errors = [
            arithmetic.product_error_bound(width),
            *(error(numbers(width), width) for numbers in NETS.values()),
            error_of_lfsrs(width),
            error(van_der_corput_and_sobol(width), width),
        ]
        lines.append(f"| {width} | {' | '.join(f'{float(ones):.3f}' for ones in errors)} |")
    return "\n".join(lines)


def test_the_page_shows_the_errors():
    assert table() in PAGE.read_text(encoding="utf-8"), f"{PAGE.name} should show\n{table()}"
