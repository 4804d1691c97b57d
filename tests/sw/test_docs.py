"""What stands on the pages of the software is run, in the order in which it stands there."""

import argparse
import json
import re
import shlex
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from spikewright.cli import main
from spikewright.cli.applies import parsed
from spikewright.cli.parser import parser
from spikewright.cli.words import command_told
from spikewright.coding.known import CODINGS
from spikewright.errors import SpikewrightWarning
from spikewright.exploration.axes import AXES
from spikewright.network import train as training
from spikewright.network.training_config import Phase, TrainingConfig
from spikewright.quantized.spw import read
from spikewright.record.algorithm import AlgorithmMetrics, Footprint
from spikewright.record.figure import PROVENANCES
from spikewright.record.report import SCHEMA
from spikewright.record.run_figures import figures
from spikewright.record.run_report import report
from spikewright.record.store import write_report
from spikewright.task.known import TASKS
from spikewright.task.task import KINDS
from spikewright_hw.protocol import Command, Status, cobs_encode, crc16

from .record.test_run_record import synthetic

DOCS = Path(__file__).resolve().parents[2] / "docs"
BRIEF = TrainingConfig(
    real=Phase(epochs=1, learning_rate=3e-2), quantized=Phase(epochs=1, learning_rate=2e-3)
)


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """Return the language and the text of each fenced block."""
    text = (DOCS / page).read_text(encoding="utf-8")
    yield from re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def do(page: str) -> dict:
    """Run the commands and the Python of a page; return the names that it leaves."""
    names: dict = {}
    for language, text in blocks(page):
        if language == "python":
            exec(compile(text, page, "exec"), names)
        lines = [line.partition("#")[0] for line in text.splitlines()]
        for line in lines:
            if line.startswith("spikewright "):
                assert main(shlex.split(line)[1:]) == 0, line
            elif line.startswith("$ spikewright "):  # what takes data that is not here, or long
                parser().parse_args(shlex.split(line)[2:])
    return names


@pytest.fixture
def folder(monkeypatch, tmp_path, undrawn) -> Iterator[Path]:
    """An empty folder to work in, with trainings of one epoch and a report of a run."""
    whole = training.train

    def brief(config, task, **options):
        # What the pages mean to train, and to train on.
        own = config.network is not None or config.model.connections is not None
        assert own or config == TrainingConfig()
        brief = replace(BRIEF, model=config.model, network=config.network)
        return whole(brief, task, **options)

    ending = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "train", brief)
    monkeypatch.setattr("spikewright.job.training.train_anew", brief)
    write_report(report(synthetic()))
    yield tmp_path
    for number, handler in ending.items():
        signal.signal(number, handler)


def test_training(folder):
    do("training.md")
    assert read(folder / "build" / "digits.spw").network.inputs == 64
    assert read(folder / "build" / "digits3.spw").network.layers[0].weight_bits == 3


def test_a_file_of_settings_on_the_page_of_training_can_be_trained(folder):
    settings = [
        text for language, text in blocks("training.md")
        if language == "toml" and "task =" not in text  # whose data is not here
    ]
    assert settings
    for text in settings:
        Path("settings.toml").write_text(text)
        assert main(["train", "net.spw", "--config", "settings.toml"]) == 0


def test_spw(folder):
    names = do("spw.md")
    assert names["about"]["schema"] == 4
    assert names["weights"].shape == (64, 128)
    said = dict(
        re.findall(r"^(quantized\S*) +# (Q\S+|Ttfs\(.*\))$", (DOCS / "spw.md").read_text(), re.M)
    )
    assert len(said) == 2
    for expression, words in said.items():
        assert str(eval(expression, names)) == words
    listed = {"hash", "schema", "steps", "readout", "layers", "coding", "provenance"}
    assert names["about"].keys() == listed
    header, _, _ = (DOCS / "spw.md").read_text().partition("## One step")
    fields = re.findall(r"^\| `(\w+)(?:\[n\]\.|\.|`)", header, re.M)
    assert set(fields) == listed | {"output_scale"}  # of networks that answer with values
    assert "processor" in names["about"]["provenance"]["versions"]


@pytest.mark.filterwarnings("ignore:layers.*saturates:spikewright.errors.SpikewrightWarning")
def test_import(folder):
    names = do("import.md")
    assert names["network"].layers[0].definition.name == "nir_lif"


@pytest.mark.slow
def test_explore(folder):
    names = do("explore.md")
    assert [row["weight_bits"] for row in names["report"].rows] == [2, 2, 4, 4]


def test_the_page_of_explore_names_every_axis():
    assert {*AXES} <= {*re.findall(r"`(\w+)`", (DOCS / "explore.md").read_text())}


@pytest.mark.filterwarnings("ignore::spikewright.SpikewrightWarning")
def test_convert(folder):
    names = do("convert.md")
    assert names["converted"].agreement > 0.9
    _, integer = read(folder / "build" / "converted.spw").provenance.accuracies
    assert integer > 0.7


def test_your_network(tmp_path, monkeypatch):
    """From a module and two arrays to the report, in Python and by commands."""
    monkeypatch.chdir(tmp_path)
    with pytest.warns(SpikewrightWarning, match=r"^layers\[0\]: the state v of neuron \d+ satur"):
        names = do("your_network.md")
    assert names["comparison"].equal and names["report"]["mismatches"].value == 0
    made = names["quantized"].provenance
    assert made.accuracy_float > 0.9 and abs(made.accuracy_float - made.accuracy_integer) < 0.02
    by_command = read(tmp_path / "mine.spw")
    assert [one.definition.name for one in by_command.network.layers] == ["nir_lif"] * 2
    assert abs(by_command.provenance.accuracy_float - made.accuracy_float) < 0.005
    assert (tmp_path / "build" / "reports" / "run-mine" / "report.html").is_file()


def test_the_notebook_of_your_network_has_the_lines_of_the_page():
    text, _, _ = (DOCS / "your_network.md").read_text().partition("## The same by commands")
    python = re.findall(r"^```python\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    notebook = json.loads((DOCS / "notebooks" / "your_network.ipynb").read_text())
    cells = ["".join(one["source"]) for one in notebook["cells"] if one["cell_type"] == "code"]
    assert cells == python


def test_the_commands_of_your_network_are_commands():
    for language, text in blocks("your_network.md"):
        for line in text.splitlines() if language == "sh" else ():
            parsed(parser(), shlex.split(line.partition("#")[0])[1:])


def test_the_codings_in_a_file_are_those_that_there_are():
    (row,) = re.findall(r"^\| `coding.name` .*$", (DOCS / "spw.md").read_text(), re.M)
    assert re.findall(r"`(\w+)`", row) == [*CODINGS]


def test_data(folder, capsys):
    """The Python of the page prints what stands under it; the table has every known data set."""
    names: dict = {}
    expected = ""
    for language, text in blocks("data.md"):
        if language == "python":
            exec(compile(text, "data.md", "exec"), names)
        expected += text if language == "text" else ""
    assert capsys.readouterr().out == expected and expected.count("\n") == 6
    text = (DOCS / "data.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)`", text, re.M)
    assert tuple(named) == (*KINDS, *TASKS)
    for line in text.splitlines():
        if line.startswith("spikewright "):
            parsed(parser(), shlex.split(line.partition("#")[0])[1:])


def test_reports(folder, capsys):
    names = do("reports.md")
    printed = capsys.readouterr().out.splitlines()
    mean = names["report"]["cycles_mean"].value
    assert printed[-1] == f"{mean} {names['report']['cycles_mean'].provenance}"
    (form,) = (json.loads(text) for language, text in blocks("reports.md") if language == "json")
    kept = json.loads((folder / "build" / "reports" / "run" / "report.json").read_text())
    assert form.keys() == kept.keys() and form["schema"] == SCHEMA
    assert form["figures"][0].keys() == kept["figures"][0].keys()


@pytest.mark.slow
def test_neurobench(folder, capsys):
    names = do("neurobench.md")
    assert names["result"].algorithm.counted_operations * 3 == names["answers"].synops.sum()
    printed = capsys.readouterr().out
    assert f"{names['result'].algorithm.effective_acs} {{'Footprint': " in printed


def test_mackey_glass(capsys):
    do("mackey_glass.md")
    assert 2 < float(capsys.readouterr().out) < 25  # another processor, another repeat


def test_cart_pole(capsys):
    do("cart_pole.md")
    # Of Gymnasium 1.4.0, CartPole-v1.
    assert capsys.readouterr().out == (
        "[ 0.027 -0.006  0.036  0.02 ] [ 0.027  0.188  0.036 -0.261] 500\n"
    )


def test_detection(capsys):
    do("detection.md")
    assert "AveragePrecision(mean=1.0, half=1.0)" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["primate_reaching.md", "keyword_fscil.md"])
def test_what_a_page_prints(page, capsys):
    do(page)
    (printed,) = (text for language, text in blocks(page) if language == "text")
    assert capsys.readouterr().out == printed


def test_no_page_names_a_folder_of_the_machine_that_wrote_it():
    """Pages are written by commands, and quote them."""
    pages = [DOCS.parent / "README.md", DOCS.parent / "CHANGELOG.md", *DOCS.rglob("*.md")]
    told = {
        page.name: found for page in pages
        if (found := re.findall(r"--folder[ =]'?/\S+", page.read_text(encoding="utf-8")))
    }
    assert not told


@pytest.mark.parametrize("given", [["--folder", "/a/b"], ["--folder=/a/b"], ["--folder", "/a b/c"]])
def test_a_command_is_told_without_the_folder_of_its_data(monkeypatch, given):
    monkeypatch.setattr("sys.argv", ["/bin/spikewright", "bench", *given, "--pages"])
    told = command_told()
    assert told == f"spikewright bench --folder{'=' if '=' in given[0] else ' '}DIR --pages"


def test_the_table_of_neurobench_has_all_benchmarks():
    text = (DOCS / "neurobench.md").read_text(encoding="utf-8")
    there = re.findall(r"^\| \[`(.*?)`\]\((\w+\.md)\) \|", text, re.M)
    commands = _below(_below(parser())["neurobench"])
    assert sorted(name for name, _ in there) == sorted(commands.keys() - {"submit", "check"})
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    row = re.search(r"^\| `spikewright neurobench TASK` .*$", readme, re.M)
    assert row and set(re.findall(r"`([\w-]+)`", row[0])) == {name for name, _ in there}


def _below(one: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a parser by their names."""
    return {
        name: command
        for action in one._actions if isinstance(action, argparse._SubParsersAction)
        for name, command in action.choices.items()
    }


def test_the_table_of_neurobench_has_all_figures_of_the_algorithm_track():
    text = (DOCS / "neurobench.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?`) \|", text.partition("## The official harness")[0], re.M)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    room = Footprint(weights=8, biases=0, states=8)
    measured = AlgorithmMetrics(
        footprint=room, connection_sparsity=0.5, activation_sparsity=0.5, sparsity_per_layer=(0.5,),
        dense_operations=1, effective_acs=1, effective_macs=1, counted_operations=1,
        membrane_updates=1,
    )
    plain = {figure.name for figure in figures(synthetic())}
    assert named == {
        figure.name for figure in figures(replace(synthetic(), algorithm=measured))
    } - plain


def test_the_tables_of_reports_have_all_there_is():
    text = (DOCS / "reports.md").read_text(encoding="utf-8")
    first, second = text.split("## The figures of a run")
    assert re.findall(r"^\| `([a-z-]+)` \|", first, re.M) == [*PROVENANCES]
    cells = re.findall(r"^\| (`.*?`) \|", second, re.M)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    made = {figure.name for figure in figures(synthetic())}
    # Of networks that answer with values, of tasks with rare classes, of a board whose serial
    # port has a known rate, and of what a board reported.
    of_values = {
        "r2_integer", "r2_device", "balanced_accuracy_integer", "balanced_accuracy_device",
        "link_us", "throughput_link_per_s", "throughput_link_buffered_per_s", "footprint_bytes",
        "connection_sparsity", "activation_sparsity", "dense_operations", "effective_acs",
        "effective_macs", "membrane_updates",
    }
    assert named - of_values | {"energy_static_uj", "energy_dynamic_uj"} == made


def test_link():
    """HELLO as the page spells it, and the tables of commands and statuses."""
    text = (DOCS / "link.md").read_text(encoding="utf-8")
    ((plain, wire),) = re.findall(
        r"^([0-9a-f ]+?)  +sequence, code, CRC\n([0-9a-f ]+?)  +on the wire$", text, re.M
    )
    frame = bytes([1, Command.HELLO])
    frame += crc16(frame).to_bytes(2, "big")
    assert bytes.fromhex(plain) == frame
    assert bytes.fromhex(wire) == cobs_encode(frame) + b"\0"
    codes = dict(re.findall(r"^\| (0x[0-9a-f]{2}) \| (\w+) \|", text, re.M))
    assert codes == {f"0x{one.value:02x}": one.name for one in (*Command, *Status)}
