"""Explorations: in processes of this machine, and on a Dask cluster that loses a worker."""

import json
import os
import signal
import threading
import time

import pytest
from distributed import LocalCluster

import spikewright as spw
from spikewright.exploration import explore as module
from spikewright.exploration import workers
from spikewright.exploration.results import Refused, Results
from spikewright.exploration.workers import Processes

AXES = {"weight_bits": [2, 4], "epochs": [1]}


def explored(tmp_path, **more):
    """Explore the digits up to their accuracy, one epoch."""
    chosen = {"axes": AXES, "until": "accuracy", "workers": 1, "build": tmp_path} | more
    if chosen.get("scheduler"):
        del chosen["workers"]
    return spw.explore(spw.Exploration(**chosen))


def test_an_exploration_is_the_same_again_and_does_nothing_twice(tmp_path, monkeypatch, capfd):
    first = explored(tmp_path)
    assert [row["weight_bits"] for row in first.rows] == [2, 4]
    assert all(20 < row["accuracy"] < 100 for row in first.rows)
    stored = json.loads((tmp_path / "reports/explore-digits/report.json").read_text())
    assert stored["rows"] == list(first.rows)

    class Never(Processes):
        def submit(self, function, *arguments):
            raise AssertionError("this was done before")

    monkeypatch.setattr(module, "Processes", Never)
    assert explored(tmp_path).rows == first.rows
    assert "2 from before" in capfd.readouterr().err
    with pytest.raises(AssertionError, match="this was done before"):
        explored(tmp_path, axes=AXES | {"weight_bits": [2, 3]})


def test_a_result_that_was_altered_is_not_believed(tmp_path):
    results = Results(tmp_path)
    results.keep("references", {"network": 1}, {"score": 0.5})
    results.refuse("references", {"network": 2}, "no such thing")
    assert results.find("references", {"network": 1}) == {"score": 0.5}
    with pytest.raises(Refused, match="no such thing"):
        results.find("references", {"network": 2})
    assert results.find("references", {"network": 3}) is None
    for altered in ('{"key": {"network": 9}, "result": {"score": 1.0}}', "{", "[]", ""):
        for file in (tmp_path / "references").glob("*.json"):
            file.write_text(altered)
        assert results.find("references", {"network": 1}) is None


def test_the_score_is_of_the_held_out_part_by_the_integer_reference(tmp_path):
    found = explored(tmp_path, axes={"weight_bits": [4], "epochs": [1]}, seeds=(3,), fold=1)
    task = spw.validation(spw.load_task("digits"), fold=1)
    network = spw.train(
        task, spw.training_config(task, weight_bits=4, epochs=1), seed=3, build=tmp_path
    )
    run = spw.run_reference(network, spw.encode(task.x_test, network.coding))
    assert found.rows[0]["accuracy"] == pytest.approx(
        100 * (run.predictions == task.y_test).mean(), abs=1e-3
    )
    assert found.rows[0]["synops"] == pytest.approx(run.synops.mean(), abs=1e-3)


def test_a_point_that_cannot_be_says_why_and_the_others_are_done(tmp_path):
    found = explored(tmp_path, axes={"weight_bits": [4, 9], "epochs": [1]})
    assert [row["refused"] for row in found.rows] == [
        "", "weight_bits is 9; it must be a whole number from 2 to 8",
    ]
    with pytest.raises(spw.DataError, match=r"^weight_bits is 9; it must be a whole number"):
        explored(tmp_path, axes={"weight_bits": [9]})


@pytest.fixture
def killing(monkeypatch):
    """Return what lets processes be killed as often as said, when they are asked for a function."""
    asked = workers._Process.ask

    def when(name, *, times):
        left = [times]

        def ask(process, function, arguments):
            if function.__name__ == name and left[0]:
                left[0] -= 1
                threading.Timer(1.0, process._process.kill).start()
            return asked(process, function, arguments)

        monkeypatch.setattr(workers._Process, "ask", ask)
        return left

    return when


def test_what_a_killed_process_was_doing_is_done_by_another_one(tmp_path, killing):
    left = killing("trained", times=2)
    found = explored(tmp_path)
    assert left == [0]
    assert found.rows == explored(tmp_path / "again").rows


def test_what_ends_every_process_ends_the_exploration_and_what_was_done_is_kept(
    tmp_path, killing, monkeypatch
):
    monkeypatch.setattr(workers, "_AGAIN", 1)
    left = killing("trained", times=-1)
    with pytest.raises(spw.SpikewrightError) as caught:
        explored(tmp_path)
    assert left[0] < -2
    assert str(caught.value) == (
        "every worker that was given a point has ended; what was done is kept, so the same "
        "command goes on from there"
    )


@pytest.fixture
def cluster():
    """Return a Dask cluster of two workers on this machine, each a process of its own."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0",
    ) as made:
        yield made


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cluster_that_loses_a_worker_loses_no_result(tmp_path, cluster):
    axes = {"weight_bits": [2, 3, 4, 5], "epochs": [2]}
    lost = []

    def lose():
        """Kill a worker in the middle of a training, once another one is done."""
        with cluster.get_client() as client:
            while not list((tmp_path / "explore/networks").glob("*.spw")):
                time.sleep(0.05)
            busy = [worker for worker, keys in client.processing().items() if keys]
            lost.append(client.run(os.getpid, workers=busy[:1])[busy[0]])
            os.kill(lost[0], signal.SIGKILL)

    thread = threading.Thread(target=lose)
    thread.start()
    found = explored(tmp_path, axes=axes, scheduler=cluster.scheduler_address)
    thread.join()
    assert lost
    assert len(found.rows) == 4 and not any(row.get("refused") for row in found.rows)
    assert found.rows == explored(tmp_path / "here", axes=axes).rows


def test_a_scheduler_that_does_not_answer_is_told_at_once(tmp_path):
    with pytest.raises(spw.DataError) as caught:
        explored(tmp_path, scheduler="tcp://127.0.0.1:1")
    assert str(caught.value).startswith(
        "scheduler is 'tcp://127.0.0.1:1', where no Dask scheduler answers: "
    )
    assert str(caught.value).endswith(
        "start one by `dask scheduler`, and give the address that it prints"
    )


@pytest.mark.parametrize(("more", "sentence"), [
    ({"seeds": ()}, "seeds is empty; give at least one seed to train"),
    ({"until": "end"}, "until is 'end'; there are accuracy, cycles, bitstream"),
    ({"scheduler": "tcp://x:1", "workers": 2},
     "workers is 2, but scheduler names a cluster, which has its own; leave one of the two out"),
    ({"fold": 5}, "fold is 5; it must be a whole number from 0 to 4"),
])
def test_arguments_that_are_none_are_refused(more, sentence):
    with pytest.raises(ValueError) as caught:
        spw.Exploration(axes=AXES, **more)
    assert str(caught.value) == sentence
