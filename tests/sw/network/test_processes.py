"""Two processes train one network: what each does, what they end in, and what ends them."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from spikewright.errors import DataError
from spikewright.network.processes import ALONE, joined
from spikewright.network.train import train
from spikewright.network.training_config import Phase, TrainingConfig, training_config
from spikewright.quantized import read
from spikewright.task.validation import validation

from .made_tasks import patterns

HOUSE = Path(__file__).parents[3]
TASK = patterns()


def config(**given) -> TrainingConfig:
    made = training_config(TASK, hidden=(16,), epochs=6, bias=True, **given)
    return replace(made, batch=30, quantized=Phase(epochs=2, learning_rate=2e-3), l1=0.01)


#: What each of the two processes does, one after the other.
PROGRAM = """
import json, sys
from pathlib import Path
import torch
from spikewright import cli
from spikewright.network.processes import joined
from spikewright.network.train import train
from tests.sw.network.test_checkpoint import Stop, stopped_at
from tests.sw.network.test_processes import TASK, config

folder = Path(sys.argv[1])
with joined() as processes:
    number = processes.number
    found = {"count": processes.count, "share": processes.share(torch.arange(6)).tolist()}
    gradient = torch.full((2, 2), float(number))
    found["loss"] = processes.average(torch.tensor(3.0 * number), [gradient])
    found["gradient"] = gradient.tolist()
    found["first"] = processes.of_first(number + 7)
    found["text"] = processes.first_text("" if number == 0 else "here")
    whole = train(config(), TASK, seed=0, processes=processes)
    path = folder / "there.checkpoint"
    try:
        train(config(), TASK, seed=0, checkpoint=path, processes=processes, progress=stopped_at(7))
    except Stop:
        pass
    again = train(config(), TASK, seed=0, checkpoint=path, processes=processes)
    found["digest"] = whole.network.digest().hex()
    found["again"] = again.network.digest().hex()
    found["weights"] = [one.tolist() for one in whole.model.weights]
    found["score"] = whole.accuracy_integer
(folder / f"{number}.json").write_text(json.dumps(found))
line = ["train", "net.spw", "--data", "mine.npz", "--network", "8", "--epochs", "1", "--config",
        "batch.toml", "--log", "net.csv"]
assert cli.main(line) == 0
assert cli.main(["cores"]) == 1
line = ["train", "other.spw", *line[2:], "--seed", "1", "--checkpoint", "damaged.checkpoint"]
sys.exit(cli.main(line))
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("processes")
    x, y = np.random.default_rng(0).random((24, 4)), np.arange(24) % 3
    np.savez(folder / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    (folder / "batch.toml").write_text("[training]\nbatch = 8\n")
    (folder / "damaged.checkpoint").write_text("no checkpoint")
    (folder / "program.py").write_text(PROGRAM)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    process = subprocess.Popen(
        [*torchrun, "--nproc-per-node", "2", "program.py", str(folder)], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HOUSE), *sys.path])},
    )
    try:
        out, err = process.communicate(timeout=240)
    except BaseException:
        process.terminate()  # torchrun ends what it has started
        process.wait(60)
        raise
    return folder, subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture(scope="module")
def each(ended) -> list[dict]:
    folder, process = ended
    assert (folder / "1.json").exists(), process.stderr
    return [json.loads((folder / f"{number}.json").read_text()) for number in (0, 1)]


def test_each_has_its_share_and_all_the_mean(each):
    assert [one["share"] for one in each] == [[0, 1, 2], [3, 4, 5]]
    for one in each:
        assert one["count"] == 2 and one["loss"] == 1.5 and one["gradient"] == [[0.5, 0.5]] * 2
        assert one["first"] == 7 and one["text"] == "here"


def test_they_end_in_one_network_also_after_an_interruption(each):
    assert len({one[name] for one in each for name in ("digest", "again")}) == 1


def test_it_is_the_network_of_one_process_but_for_rounding(each):
    """Sums of a batch's halves are rounded otherwise; a wrong mean would be another network."""
    alone = train(config(), TASK, seed=0)
    for mine, other in zip(alone.model.weights, each[0]["weights"], strict=True):
        mine = mine.detach()
        assert float((mine - torch.tensor(other)).norm() / mine.norm()) < 1e-5
    assert alone.accuracy_integer is not None
    assert abs(alone.accuracy_integer - each[0]["score"]) <= 0.05


def test_the_first_one_writes_and_prints(ended, each):
    folder, process = ended
    assert read(folder / "net.spw").provenance.training["processes"] == 2
    assert process.stdout.count("net.spw: ") == 1
    assert process.stderr.count("Training, seed 0") == 1
    assert (folder / "net.csv").exists() and (folder / "net.spw.toml").exists()


def test_one_of_them_says_what_ends_them(ended, each):
    folder, process = ended
    said = re.findall(r"^spikewright: (?!interrupted).*", process.stderr, re.MULTILINE)
    assert said == [
        ("spikewright: 2 processes were started, and spikewright cores is one; what they can share "
         "is spikewright train"),
        ("spikewright: damaged.checkpoint is no checkpoint of a training, or it is damaged; delete "
         "it, or name another file"),
    ]
    assert process.returncode != 0 and not (folder / "other.spw").exists()
    assert "site-packages/spikewright" not in process.stderr


def test_alone_there_is_nothing_to_share(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with joined() as processes:
        assert processes is ALONE and processes.is_first and processes.says()
    batch = torch.arange(3)
    assert ALONE.share(batch) is batch and ALONE.of_first("here") == "here"


@pytest.mark.parametrize(("given", "message"), [
    (config(normalisation="batch"), (
        "normalisation='batch' goes by the mean of a whole batch, and 4 processes have a part of "
        "it each; leave it out, or train in one"
    )),
    *((replace(config(), batch=batch), (
        f"batch={batch} of 180 training samples is shared by 4 processes, and each has as many of "
        "them; take a multiple of 4 that is no more than there are, or another number of processes"
    )) for batch in (30, 200)),
])
def test_what_cannot_be_shared_is_refused(given, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        train(given, TASK, seed=0, processes=replace(ALONE, count=4))


def test_the_part_that_is_trained_on_is_what_is_shared():
    part = validation(TASK, fold=0, folds=10)
    assert len(part.x_train) < 164 < len(TASK.x_train)
    with pytest.raises(DataError, match=f"^batch=164 of {len(part.x_train)} training samples"):
        train(replace(config(), batch=164, patience=2), TASK, seed=0,
              processes=replace(ALONE, count=4))


def test_the_same_everywhere_is_that_of_one_process():
    given = training_config(TASK, hidden=(16,), same_everywhere=True)
    with pytest.raises(DataError, match=r"^same_everywhere=True does not go with 2 processes, "):
        train(given, TASK, seed=0, processes=replace(ALONE, count=2))
