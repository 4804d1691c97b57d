from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikewright.stochastic_models.sources import SOURCES, sequence, share
from spikewright_hw.stochastic.source import (
    counter,
    halton,
    lfsr,
    shared_source,
    sobol,
    van_der_corput,
)

LENGTH = 100


def lfsr_numbers(*, width: int, init: int) -> list[int]:
    states = [init]
    while len(states) < LENGTH:
        states.append(lfsr.step(states[-1], width=width))
    return states


@st.composite
def widths_and_firsts(draw, *, lowest: int, first: int = 0):
    width = draw(st.integers(lowest, 32))
    return {"width": width, "init": draw(st.integers(first, (1 << width) - 1))}


@given(widths_and_firsts(lowest=3, first=1))
def test_lfsr_is_the_reference(sizes):
    numbers = sequence("lfsr", length=LENGTH, **sizes)
    assert numbers.tolist() == lfsr_numbers(**sizes)


@pytest.mark.parametrize("reference", [counter, van_der_corput], ids=lambda module: module.__name__)
@given(sizes=widths_and_firsts(lowest=1))
def test_counters_are_the_references(reference, sizes):
    numbers = sequence(reference.__name__.rpartition(".")[2], length=LENGTH, **sizes)
    assert numbers.tolist() == [reference.number(n, **sizes) for n in range(LENGTH)]


@given(widths_and_firsts(lowest=3), st.integers(0, 15))
def test_sobol_is_the_reference(sizes, dimension):
    numbers = sequence("sobol", length=LENGTH, dimension=dimension, **sizes)
    expected = [sobol.number(n, dimension=dimension, **sizes) for n in range(LENGTH)]
    assert numbers.tolist() == expected


@given(widths_and_firsts(lowest=1), st.sampled_from(halton.BASES))
def test_halton_is_the_reference(sizes, base):
    numbers = sequence("halton", length=LENGTH, base=base, **sizes)
    expected = [halton.number(n, base=base, **sizes) for n in range(LENGTH)]
    assert numbers.tolist() == expected


@given(
    st.integers(2, 32).flatmap(
        lambda width: st.tuples(
            st.just(width),
            st.sampled_from(shared_source.WAYS),
            st.lists(st.integers(0, (1 << width) - 1), min_size=4, max_size=4),
        )
    )
)
def test_shares_are_the_reference(sharing):
    width, how, values = sharing
    sizes = {"width": width, "lanes": 2, "how": how}
    numbers = np.array(values, dtype=np.uint32).reshape(2, 2)
    shared = share(numbers, **sizes)
    assert shared.shape == (2, 2, 2)
    for row in range(2):
        for column in range(2):
            expected = shared_source.share(int(numbers[row, column]), **sizes)
            assert shared[row, :, column].tolist() == expected


@pytest.mark.parametrize("name", SOURCES)
def test_names_are_those_of_the_cores(name):
    numbers = sequence(name, width=6, length=3)
    assert numbers.dtype == np.uint32
    assert numbers[0] == SOURCES[name].limits.init
    assert sequence(name, width=6, length=0).shape == (0,)


@pytest.mark.parametrize("name", ["counter", "van_der_corput", "sobol"])
def test_two_whole_periods_hold_each_number_twice(name):
    numbers = sequence(name, width=16, length=1 << 17)
    assert (np.bincount(numbers, minlength=1 << 16) == 2).all()


def test_two_whole_periods_of_an_lfsr():
    numbers = sequence("lfsr", width=16, length=2 * 0xFFFF)
    assert (np.bincount(numbers)[1:] == 2).all()
    assert numbers.min() == 1


def test_two_whole_periods_of_halton():
    """There are 3**11 numbers of 16 bits in one, 2.7 times as many as there are different ones."""
    numbers = sequence("halton", width=16, length=2 * 3**11)
    assert (numbers[: 3**11] == numbers[3**11 :]).all()
    ones = np.searchsorted(np.sort(numbers), np.arange((1 << 16) + 1))  # numbers below a value
    missed = ones / len(numbers) * (1 << 16) - np.arange((1 << 16) + 1)
    assert abs(missed).max() < 1


def quality(lanes: np.ndarray, pairs: list[tuple[int, int]]) -> tuple[float, float]:
    """Return the mean error of the products of two lanes' streams, and their mean absolute SCC.

    The mean is that of all odd values of 8 bits, each with each. The SCC is that of A. Alaghi and
    J. P. Hayes, "Exploiting Correlation in Stochastic Circuit Design", 2013.
    """
    streams = (lanes[:, None, :] < np.arange(1, 256, 2)[:, None]).astype(float)  # lane, value, time
    errors, correlations = [], []
    for one, other in pairs:
        both = streams[one] @ streams[other].T / lanes.shape[-1]
        p = streams[one].mean(axis=-1)[:, None]
        q = streams[other].mean(axis=-1)
        excess = both - p * q
        highest, lowest = np.minimum(p, q), np.maximum(p + q - 1, 0)
        bound = np.where(excess > 0, highest - p * q, p * q - lowest)
        errors.append(abs(excess).mean())
        correlations.append(abs(excess / bound).mean())
    return float(np.mean(errors)), float(np.mean(correlations))


ALL = list(combinations(range(8), 2))
NEIGHBORS = [(lane, lane + 1) for lane in range(0, 8, 2)]


def test_what_sharing_costs():
    """From best to worst, at 8 bits and 8 lanes, over a period."""
    numbers = sequence("van_der_corput", width=8, length=256)
    apart = np.stack([sequence("sobol", width=8, length=256, dimension=d) for d in range(8)])
    by = {
        how: share(numbers, width=8, lanes=8, how=how, stride=2 if how == "reverse" else 1)
        for how in shared_source.WAYS
    }
    same = quality(np.stack([numbers] * 8), ALL)
    assert same[1] == pytest.approx(1)
    costs = [
        quality(apart, ALL),
        quality(by["reverse"], NEIGHBORS),
        quality(by["rotate"], ALL),
        quality(by["shift"], ALL),
        same,
    ]
    for better, worse in pairwise(costs):
        assert better[0] < worse[0]
        assert better[1] < worse[1]


@pytest.mark.parametrize("how", shared_source.WAYS)
def test_the_wiring_alone_sets_what_it_costs(how):
    """Over a period, any source of all numbers gives the same pairs, in its own order."""
    costs = {
        quality(
            share(sequence(name, width=8, length=256), width=8, lanes=4, how=how), [(0, 1), (2, 3)]
        )
        for name in ("counter", "van_der_corput", "sobol")
    }
    assert len(costs) == 1


def test_no_such_source():
    message = r"^a source is one of lfsr, counter, van_der_corput, sobol, halton, not 'dice'$"
    with pytest.raises(ValueError, match=message):
        sequence("dice", width=8, length=1)


def test_no_such_parameter():
    with pytest.raises(ValueError, match=r"^the source lfsr has no dimension$"):
        sequence("lfsr", width=8, length=1, dimension=3)


def test_no_negative_length():
    message = r"^the length of a sequence is at least 0, not -1$"
    with pytest.raises(ValueError, match=message):
        sequence("lfsr", width=8, length=-1)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("lfsr", {"init": 0}, "the init of an LFSR of 8 bits lies in 1 to 255, not 0"),
        ("counter", {"width": 33}, "a counter is 1 to 32 bits wide, not 33"),
        (
            "sobol",
            {"dimension": 16},
            "the dimension of a Sobol sequence lies in 0 to 15, not 16",
        ),
        ("halton", {"base": 4}, "the base of a Halton sequence is 2, 3, 5 or 7, not 4"),
    ],
)
def test_parameters_are_checked_as_the_cores_do(name, parameters, message):
    with pytest.raises(ValueError, match=rf"^{message}$"):
        sequence(name, **{"width": 8, "length": 1} | parameters)
