"""Primate reaching: files in the benchmark's form, made recordings, and what is reported."""

import hashlib
import re
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import h5py
import numpy as np
import pytest
from rich.console import Console

from spikewright.device.simulation import simulate
from spikewright.errors import DataError
from spikewright.job import board_figures
from spikewright.quantized.spw import read
from spikewright.reaching import benchmark as benchmarks
from spikewright.reaching import recording as recordings
from spikewright.reaching.benchmark import PrimateReachingBenchmark
from spikewright.reaching.decoder import decoded, decoder_task, heard_before
from spikewright.reaching.page import BLOCKS, PAGE
from spikewright.reaching.recording import read_recording
from spikewright.reaching.synthetic import kalman_decoded, synthetic_recording
from spikewright.record.benchmark import run_benchmark
from spikewright.record.check import report_faults
from spikewright.task.metrics import explained_each

HOUSE = Path(__file__).resolve().parents[3]
NAME = "indy_20160622_01"
#: 8 samples; the target jumps after the third and the sixth.
TIMES = 10 + 0.004 * np.arange(8)
CURSOR = np.array([[0.0, 1, 4, 9, 16, 25, 36, 49], [5.0, 5, 5, 4, 2, 0, 0, 0]])
TARGETS = np.array([[1.0, 1, 1, 2, 2, 2, 2, 2], [0.0, 0, 0, 0, 0, 0, 7, 7]])


def mat(path: Path, *, channels: int = 96, **other) -> None:
    """Write a file in the form of MATLAB's version 7.3, as the recordings have it.

    Channel 0 has two units: spikes in the bin from sample 1 on, two of them; and one from 4 on.
    Channel 1 spikes before and after the samples; all others never, as MATLAB writes that.
    """
    arrays = {"t": TIMES[None], "cursor_pos": CURSOR, "target_pos": TARGETS} | other
    trains = {(0, 0): [10.0045, 10.0071], (1, 0): [10.0175], (0, 1): [9.9, 10.2]}
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            if array is not None:
                file[name] = array
        cells = np.empty((2, channels), h5py.ref_dtype)
        for at in np.ndindex(2, channels):
            if at in trains:
                one = file.create_dataset(f"#refs#/{at[0]}_{at[1]}", data=[trains[at]])
            else:
                one = file.create_dataset(f"#refs#/{at[0]}_{at[1]}", data=np.zeros(2, np.uint64))
                one.attrs["MATLAB_empty"] = 1
            cells[at] = one.ref
        file["spikes"] = cells


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Write such a file; take it for the benchmark's; return its path."""

    def write(**other) -> Path:
        path = tmp_path / "primate_reaching" / f"{NAME}.mat"
        path.parent.mkdir(exist_ok=True)
        mat(path, **other)
        found = hashlib.md5(path.read_bytes()).hexdigest()
        monkeypatch.setitem(recordings.RECORDINGS, NAME, found)
        return path

    return write


def test_a_file_is_read_as_the_benchmark_does(taken, tmp_path):
    taken()
    found = read_recording(NAME, folder=tmp_path)
    assert found.spikes.shape == (8, 96) and found.spikes.sum() == 2
    # Neurobench 2.3.0 on this file: sample i has the spikes of the bin that ends one before it.
    assert found.spikes[3, 0] and found.spikes[6, 0]
    assert found.velocity[:, 0].tolist() == [1, 2, 4, 6, 8, 10, 12, 13]
    assert found.velocity[:, 1].tolist() == [0, 0, -0.5, -1.5, -2, -1, 0, 0]
    assert found.reaches.tolist() == [[0, 2], [2, 5], [5, 8]]
    train, held, test = found.parts(0.4)
    assert (train.tolist(), held.tolist(), test.tolist()) == ([0, 1], [2, 3, 4], [5, 6, 7])


def test_the_official_loader_reads_the_same(taken, tmp_path):
    from neurobench.datasets import PrimateReaching

    path = taken()
    official = PrimateReaching(
        file_path=str(path.parent), filename=NAME, num_steps=1, train_ratio=0.4, bin_width=0.004,
        download=False,
    )
    found = read_recording(NAME, folder=tmp_path)
    assert np.array_equal(official.samples.numpy()[:, :8].T > 0, found.spikes)
    assert np.allclose(official.labels.numpy().T, found.velocity)
    for own, its in zip(
        found.parts(0.4), (official.ind_train, official.ind_val, official.ind_test), strict=True
    ):
        assert own.tolist() == list(its)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"spikes": None, "t": None}, "{path} lacks t; fetch it again"),
        ({"channels": 4}, "{path} has 4 channels; indy_20160622_01 has 96"),
        ({"cursor_pos": CURSOR[:, 1:]},
         ("cursor_pos of {path} is of shape [2, 7]; it must be [2, 8], as t has so many times")),
        ({"t": 2 * TIMES[None]}, "t of {path} must be times that are 4 ms apart"),
        ({"cursor_pos": CURSOR * np.nan},
         "cursor_pos or target_pos of {path} holds what is no number"),
    ],
)
def test_a_malformed_file_is_told(taken, tmp_path, other, message):
    path = taken(**{name: one for name, one in other.items() if name != "spikes"})
    with pytest.raises(DataError, match=f"^{re.escape(message.format(path=path))}$"):
        read_recording(NAME, folder=tmp_path)


def test_another_file_or_none_is_told(taken, tmp_path, monkeypatch):
    path = taken()
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(DataError, match=rf"^{re.escape(str(path))} has the MD5 \w{{32}}, and the "
                       r"benchmark's file has \w{32}, so it was altered or only partly fetched"):
        read_recording(NAME, folder=tmp_path)
    path.write_bytes(b"no HDF5")
    monkeypatch.setitem(recordings.RECORDINGS, NAME, hashlib.md5(b"no HDF5").hexdigest())
    with pytest.raises(DataError, match=rf"^{re.escape(str(path))} cannot be read: "):
        read_recording(NAME, folder=tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=rf"^The recording {NAME} is neither in .*; its files are "
                       rf"{NAME}\.mat; get them from https://zenodo"):
        read_recording(NAME, folder=tmp_path)
    with pytest.raises(ValueError, match=r"^name is 'indy'; there are indy_20160622_01, indy_2016"):
        read_recording("indy")


def test_windows_end_with_their_bin():
    spikes = np.arange(5)[:, None] == np.arange(5)
    found = heard_before(spikes, np.array([0, 4]), length=3)
    assert found.shape == (2, 3, 5)
    assert found[0].sum() == 1 and found[0, 2, 0]
    assert np.array_equal(found[1], spikes[2:])


def squares(found, truth):
    """Return the mean squared error, which is that share of a velocity's variance, 1."""
    return float(np.square(found - truth).mean())


def test_the_best_linear_decoder_is_what_its_equation_says():
    bins, found, fitted = np.arange(500, 20_000), [], []
    half = len(bins) // 2
    for seed in range(3):
        made = synthetic_recording(seed, bins=20_000, channels=24)
        truth = made.recording.velocity[bins]
        found.append(squares(kalman_decoded(made, bins), truth) / (1 - made.best_linear(500)))
        # Least squares on the last 8 bins, which knows nothing of how the recording was made.
        heard = heard_before(made.recording.spikes, bins, length=8).reshape(len(bins), -1)
        heard = np.column_stack([heard, np.ones(len(bins))])
        weights = np.linalg.lstsq(heard[:half], truth[:half], rcond=None)[0]
        error = squares(heard[half:] @ weights, truth[half:])
        fitted.append(error / (1 - made.best_linear(8)))
    print("errors by those of the equation:", found, fitted)
    assert np.mean(found) == pytest.approx(1, abs=0.07)
    assert np.mean(fitted) == pytest.approx(1, abs=0.07)
    made = synthetic_recording(0, bins=1000)
    assert made.best_linear(1) < made.best_linear(8) < made.best_linear(32) < 1


def test_a_recording_of_too_few_reaches_is_told():
    made = synthetic_recording(0, bins=1000).recording
    with pytest.raises(DataError, match=r"^synthetic-0 has 4 reaches, too few for a training part"):
        made.parts(0.9)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"train_share": 1.0}, "train_share is 1; it must lie between 0 and 1"),
        ({"recordings": ("indy_20160622_01",) * 2},
         ("recordings is ['indy_20160622_01', 'indy_20160622_01']; name each once, and at least "
          "one")),
        ({"recordings": ()}, "recordings is []; name each once, and at least one"),
        ({"synthetic": True, "folder": "data"},
         "synthetic is True, and recordings or folder name files; leave one of the two out"),
        ({"seeds": (1, 1)}, "seeds is [1, 1]; name each once, and at least one"),
    ],
)
def test_a_benchmark_that_is_none_is_refused(given, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        PrimateReachingBenchmark(**given)


def test_an_unknown_recording_is_refused():
    with pytest.raises(ValueError, match=r"^recordings\[0\] is 'monkey'; there are indy_2016062"):
        PrimateReachingBenchmark(recordings=("monkey",))


@contextmanager
def simulated(network, *, board, design, build):
    """Open a board that is simulated in this process."""
    yield Simulated(network, board, design)


class Simulated:
    def __init__(self, network, board, design):
        self.asked = network, board, design

    def infer_all(self, inputs):
        network, board, design = self.asked
        return simulate(network, inputs, board=board, design=design)


def test_the_report_is_sound_and_the_page_gets_its_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(board_figures, "open_board", simulated)
    monkeypatch.setattr(
        benchmarks, "synthetic_recording", lambda seed: synthetic_recording(seed, bins=2000)
    )
    asked = PrimateReachingBenchmark(synthetic=True, seeds=(3,), epochs=1, on_board=1)
    with pytest.raises(DataError, match=r"^there is no page .*primate_reaching\.md; run this in"):
        run_benchmark(asked, pages=True, root=tmp_path)
    page = tmp_path / PAGE
    page.parent.mkdir()
    page.write_text("<!-- generated: synthetic -->\n<!-- end -->\n")
    report = run_benchmark(
        asked, directory=tmp_path / "report", pages=True, root=tmp_path,
        build=tmp_path / "build", console=Console(file=StringIO(), width=200),
    )
    assert report_faults(tmp_path / "report") == []
    assert report.summary.startswith("Synthetic: the recordings are made, and are not the bench")
    row = report.rows[0]
    network = read(tmp_path / "report" / "decoder.spw")
    made = synthetic_recording(3, bins=2000)
    test = made.recording.parts(0.5)[2]
    each = explained_each(decoded(network, made.recording, test), made.recording.velocity[test])
    assert (row["r2_x"], row["r2_y"]) == each and report["r2"].value == np.mean(each)
    assert row["best_linear"] == made.best_linear(1000)
    assert (report["on_board"].value, report["mismatches"].value) == (1, 0)
    assert report["worst_ms"].value < 4 and report["effective_macs"].value == 0
    assert report["dense_operations"].value == 32 * (96 * 50 + 50 * 2)
    text = page.read_text()
    assert "| SNN, published | Indy | 0.593 | 19,648 | 0 | 0.997 | 4,900 | 0 | 276 |" in text
    assert "| spiking, in integers | synthetic | " in text and "| `cycles_mean` | " in text


def test_files_are_decoded_with_each_seed(taken, tmp_path):
    rng = np.random.default_rng(0)
    count = 400
    taken(t=10 + 0.004 * np.arange(count)[None], cursor_pos=rng.normal(size=(2, count)),
          target_pos=np.repeat(rng.normal(size=(2, 8)), count // 8, axis=1))
    report = run_benchmark(
        PrimateReachingBenchmark(
            recordings=(NAME,), folder=tmp_path, seeds=(0, 1), epochs=1, on_board=0
        ),
        directory=tmp_path / "report", build=tmp_path / "build",
        console=Console(file=(said := StringIO()), width=200),
    )
    assert [(row["recording"], row["seed"]) for row in report.rows] == [(NAME, 0), (NAME, 1)]
    assert report.name == "primate-reaching" and "Synthetic" not in report.summary
    assert "| spiking, in integers | Indy | " in said.getvalue()
    assert "Kalman" not in said.getvalue()
    assert len(decoder_task(read_recording(NAME, folder=tmp_path), share=0.5).x_test) == 13


def test_the_page_has_a_block_of_each_report():
    text = (HOUSE / PAGE).read_text(encoding="utf-8")
    for block in BLOCKS.values():
        assert f"<!-- generated: {block} -->" in text


def test_more_bins_than_are_tested_are_refused_before_anything_is_trained():
    benchmark = PrimateReachingBenchmark(synthetic=True, on_board=15_001)
    message = (
        "15001 bins are asked of the board, and synthetic-0 has 15000 in its test part; ask for no "
        "more"
    )
    with pytest.raises(DataError, match=f"^{message}$"):
        run_benchmark(benchmark)
