"""Words in sessions: the benchmark's files, what is drawn, prototypes, and what is reported."""

import re
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spikewright.coding.coding import encode
from spikewright.device.simulation import simulate
from spikewright.errors import DataError, DeviceError
from spikewright.job import board_figures
from spikewright.job.training import train
from spikewright.keywords import benchmark as benchmarks
from spikewright.keywords import mswc
from spikewright.keywords.benchmark import KeywordBenchmark
from spikewright.keywords.few_shot import FewShot, Word, base_task, few_shot_digits, sessions
from spikewright.keywords.learned import learned
from spikewright.keywords.mswc import few_shot_mswc
from spikewright.keywords.page import BLOCKS, PAGE
from spikewright.keywords.prototypes import Features, features_of
from spikewright.network.reference import run
from spikewright.quantized.spw import read
from spikewright.record.benchmark import run_benchmark
from spikewright.record.check import report_faults

from ..task.data_files import write_wave

HOUSE = Path(__file__).resolve().parents[3]
LANGUAGES = ("fa", "eo")


def recordings(random, word: int, count: int) -> np.ndarray:
    """Return made recordings of a word: a band of its own is loud, and noise."""
    made = 0.3 * random.random((count, 8, 4))
    made[:, 2 * word % 8 :, word % 4] += 0.6
    return made.astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def few_neurons():
    """Make the hidden layer small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmarks, "_HIDDEN", "16@0,1")
        yield


@pytest.fixture(scope="module")
def words() -> FewShot:
    random = np.random.default_rng(0)
    return FewShot(
        name="made", queries=3,
        base=base_task("made-base", *(
            [recordings(random, word, count) for word in range(3)] for count in (20, 4)
        )),
        groups={
            name: [Word(name, recordings(random, word, 6), recordings(random, word, 5))]
            for name, word in (("d", 3), ("e", 5))
        },
    )


@pytest.fixture(scope="module")
def trained(words, tmp_path_factory):
    config = benchmarks._config(words.base, epochs=3)
    return train(words.base, config, build=tmp_path_factory.mktemp("build"))


def test_sessions_bring_words_in_a_drawn_order(words):
    orders = set()
    for seed in range(8):
        first, second = sessions(words, shots=2, seed=seed)
        orders.add((first.name, second.name))
        assert first.labels.tolist() == [3] * 3 and second.labels.tolist() == [4] * 3
        word = words.groups[first.name][0]
        assert first.shots[0].shape == (2, 8, 4)
        for one in first.shots[0]:
            assert (one == word.shown).all(axis=(1, 2)).sum() == 1
        for one in first.asked:
            assert (one == word.asked).all(axis=(1, 2)).sum() == 1
    assert orders == {("d", "e"), ("e", "d")}
    with pytest.raises(DataError, match=r"^the word [de] has 6 recordings that may be shown; 7 "):
        list(sessions(words, shots=7, seed=0))


def test_prototypes_are_columns_of_the_readout(words, trained):
    features = Features(features_of(trained, words.base.x_train), words.base.y_train)
    column = features.column(features.of(1))
    assert abs(column @ features.mean) < 1e-6 * np.abs(column).sum()
    assert column @ features.spread @ column == pytest.approx(1)
    states = learned(trained, features, words, shots=2, seed=0)
    assert [len(state.labels) for state in states] == [12, 15, 18]
    shapes = {state.network.network.shape_digest() for state in states}
    assert len(shapes) == 1  # one bitstream serves all
    for number, state in enumerate(states):
        known = 3 + number
        weights = np.array(state.network.network.layers[-1].weights)
        assert weights.shape[1] == 5 and (weights[:, known:] == -127).all()
        found = run(state.network.network, encode(state.recordings, trained.coding))
        counts = features_of(trained, state.recordings)
        assert np.array_equal(found.outputs, counts @ weights)
        assert state.answers.max() < known
    assert states[0].accuracy > 60 and states[0].of_new == 0


def test_the_gateware_answers_as_the_reference(words, trained):
    features = Features(features_of(trained, words.base.x_train), words.base.y_train)
    last = learned(trained, features, words, shots=2, seed=0)[-1]
    inputs = encode(last.recordings[-1:], trained.coding)
    answers = simulate(last.network, inputs)
    assert answers.outputs.tolist() == run(last.network.network, inputs).outputs.tolist()


@pytest.fixture
def small(monkeypatch):
    """Make the benchmark's numbers small."""
    for name, value in {"LANGUAGES": LANGUAGES, "_TRAIN": 3, "_TEST": 2, "_SHOWN": 2, "_ASKED": 1,
                        "_BASE_WORDS": 2, "_WORDS": 1,
                        "_TABLES": ("base_train.csv", "base_test.csv")}.items():
        monkeypatch.setattr(mswc, name, value)


def made_mswc(folder: Path) -> Path:
    """Write files in the form of the benchmark's; return the folder."""
    place = folder / "MSWC"

    def written(table: str, rows: list[tuple[str, str]], language: str) -> None:
        lines = ["LINK,WORD,LANG"]
        for path, word in rows:
            lines.append(f"{path},{word},{language}")
            wave = (place / language / "clips" / path).with_suffix(".wav")
            wave.parent.mkdir(parents=True, exist_ok=True)
            write_wave(wave, np.full(16_000, len(word) / 10), rate=16_000)
        (place / table).parent.mkdir(exist_ok=True, parents=True)
        (place / table).write_text("\n".join(lines), encoding="utf-8")

    for part, count in (("train", 3), ("test", 2)):
        rows = [(f"{word}/{part}{n}.opus", word) for word in ("zoo", "ape") for n in range(count)]
        written(f"base_{part}.csv", rows, "en")
    for language, word in zip(LANGUAGES, ("سلام", "ĝojo"), strict=True):
        rows = [(f"{word}/{n}.opus", word) for n in range(3)]
        written(f"{language}/evaluation.csv", rows, language)
    return place


def test_the_benchmarks_files_are_read(tmp_path, small):
    made_mswc(tmp_path)
    found = few_shot_mswc(tmp_path)
    assert found.base.classes == 2 and found.base.y_train.tolist() == [0] * 3 + [1] * 3
    assert found.base.x_test.shape == (4, 32, 16) and found.queries == 1
    assert list(found.groups) == ["fa", "eo"] and found.groups["eo"][0].name == "ĝojo"
    assert len(found.groups["fa"][0].shown) == 2 and len(found.groups["fa"][0].asked) == 1


def refused(folder: Path, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        few_shot_mswc(folder)


def test_malformed_files_are_told(tmp_path, small):
    place = made_mswc(tmp_path)
    wave = place / "en" / "clips" / "zoo" / "train1.wav"
    kept = wave.read_bytes()
    write_wave(wave, np.zeros(48_000), rate=48_000)
    refused(tmp_path, f"{wave} has 48000 samples a second; it must have 16000")
    wave.unlink()
    refused(tmp_path, f"there is no {wave}, which a table names; unpack all of the data set")
    wave.with_suffix(".opus").write_bytes(b"")
    refused(tmp_path, f"{wave.with_suffix('.opus')} is no .wav file; get the benchmark's converted "
            "form, of 16 kHz, beside it")
    wave.write_bytes(kept)
    table = place / "fa" / "evaluation.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text("\n".join(text.splitlines()[:-1]), encoding="utf-8")
    refused(tmp_path, f"{table} has 2 recordings of the word سلام; the benchmark's has 3: fetch it "
            "again")
    table.write_text("LINK,WORD,LANG", encoding="utf-8")
    refused(tmp_path, f"{table} has 0 words; the benchmark's has 1: fetch it again")
    table.write_text("a,b", encoding="utf-8")
    refused(tmp_path, f"line 1 of {table} has 2 cells; it must have three, a path, a word and a "
            "language")
    test = place / "base_test.csv"
    test.write_text(test.read_text().replace("zoo,en", "cow,en"))
    refused(tmp_path, f"the word cow is in one of base_train.csv and base_test.csv of {place} "
            "alone; fetch them again")
    (place / "base_train.csv").unlink()
    with pytest.raises(DataError, match=r"^MSWC, the part for few shots is neither in .*base_tr"):
        few_shot_mswc(tmp_path)


def test_digits_are_a_rehearsal(tmp_path):
    for digit in range(10):
        for take in (0, 5, 6):
            write_wave(tmp_path / f"{digit}_me_{take}.wav", np.ones(800) * digit / 9, rate=8000)
    found = few_shot_digits(tmp_path)
    assert found.base.classes == 6 and len(found.base.x_train) == 12 and found.queries == 1
    assert [word.name for group in found.groups.values() for word in group] == list("6789")
    (tmp_path / "7_me_0.wav").unlink()
    with pytest.raises(DataError, match=r"^there is no test recording of the digit 7$"):
        few_shot_digits(tmp_path)


@pytest.mark.parametrize("field", ["shots", "repeats", "epochs"])
def test_a_benchmark_that_is_none_is_refused(field):
    with pytest.raises(ValueError, match=rf"^{field} is 0; it must be a whole number of at least"):
        KeywordBenchmark(**{field: 0})  # pyright: ignore


class Simulated:
    def __init__(self, network):
        self.network = network

    def infer_all(self, inputs):
        return simulate(self.network, inputs)


def test_the_report_is_sound_and_the_page_gets_its_tables(words, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks, "few_shot_digits", lambda folder: words)
    opened = []

    @contextmanager
    def simulated(network, *, board, design, build):
        opened.append(design.weights)
        yield Simulated(network)

    monkeypatch.setattr(board_figures, "open_board", simulated)
    asked = KeywordBenchmark(rehearsal=True, shots=2, repeats=2, epochs=3, on_board=1)
    with pytest.raises(DataError, match=r"^there is no page .*keyword_fscil\.md; run this in the "):
        run_benchmark(asked, pages=True, root=tmp_path)
    page = tmp_path / PAGE
    page.parent.mkdir()
    page.write_text("<!-- generated: fsdd -->\n<!-- end -->\n")

    def made():
        return run_benchmark(
            asked, directory=tmp_path / "report", pages=True, root=tmp_path,
            build=tmp_path / "build", console=Console(file=StringIO(), width=200),
        )

    report = made()
    assert opened == ["loaded"] * 3 and report_faults(tmp_path / "report") == []
    assert report.summary.startswith("A rehearsal on spoken digits: these are not the benchmark's")
    assert [row["words"] for row in report.rows] == [3, 4, 5]
    assert report["accuracy_last"].value == pytest.approx(np.mean(report.rows[-1]["repeats"]))
    each = [row["accuracy"] for row in report.rows]
    assert report["accuracy_average"].value == pytest.approx(np.mean(each))
    assert (report["on_board"].value, report["mismatches"].value) == (3, 0)
    kept = read(tmp_path / "report" / "keywords.spw")
    assert kept.network.outputs == 5
    text = page.read_text()
    assert "| M5 ANN, published | MSWC | 97.09 | 89.27 |" in text
    assert "| spiking, in integers | spoken digits, a rehearsal | " in text

    real = Simulated.infer_all
    monkeypatch.setattr(Simulated, "infer_all", lambda self, inputs: real(self, inputs ^ 8))
    with pytest.raises(DeviceError, match=r"^the virtual board differs from the reference: "):
        made()


def test_the_page_has_a_block_of_each_report():
    text = (HOUSE / PAGE).read_text(encoding="utf-8")
    for block in BLOCKS.values():
        assert f"<!-- generated: {block} -->" in text
