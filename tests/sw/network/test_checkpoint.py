"""A training that is interrupted goes on to the same network; and what stops one."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from spikewright.errors import DataError, TrainingError
from spikewright.network.phases import Progress
from spikewright.network.train import Trained, train
from spikewright.network.training_config import Phase, TrainingConfig, training_config
from spikewright.quantized import from_training

from .made_tasks import patterns, sums

HOUSE = Path(__file__).parents[3]
TASK = patterns()


def config(**given) -> TrainingConfig:
    made = training_config(TASK, hidden=(16,), epochs=4, bias=True, **given)
    return replace(made, batch=30, spike_cost=0.0, quantized=Phase(epochs=3, learning_rate=2e-3))


class Stop(Exception):
    pass


def stopped_at(count: int):
    """Return what ends a training after so many epochs."""
    told: list[Progress] = []

    def tell(at: Progress) -> None:
        told.append(at)
        if len(told) == count:
            raise Stop

    return tell


def digest(trained: Trained) -> bytes:
    return from_training(trained).network.digest()


@pytest.mark.parametrize(("asked", "patience"), [
    ({}, None),
    ({"neuron": "plif"}, 2),  # learns parameters of its own
    ({"learn_surrogate": True, "precision": "bf16"}, None),
])
def test_it_goes_on_to_the_same_network_wherever_it_stopped(tmp_path, asked, patience):
    given = replace(config(**asked), patience=patience)
    ran: list[Progress] = []
    whole = train(given, TASK, seed=3, progress=ran.append)
    reals = sum(at.phase == "float" for at in ran)
    for count in (1, reals, reals + 1, len(ran)):
        path = tmp_path / f"{count}.checkpoint"
        with pytest.raises(Stop):
            train(given, TASK, seed=3, checkpoint=path, progress=stopped_at(count))
        rest: list[Progress] = []
        again = train(given, TASK, seed=3, checkpoint=path, progress=rest.append)
        assert len(rest) == len(ran) - count
        assert digest(again) == digest(whole)
        assert again.accuracy_float == whole.accuracy_float
        assert again.compiled == whole.compiled


KILLED = """
import os, signal, sys
from tests.sw.network.test_checkpoint import TASK, config
from spikewright.network.train import Trained, train
from pathlib import Path

def tell(at):
    if (at.phase, at.epoch) == ("quantised", 1):
        os.kill(os.getpid(), signal.SIGKILL)

train(config(), TASK, seed=0, checkpoint=Path(sys.argv[1]), progress=tell)
"""


def test_it_goes_on_after_it_was_killed(tmp_path):
    path = tmp_path / "training.checkpoint"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=HOUSE, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL
    rest: list[Progress] = []
    again = train(config(), TASK, seed=0, checkpoint=path, progress=rest.append)
    assert [(at.phase, at.epoch) for at in rest] == [("quantised", 2), ("quantised", 3)]
    assert digest(again) == digest(train(config(), TASK, seed=0))


def test_the_log_has_every_epoch_also_after_an_interruption(tmp_path):
    path, log = tmp_path / "training.checkpoint", tmp_path / "training.csv"
    with pytest.raises(Stop):
        train(config(), TASK, seed=0, checkpoint=path, log=log, progress=stopped_at(3))
    told: list[Progress] = []
    train(config(), TASK, seed=0, checkpoint=path, log=log, progress=told.append)
    rows = [line.split(",") for line in log.read_text().splitlines()]
    assert rows[0] == [
        "phase", "epoch", "epochs", "loss", "learning_rate", "held_out", "seconds"
    ]
    assert [(row[0], row[1]) for row in rows[1:]] == [
        *(("float", str(n)) for n in (1, 2, 3, 4)), *(("quantised", str(n)) for n in (1, 2, 3))
    ]
    assert float(rows[-1][3]) == told[-1].loss and rows[-1][5] == ""
    rates = [float(row[4]) for row in rows[1:5]]
    assert rates == sorted(rates, reverse=True) and rates[-1] < 1e-9  # a cosine


def test_the_time_that_is_left_is_told():
    told: list[Progress] = []
    train(config(), TASK, seed=0, progress=told.append)
    assert all(at.left > 0 for at in told[:-1]) and told[-1].left == 0


@pytest.mark.parametrize(
    ("other", "seed", "said"),
    [
        ({}, 1, "seed is 0 there, and 1 here"),
        ({"readout": "count"}, 0, "model.readout is last there, and count here"),
        ({"loss": "tet"}, 0, "loss is outputs there, and tet here"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, other, seed, said):
    path = tmp_path / "training.checkpoint"
    with pytest.raises(Stop):
        train(config(), TASK, seed=0, checkpoint=path, progress=stopped_at(1))
    message = (
        f"{path} is a checkpoint of another training: {said}; go on with the same settings, name "
        "another file, or delete it"
    )
    with pytest.raises(TrainingError, match=f"^{re.escape(message)}$"):
        train(config(**other), TASK, seed=seed, checkpoint=path)


def test_a_checkpoint_of_other_samples_is_refused(tmp_path):
    path = tmp_path / "training.checkpoint"
    with pytest.raises(Stop):
        train(config(), TASK, seed=0, checkpoint=path, progress=stopped_at(1))
    other = replace(TASK, x_train=~TASK.x_train)
    with pytest.raises(TrainingError, match="its samples or targets are others"):
        train(config(), other, seed=0, checkpoint=path)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", "half", "other"])
def test_a_damaged_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "training.checkpoint"
    if content == "half":
        with pytest.raises(Stop):
            train(config(), TASK, seed=0, checkpoint=path, progress=stopped_at(1))
        content = path.read_bytes()[: path.stat().st_size // 2]
    if content == "other":
        torch.save({"weights": torch.zeros(3)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(TrainingError, match="is no checkpoint of a training, or it is damaged; de"):
        train(config(), TASK, seed=0, checkpoint=path)


def test_a_checkpoint_of_another_version_is_refused(tmp_path):
    path = tmp_path / "training.checkpoint"
    with pytest.raises(Stop):
        train(config(), TASK, seed=0, checkpoint=path, progress=stopped_at(1))
    found = torch.load(path, weights_only=True)
    torch.save({**found, "format": 9}, path)
    with pytest.raises(TrainingError, match="is a checkpoint of format 9, and this version reads"):
        train(config(), TASK, seed=0, checkpoint=path)
    found["about"]["spikewright"] = "0.0.1"
    torch.save(found, path)
    with pytest.raises(TrainingError, match=r"spikewright is 0\.0\.1 there, and "):
        train(config(), TASK, seed=0, checkpoint=path)


def test_a_training_stops_where_the_held_out_samples_are_met_no_better():
    given = replace(config(), patience=1, real=Phase(epochs=60, learning_rate=0.03))
    told: list[Progress] = []
    train(given, TASK, seed=0, progress=told.append)
    scores = [at.held_out or 0.0 for at in told if at.phase == "float"]
    assert 1 < len(scores) < 60 and all(0 <= score <= 1 for score in scores)
    assert scores[-1] <= max(scores[:-1]) and scores[-2] == max(scores)


def test_values_are_met_better_by_a_smaller_error():
    task = sums(each_step=False)
    given = replace(
        training_config(task, hidden=(16,), epochs=6), batch=30, spike_cost=0.0, patience=50
    )
    told: list[Progress] = []
    trained = train(given, task, seed=0, progress=told.append)
    scores = [at.held_out for at in told if at.phase == "quantised" and at.held_out is not None]
    assert scores and min(scores) < float(np.std(task.y_train))
    assert trained.error_integer is not None


@pytest.mark.parametrize(("rate", "phase"), [(1e30, "real"), (1e30, "quantized")])
def test_a_number_that_is_not_finite_ends_it_and_says_where(tmp_path, rate, phase):
    path = tmp_path / "training.checkpoint"
    given = config()
    given = replace(given, **{phase: Phase(epochs=3, learning_rate=rate)})
    words = "in real numbers" if phase == "real" else "on the grid"
    with pytest.raises(TrainingError) as caught:
        train(given, TASK, seed=0, checkpoint=path)
    assert re.fullmatch(
        rf"(the loss is (nan|inf)|a weight is no longer finite) in step \d+ of epoch 1 {words}: "
        r"the (weights|membranes|biases) of layer \d .*; take a lower learning rate"
        + ("" if phase == "real" else re.escape(f"; {path} has the epochs before")),
        str(caught.value),
    )
    assert path.exists() == (phase == "quantized")


def test_samples_that_are_no_numbers_are_refused_at_once():
    x = np.full((6, 4), np.nan)
    with pytest.raises(DataError, match="nan"):
        replace(TASK, kind="values", shape=(4,), low=0.0, high=1.0, x_train=x, x_test=x,
                y_train=np.arange(6) % 3, y_test=np.arange(6) % 3, classes=3)
