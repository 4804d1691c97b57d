"""State machines on arrays: equal to the cores' references, and as near to reals as stated."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spikewright.stochastic_models import machines, numbers
from spikewright.stochastic_models.sources import sequence
from spikewright_hw.stochastic.arithmetic import divider, relu, tanh

SHAPE = (3, 5, 120)
#: Streams, and their length, of which a mean is taken.
STREAMS, LENGTH = 200, 512

Step = Callable[..., tuple[int, int]]


@pytest.fixture
def rng() -> np.random.Generator:
    seed = int(np.random.default_rng().integers(1 << 32))
    print(f"seed {seed}")
    return np.random.default_rng(seed)


def drawn(rng: np.random.Generator) -> np.ndarray:
    """Draw streams of different biases, so that states reach both ends."""
    return rng.random(SHAPE) < rng.choice([0.0, 0.2, 0.5, 0.8, 1.0], (*SHAPE[:-1], 1))


def one_by_one(step: Step, start: int, *streams: np.ndarray, **parameters: int) -> np.ndarray:
    made = np.empty(SHAPE, bool)
    for at in np.ndindex(SHAPE[:-1]):
        state = start
        for t, bits in enumerate(zip(*(stream[at].tolist() for stream in streams), strict=True)):
            state, made[*at, t] = step(state, *map(int, bits), **parameters)
    return made


@pytest.mark.parametrize("states", [2, 6, 8, 20])
def test_tanh_equals_the_core(rng, states):
    bits = drawn(rng)
    expected = one_by_one(tanh.step, tanh.START, bits, states=states)
    np.testing.assert_array_equal(machines.tanh(bits, states=states), expected)


@pytest.mark.parametrize("states", [2, 3, 8, 20])
def test_relu_equals_the_core(rng, states):
    bits = drawn(rng)
    expected = one_by_one(relu.step, relu.START, bits, states=states)
    np.testing.assert_array_equal(machines.relu(bits, states=states), expected)


@pytest.mark.parametrize("depth", [1, 2, 8])
def test_quotient_equals_the_core(rng, depth):
    a, b, pick = drawn(rng), drawn(rng), rng.integers(depth, size=SHAPE)
    start = divider.start(depth=depth)
    expected = one_by_one(divider.step, start, a, b, pick, depth=depth)
    np.testing.assert_array_equal(machines.quotient(a, b, pick, depth=depth), expected)


def test_quotient_repeats_the_newest_bit_unless_told(rng):
    a, b = drawn(rng), drawn(rng)
    expected = machines.quotient(a, b, np.zeros(SHAPE, int), depth=4)
    np.testing.assert_array_equal(machines.quotient(a, b, depth=4), expected)


@pytest.mark.parametrize("machine", [machines.tanh, machines.relu, machines.quotient])
def test_no_stream_is_changed(rng, machine):
    bits = drawn(rng)
    before = bits.copy()
    machine(bits, bits) if machine is machines.quotient else machine(bits, states=8)
    np.testing.assert_array_equal(bits, before)


@pytest.mark.parametrize("states", [2, 8])
@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_values_in_the_long_run(rng, name, states):
    """The mean of independent streams is the stationary value, within what chance and start allow.

    That is five standard errors of the mean, and for the start states**2 / 8 bits of each run,
    which are twice that in value.
    """
    machine = {"tanh": machines.tanh, "relu": machines.relu}[name]
    value = {"tanh": machines.tanh_value, "relu": machines.relu_value}[name]
    for x in np.linspace(-0.75, 0.75, 7):
        bits = rng.random((STREAMS, LENGTH)) < (1 + x) / 2
        values = 2 * machine(bits, states=states).mean(axis=-1) - 1
        tolerance = 5 * values.std() / np.sqrt(STREAMS) + states**2 / 4 / LENGTH
        assert abs(values.mean() - value(x, states=states)) <= tolerance


def test_values_at_the_ends():
    np.testing.assert_array_equal(machines.tanh_value([-1, 0, 1], states=8), [-1, 0, 1])
    ends = machines.relu_value([-1, 0, 1], states=8)
    np.testing.assert_allclose(ends, [0, 1 / 15, 1], atol=1e-15)


@pytest.mark.parametrize("states", [2, 8, 32])
def test_relu_is_off_by_no_more_than_stated(states):
    x = np.linspace(-1, 1, 2001)
    error = machines.relu_value(x, states=states) - np.maximum(x, 0)
    assert error.min() >= -1e-12
    assert error.max() == pytest.approx(1 / (2 * states - 1))
    assert x[error.argmax()] == pytest.approx(0)


def test_quotient_error_halves_with_four_times_the_length(rng):
    """From one random source: the root mean square error over many streams, at each length."""
    numbers = rng.random((4 * STREAMS, LENGTH))
    made = machines.quotient(numbers < 0.3, numbers < 0.5)
    errors = [
        np.sqrt(np.mean((made[:, :n].mean(axis=-1) - 0.6) ** 2)) for n in (32, 128, 512)
    ]
    for longer, error in zip(errors[1:], errors[:-1], strict=True):
        assert 0.35 < longer / error < 0.7


def values_of(source: str, x: float, *, every: int = 1, width: int = 16) -> np.ndarray:
    """Return 4,096 bits of a bipolar value, of every so many numbers of a source."""
    numbers = sequence(source, width=width, length=4096 * every)[::every]
    return numbers < (1 + x) / 2 * (1 << width)


def test_evenly_spread_ones_make_a_sign_of_the_tanh():
    for x in (-0.5, -0.125, 0.125, 0.5):
        made = machines.tanh(values_of("van_der_corput", x, width=12), states=8)
        assert abs(2 * made.mean() - 1 - np.sign(x)) < 0.1


@pytest.mark.parametrize("source", ["van_der_corput", "sobol"])
def test_evenly_spread_ones_make_an_exact_relu(source):
    for x in np.linspace(-1, 1, 33):
        made = machines.relu(values_of(source, x, width=12), states=8)
        assert abs(2 * made.mean() - 1 - max(0, x)) <= 4 / 4096


def test_an_lfsr_that_shifts_once_a_bit_is_no_source_for_the_tanh():
    """Its numbers depend on those before; stepped 16 times a bit, they are as good as random."""

    def worst(every: int) -> float:
        values = np.linspace(-0.9, 0.9, 37)
        made = [machines.tanh(values_of("lfsr", x, every=every), states=8) for x in values]
        return max(abs(2 * np.mean(made, axis=-1) - 1 - machines.tanh_value(values, states=8)))

    assert worst(1) > 0.25
    assert worst(16) < 0.1


def test_depth_mends_a_source_whose_numbers_depend_on_those_before():
    """0.3 / 0.5 of an LFSR, at 4,096 bits; what is picked comes from another one."""

    def error(depth: int) -> float:
        picks = sequence("lfsr", width=11, length=4096).astype(np.int64) % depth
        numbers = sequence("lfsr", width=16, length=4096) / (1 << 16)
        return abs(machines.quotient(numbers < 0.3, numbers < 0.5, picks, depth=depth).mean() - 0.6)

    assert error(1) > 0.2
    assert error(16) < 0.05


def test_the_table_of_the_divider_with_evenly_spread_numbers():
    """Longer streams do not help a divider of depth 1; its page says which depth they do."""
    width = 14
    pairs = [(c * b, b) for b in np.linspace(0.1, 0.9, 9) for c in (0.1, 0.3, 0.5, 0.7, 0.9)]
    a, b = np.round(np.array(pairs).T * 2**width).astype(int)
    page = Path(__file__).parents[3] / "docs" / "cores" / "divider.md"
    for length in (256, 1024, 4096):
        first = sequence("sobol", width=width, length=length)
        third = sequence("sobol", width=width, length=length, dimension=3)
        one, other = (numbers.unipolar(values, first) for values in (a, b))
        errors = []
        for bits in (0, 2, 4):
            pick = (third >> (width - bits)).astype(int) if bits else np.zeros(length, int)
            quotient = machines.quotient(one, other, pick, depth=1 << bits).mean(-1)
            errors.append(float(np.sqrt(np.mean((quotient - a / b) ** 2))))
        row = " | ".join(f"{error:.3f}" for error in errors)
        assert f"| {length:,} | {row} |" in page.read_text()
