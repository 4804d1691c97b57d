"""The dead zone: against every current of small formats, by hand, and what it is lost in."""

import re
from fractions import Fraction
from typing import Any

import pytest

from spikewright_hw.definition import dead_zone as module
from spikewright_hw.definition import integers
from spikewright_hw.definition.dead_zone import DeadZone, dead_zone
from spikewright_hw.definition.definition import Definition, Parameter, State, neuron
from spikewright_hw.definition.expression import where
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format


@neuron(keep=Parameter(0.9375, ""), rest=Parameter(0.0, ""))
def leaky(s, i, p):
    """Tend to the current and the rest."""
    v = p.keep * s.v + (1 - p.keep) * (i + p.rest)
    return {"v": where(v > 1, 0, v), "spike": v > 1}


@neuron(x=State(guard=2), keep=Parameter(0.75, ""))
def cascade(s, i, p):
    """A membrane that sees the current through a state."""
    return {"x": p.keep * s.x + 0.25 * i, "v": 0.5 * s.v + 0.25 * s.x}


@neuron(v=State(start=0.5))
def clock(s, i, p):
    """Count in quarters, and begin anew; a current makes it count faster."""
    v = s.v + 0.25 + 0.125 * i
    return {"v": where(v >= 2, 0, v), "spike": v >= 2}


@neuron()
def window(s, i, p):
    """Take no currents but those in a window, so that it is not monotone."""
    return {"v": 0.5 * s.v + where(((i > 1) & (i < 2)) | ((i <= -1.5) & (i > -2)), i, 0)}


@neuron()
def deaf(s, i, p):
    """Take no current at all."""
    return {"v": 0.5 * s.v + where(i > 200, 1, 0)}


@neuron(jump=Parameter(0.5, ""))
def adapting(s, i, p):
    """Follow the current, and remember its own spikes."""
    v = 0.5 * s.v + i
    w = 0.5 * s.w + 0.125 * where(v > 1, p.jump, 0)
    return {"v": where(v > 1, 0, v), "w": w, "spike": v > 1}


@neuron()
def lagging(s, i, p):
    """Follow the current at once, and slowly."""
    return {"v": 0.5 * s.v + i, "w": s.w + (i - s.w) / 512}


def of(definition: Definition, form: Format, *, rounding: Any = "half_up", **given: float):
    return FixedNeuron.of(definition, Arithmetic(format=form, rounding=rounding), given)


def moving(fixed: FixedNeuron, *, state: str = "v", steps: int = 150) -> list[int]:
    """Return the currents that move a state, of all that there are.

    Each is run long enough beside a neuron without current, from where that one repeats itself.
    """
    still = [integers.start(fixed)]
    for _ in range(2 * steps):
        still.append(integers.step(fixed, still[-1], {"i": 0})[0])
    found = []
    for current in range(fixed.format.min, fixed.format.max + 1):
        driven = still[steps]
        for beside in still[steps + 1 :]:
            driven, _ = integers.step(fixed, driven, {"i": current})
            if driven[state] != beside[state]:
                found.append(current)
                break
    return found


@pytest.mark.parametrize("rounding", ["half_up", "floor"])
@pytest.mark.parametrize("form", [Format(3, 3), Format(4, 1)])
@pytest.mark.parametrize(
    ("definition", "state"),
    [(leaky, "v"), (cascade, "v"), (cascade, "x"), (clock, "v"), (window, "v"), (deaf, "v"),
     (adapting, "w")],
    ids=lambda one: one if isinstance(one, str) else one.name,
)
def test_against_every_current(definition, state, form, rounding):
    fixed = of(definition, form, rounding=rounding)
    zone = dead_zone(fixed, state=state)
    found = moving(fixed, state=state)
    assert zone.up == min((one for one in found if one > 0), default=None)
    assert zone.down == max((one for one in found if one < 0), default=None)


def test_of_a_leaky_membrane_by_hand():
    # A sixteenth of the current arrives: 7 steps give less than half a step, 8 give half of one,
    # which is rounded up; -8 is not rounded down, -9 is.
    assert dead_zone(of(leaky, Format(8, 8))) == DeadZone(
        state="v", rest={"v": 0}, up=8, down=-9, lost=-8, lost_in="v", share=Fraction(-1, 2)
    )


def test_what_is_lost_by_rounding_down():
    # All that is below zero counts as a step, and nothing above it but a whole one.
    assert dead_zone(of(leaky, Format(8, 8), rounding="floor")) == DeadZone(
        state="v", rest={"v": 0}, up=16, down=-1, lost=15, lost_in="v", share=Fraction(15, 16)
    )


def test_nothing_is_lost_of_a_current_that_counts_in_full():
    zone = dead_zone(of(leaky, Format(8, 8), keep=0.0))
    assert zone == DeadZone(
        state="v", rest={"v": 0}, up=1, down=-1, lost=0, lost_in="", share=Fraction(0)
    )


def test_it_is_lost_where_it_is_rounded_away_at_last():
    # x has two more bits, so a current of 1 is 1 step of x in the end; of that v gets a quarter of
    # a quarter of its step.
    zone = dead_zone(of(cascade, Format(6, 4)))
    assert zone.lost_in == "v"
    fixed = of(cascade, Format(6, 4))
    states = {"x": 0, "v": 0}
    for _ in range(100):
        states, _ = integers.step(fixed, states, {"i": zone.lost})
    assert states["x"] != 0
    assert zone.share == Fraction(states["x"], 16)


def test_it_is_lost_before_it_comes_to_the_membrane():
    # At keep = 255/256 x would have to move by less than its step.
    @neuron(keep=Parameter(255 / 256, ""))
    def slow(s, i, p):
        return {"x": p.keep * s.x + (1 - p.keep) * i, "v": s.x}

    zone = dead_zone(of(slow, Format(8, 4)))
    assert (zone.up, zone.lost, zone.lost_in) == (128, -128, "x")
    assert zone.share == Fraction(-1, 2)


def test_it_is_lost_in_nothing_if_what_it_moves_is_not_heard():
    @neuron()
    def flat(s, i, p):
        return {"x": i, "v": 0.5 * s.v + where(s.x > 3, s.x, 0)}

    zone = dead_zone(of(flat, Format(4, 1)))
    assert (zone.up, zone.down, zone.lost, zone.lost_in) == (7, None, -16, "")


def test_the_first_of_a_window_is_found():
    zone = dead_zone(of(window, Format(4, 4)))
    assert (zone.up, zone.down, zone.lost, zone.lost_in) == (17, -24, -23, "")


def test_a_neuron_that_runs_by_itself():
    fixed = of(clock, Format(4, 4))
    zone = dead_zone(fixed)
    assert zone.rest == {"v": 8}
    assert zone.up == 4  # of which half a step arrives, and is rounded up


def test_it_may_stall_on_its_way_to_rest():
    assert dead_zone(of(leaky, Format(8, 8), rest=-0.5)).rest == {"v": -120}


def test_another_state_may_be_dead_where_the_membrane_is_not():
    # A 512th of the current arrives at w: 256 steps give half of one.
    fixed = of(lagging, Format(8, 8))
    assert (dead_zone(fixed).up, dead_zone(fixed).down) == (1, -1)
    assert dead_zone(fixed, state="w") == DeadZone(
        state="w", rest={"v": 0, "w": 0}, up=256, down=-257, lost=-256, lost_in="w",
        share=Fraction(-1, 2),
    )


def test_what_spikes_would_add_is_lost_in_the_state_that_they_do_not_move():
    # Two steps, of which an eighth arrives.
    zone = dead_zone(of(adapting, Format(8, 8), jump=2 / 256), state="w")
    assert (zone.up, zone.down) == (None, None)
    assert (zone.lost_in, zone.share) == ("w", Fraction(1, 4))


def test_a_state_that_only_spikes_move_loses_nothing():
    zone = dead_zone(of(adapting, Format(8, 8)), state="w")
    assert (zone.up, zone.down, zone.lost_in) == (129, None, "")


def test_a_state_that_is_not_there():
    with pytest.raises(ValueError, match=r"^adapting has no state u; it has v, w$"):
        dead_zone(of(adapting, Format(8, 8)), state="u")


@pytest.mark.parametrize("source", ["inh", "v"])
def test_an_input_that_is_not_there(source):
    message = f"leaky has no input {source}; it has i"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        dead_zone(of(leaky, Format(8, 8)), source=source)


def test_a_neuron_that_settles_too_slowly(monkeypatch):
    monkeypatch.setattr(module, "_SETTLING", 3)
    message = "clock neither comes to rest nor repeats itself in 3 steps without input"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        dead_zone(of(clock, Format(8, 8)))
