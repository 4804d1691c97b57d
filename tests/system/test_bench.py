"""The test bench itself: it must notice what it is there to notice."""

import pytest
from amaranth import signed
from amaranth.lib import data

from bench import Scoreboard
from bench.payload import pack, unpack

LAYOUT = data.StructLayout(
    {"weight": signed(4), "rows": data.ArrayLayout(3, 2), "last": 1}
)


@pytest.mark.parametrize("weight", [-8, -1, 0, 7])
def test_payloads_go_there_and_back(weight):
    value = {"weight": weight, "rows": [5, 2], "last": 1}
    bits = pack(LAYOUT, value)
    assert bits == weight & 15 | 5 << 4 | 2 << 7 | 1 << 10
    assert unpack(LAYOUT, bits) == value


@pytest.mark.parametrize(("shape", "value"), [(signed(8), -128), (8, 255), (1, 1), (0, 0)])
def test_plain_payloads_go_there_and_back(shape, value):
    assert unpack(shape, pack(shape, value)) == value


@pytest.mark.parametrize(("shape", "value"), [(8, 256), (8, -1), (signed(4), 8)])
def test_a_payload_that_does_not_fit(shape, value):
    with pytest.raises(ValueError, match=rf"^{value} does not fit into "):
        pack(shape, value)


def test_scoreboard_wants_the_same_in_the_same_order():
    scoreboard = Scoreboard("sum")
    for value in (1, 2, 3):
        scoreboard.expect(value)
    scoreboard.observe(1)
    with pytest.raises(AssertionError, match=r"^sum\[1\] is 3; the reference says 2"):
        scoreboard.observe(3)


def test_scoreboard_wants_nothing_more():
    with pytest.raises(AssertionError, match=r"^sum\[0\] is 3, but nothing was expected any more"):
        Scoreboard("sum").observe(3)


def test_scoreboard_wants_all_of_it():
    scoreboard = Scoreboard("sum")
    scoreboard.expect(4)
    with pytest.raises(AssertionError, match=r"^sum: 1 values did not come, first 4"):
        scoreboard.check()


def test_scoreboard_wants_anything_at_all():
    with pytest.raises(AssertionError, match=r"^sum: only 0 values were compared, not 1"):
        Scoreboard("sum").check()
