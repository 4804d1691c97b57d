# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.source.lfsr import TAPS, Lfsr, load, step

from .simulation import Simulator


def power(columns: list[int], exponent: int) -> list[int]:
    """Raise a matrix over GF(2) to a power; column ``k`` is the image of bit ``k``."""

    def apply(matrix: list[int], vector: int) -> int:
        image = 0
        for k, column in enumerate(matrix):
            image ^= column if vector >> k & 1 else 0
        return image

    result = [1 << k for k in range(len(columns))]
    while exponent:
        if exponent & 1:
            result = [apply(columns, column) for column in result]
        columns = [apply(columns, column) for column in columns]
        exponent >>= 1
    return result


def prime_factors(number: int) -> set[int]:
    factors, factor = set(), 2
    while factor * factor <= number:
        if number % factor:
            factor += 1
        else:
            factors.add(factor)
            number //= factor
    return factors | ({number} if number > 1 else set())


@pytest.mark.parametrize("width", range(3, 33))
def test_the_period_is_maximal(width):
    """A step is linear, so its order is found without walking the orbit."""
    columns = [step(1 << k, width=width) for k in range(width)]
    identity = [1 << k for k in range(width)]
    period = (1 << width) - 1
    assert power(columns, period) == identity
    for factor in prime_factors(period):
        assert power(columns, period // factor) != identity, f"it divides {period // factor}"


@pytest.mark.parametrize("width", [3, 8, 11])
def test_every_state_but_zero_is_visited(width):
    state, seen = 1, set()
    while state not in seen:
        seen.add(state)
        state = step(state, width=width)
    assert seen == set(range(1, 1 << width))


def test_no_seed_is_illegal():
    assert [load(seed) for seed in (0, 1, 6, 7)] == [1, 1, 7, 7]


@pytest.mark.parametrize("width", sorted(TAPS))
def test_core_follows_reference(width, rng):
    init = rng.randrange(1, 1 << width)
    dut = Lfsr(width=width, init=init)

    async def testbench(ctx):
        state = init
        for _ in range(200):
            enable, reseed = rng.random() < 0.7, rng.random() < 0.1
            seed = rng.choice([0, rng.getrandbits(width)])
            ctx.set(dut.enable, enable)
            ctx.set(dut.reseed, reseed)
            ctx.set(dut.seed, seed)
            assert ctx.get(dut.state) == state
            await ctx.tick()
            if reseed:
                state = load(seed)
            elif enable:
                state = step(state, width=width)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize("width", [2, 33])
def test_width_out_of_range(width):
    with pytest.raises(ValueError, match=rf"^an LFSR is 3 to 32 bits wide, not {width}$"):
        Lfsr(width=width)


@pytest.mark.parametrize("init", [0, 256])
def test_init_out_of_range(init):
    message = rf"^the init of an LFSR of 8 bits lies in 1 to 255, not {init}$"
    with pytest.raises(ValueError, match=message):
        Lfsr(width=8, init=init)
