"""The report of an exploration: rows, and the points that no other one beats."""

import random

from spikewright.record.exploration import Explored, exploration_report, front


def by_hand(rows, higher):
    """Return the rows that no other beats, by the definition."""
    def beats(one, other):
        better = one[1] >= other[1] if higher else one[1] <= other[1]
        return one[0] <= other[0] and better and one != other

    return {
        number for number, row in enumerate(rows) if not any(beats(other, row) for other in rows)
    }


def test_the_front_is_what_no_other_point_beats():
    seed = random.SystemRandom().getrandbits(32)
    print("seed", seed)
    rng = random.Random(seed)
    for _ in range(300):
        pairs = [(rng.randrange(6), rng.randrange(6)) for _ in range(rng.randrange(9))]
        rows: list[dict] = [{"cost": None, "score": 9}]
        rows += [{"cost": cost, "score": score} for cost, score in pairs]
        for higher in (True, False):
            found = front(rows, "cost", "score", higher=higher)
            assert {number - 1 for number in found} == by_hand(pairs, higher)
            costs = [rows[one]["cost"] for one in found]
            assert costs == sorted(costs)


def report(explored, **more):
    facts = {
        "task": "digits", "name": "Digits 1", "held_out": 288, "classes": True, "seeds": (0, 1),
        "samples": 20, "command": "spikewright explore", "made": {},
    }
    return exploration_report(explored, **facts | more)


def reference(score):
    return {"score": score, "input_events": 28.0, "spikes": 20.0, "synops": 3900.0}


def test_a_row_has_the_spread_over_seeds_and_the_size():
    explored = [
        Explored(
            settings={"weight_bits": 4, "hidden": (64, 32)},
            references=[reference(0.9), reference(0.95)],
            simulations=[{"cycles_mean": 60.0, "cycles_max": 70},
                         {"cycles_mean": 62.0, "cycles_max": 75}],
            bitstream={"lut": 8000, "ff": 3000, "bram": 18, "dsp": 0, "fmax_mhz": 100.0},
        ),
        Explored(settings={"weight_bits": 9}, refused="weight_bits is 9; it must be 2 to 8"),
    ]
    made = report(explored)
    first, second = made.rows
    assert made.name == "explore-digits_1"
    assert first["accuracy"] == 92.5
    assert (first["accuracy_min"], first["accuracy_max"]) == (90.0, 95.0)
    assert (first["cycles_mean"], first["cycles_max"]) == (61.0, 75)
    assert first["latency_us"] == 0.61
    assert first["hidden"] == "64-32"
    assert first["front"] == "cycles_mean, lut, bram, latency_us, synops"
    assert second["accuracy"] is None and second["front"] == ""
    assert second["refused"] == "weight_bits is 9; it must be 2 to 8"
    assert "2 settings, 1 of them refused for the reason in their row. " in made.summary
    assert [picture.name for picture in made.sections[0].pictures] == [
        "front_cycles_mean", "front_lut", "front_bram", "front_latency_us", "front_synops",
    ]


def test_columns_that_nothing_is_in_are_left_out():
    made = report([Explored(settings={"share": 4}, references=[reference(0.9)])], seeds=(0,))
    assert list(made.rows[0]) == [
        "share", "accuracy", "input_events", "spikes", "synops", "front",
    ]


def test_a_lower_error_is_the_better_one():
    made = report([
        Explored(settings={"share": 2}, references=[reference(0.5)]),
        Explored(settings={"share": 4}, references=[reference(0.4)]),
    ], classes=False, seeds=(0,))
    assert [row["error"] for row in made.rows] == [0.5, 0.4]
    assert [row["front"] for row in made.rows] == ["", "synops"]
