"""Cart and pole: the plant, the controller it learns from, the loop, and the benchmark."""

import re
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from spikewright.control import cart_pole, episodes
from spikewright.control.benchmark import (
    CartPoleBenchmark,
    cart_pole_network,
)
from spikewright.control.cart_pole import CartPole, cart_pole_start
from spikewright.control.episodes import balanced, balanced_on_board, reference_policy
from spikewright.control.teacher import pushes_right, seen, taught
from spikewright.errors import DataError
from spikewright.gateware.board import board_named
from spikewright.network.reference import run
from spikewright.quantized.spw import read
from spikewright.record.benchmark import run_benchmark
from spikewright.record.check import report_faults


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return tmp_path_factory.mktemp("build")


def test_a_trajectory_is_that_of_gymnasium():
    # gymnasium 1.4.0, CartPole-v1, seed 42, pushes drawn by default_rng(42).integers(2): the states
    # after 1, 10 and 20 steps. The pole falls in step 30.
    official = {
        0: [0.02727336173510044, -0.20172953659005544, 0.03625452804925697, 0.3235147515107554],
        9: [0.013945448356024088, -0.4027096845321997, 0.06887944676751451, 0.74667858840841],
        19: [0.0922590819503607, 0.7570710719571725, 0.002995984963737021, -0.7694209398666574],
    }
    plant, state, random = CartPole(), cart_pole_start(42), np.random.default_rng(42)
    for step in range(30):
        assert not plant.fallen(state)
        state = plant.after(state, random.integers(2) == 1)
        if step in official:
            assert np.abs(state - official[step]).max() < 1e-12
    assert plant.fallen(state)


def test_steps_of_a_millisecond_are_of_the_same_plant():
    fine, coarse, right = CartPole(1), CartPole(20), np.array(True)
    start = cart_pole_start(3)
    state = start
    for _ in range(20):
        state = fine.after(state, right)
    assert (fine.steps, coarse.steps) == (10_000, 500)
    assert 0 < np.abs(state - coarse.after(start, right)).max() < 0.03


def test_a_plant_has_two_sides():
    state = cart_pole_start(5)
    mirrored = CartPole().after(-state, np.array(False))
    assert np.array_equal(-mirrored, CartPole().after(state, np.array(True)))
    assert pushes_right(np.array([0, 0, 0.1, 0])) and not pushes_right(np.array([0, 0, -0.1, 0]))


def test_a_state_of_another_shape_is_refused():
    message = re.escape("states has the shape [2]; the last axis must be the 4 parts of a state: ")
    with pytest.raises(ValueError, match=f"^{message}"):
        CartPole().after(np.zeros(2), np.array(True))


def test_an_episode_ends_with_its_fall():
    found = balanced(lambda states: np.ones(len(states), bool), CartPole(), (0, 1))
    states = cart_pole_start(1)
    count = 0
    while not CartPole().fallen(states):
        states, count = CartPole().after(states, np.array(True)), count + 1
    assert found.rewards[1] == count < 20
    assert balanced(pushes_right, CartPole(), (0,)).rewards == (500,)


def test_what_is_seen_is_within_its_range():
    task = taught(seed=0, episodes=5, steps=3)
    assert (len(task.x_train), len(task.x_test)) == (12, 3)
    assert np.array_equal(seen(np.array([9.0, -9, 0, 1.5])), [1, -1, 0, 0.5])


def board_that(answer):
    """Return what opens a virtual board that answers by a function of the spikes."""

    @contextmanager
    def opened(network, **_):
        yield SimpleNamespace(
            infer=lambda spikes: answer(network.network, spikes),
            hello=lambda: SimpleNamespace(clock_hz=1e6, kind=SimpleNamespace(name="VIRTUAL")),
        )

    return opened


def right_answer(network, spikes):
    found = run(network, spikes[None])
    return SimpleNamespace(
        prediction=int(found.predictions[0]), outputs=tuple(map(int, found.outputs[0])), cycles=9
    )


def wrong_answer(network, spikes):
    answer = right_answer(network, spikes)
    return SimpleNamespace(prediction=1 - answer.prediction, outputs=answer.outputs, cycles=9)


def test_a_network_balances_and_a_board_is_held_to_it(build, monkeypatch):
    monkeypatch.setattr(cart_pole, "_EPISODE_MS", 2000)
    network, plant = cart_pole_network(build=build), CartPole()
    expected = balanced(reference_policy(network), plant, (0,))
    assert expected.rewards == (100,)  # by drawn pushes, about 20
    board = board_named("ulx3s-85f")
    monkeypatch.setattr(episodes, "open_board", board_that(right_answer))
    found = balanced_on_board(network, (plant,), seed=0, board=board)
    (episode,) = found.episodes
    assert episode.rewards == expected.rewards and np.array_equal(episode.states, expected.states)
    assert np.array_equal(episode.pushes, expected.pushes) and len(episode.pushes) == 100
    assert found.virtual and len(found.cycles) == len(found.spikes) == 100
    monkeypatch.setattr(episodes, "open_board", board_that(wrong_answer))
    with pytest.raises(DataError, match=r"^decision 0 of the board is \[[01], .*; please report "):
        balanced_on_board(network, (plant,), seed=0, board=board)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps_ms": (0,)}, "steps_ms[0] is 0; it must be a whole number from 1 to 20"),
        ({"steps_ms": ()}, "steps_ms is []; name each length once, and at least one"),
        ({"steps_ms": (5, 5)}, "steps_ms is [5, 5]; name each length once, and at least one"),
        ({"episodes": 0}, "episodes is 0; it must be a whole number from 1 to 1000"),
        ({"board": "ulx3s-85f"},
         "board is 'ulx3s-85f', a real one; give its port, too, or take 'virtual'"),
        ({"port": "/dev/x"},
         ("port is '/dev/x', and board is 'virtual', which has none; name the real board, or "
          "leave the port out")),
    ],
)
def test_a_benchmark_that_is_none_is_refused(given, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        CartPoleBenchmark(**given)


def test_an_unknown_board_is_refused():
    with pytest.raises(ValueError, match="nobody"):
        CartPoleBenchmark(board="nobody", port="/dev/x")


def test_the_report_is_sound_and_the_page_gets_its_tables(build, tmp_path, monkeypatch):
    monkeypatch.setattr(cart_pole, "_EPISODE_MS", 2000)
    benchmark = CartPoleBenchmark(steps_ms=(20,), episodes=2, board="none")
    with pytest.raises(DataError, match=r"^there is no page .*cart_pole\.md; run this in the "):
        run_benchmark(benchmark, directory=tmp_path, pages=True, root=tmp_path, build=build)
    page = tmp_path / "docs" / "cart_pole.md"
    page.parent.mkdir()
    page.write_text("".join(
        f"<!-- generated: {name} -->\n<!-- end -->\n" for name in ("said", "rewards", "figures")
    ))
    report = run_benchmark(
        benchmark, directory=tmp_path, pages=True, root=tmp_path, build=build
    )
    assert report_faults(tmp_path) == []
    assert report["reward_20ms"].value == np.mean(report.rows[0]["rewards"])
    assert report.rows[-1]["reward"] < 90 < report.rows[0]["reward"]
    kept = read(tmp_path / "controller.spw").network
    assert kept.digest().hex() == report.made["network"]
    assert "No board was asked." in " ".join(page.read_text().split())
    monkeypatch.setattr(episodes, "open_board", board_that(right_answer))
    asked = run_benchmark(
        CartPoleBenchmark(steps_ms=(20,), episodes=1), directory=tmp_path, build=build
    )
    assert report_faults(tmp_path) == []
    assert [row["controller"] for row in asked.rows][1] == "spiking, virtual board"
    assert (asked["cycles_mean"].value, asked["decision_us"].value) == (9, 9)
    assert asked["effective_macs"].value == 0 < asked["effective_acs"].value
