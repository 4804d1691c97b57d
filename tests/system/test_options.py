"""No option is ever ignored, and what can be known at once is said before any work.

The table says of every option of every command whether it applies. The work itself is replaced: it
writes down what it was asked for, and an option that applies changes that.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import nir
import numpy as np
import pytest

from spikewright import cli
from spikewright.cli.parser import parser as whole_parser
from spikewright.coding.ttfs import Ttfs
from spikewright.errors import DataError, DeviceError, StorageError
from spikewright.gateware.board import BOARDS
from spikewright.job.run_options import RunOptions
from spikewright.network.draft import draft
from spikewright.network.model_config import ModelConfig
from spikewright.network.train import train
from spikewright.network.training_config import TrainingConfig
from spikewright.task.digits import load
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

from .option_table import EQUATIONS, NEURON, NO_EVENT, RUN, SIZE, STOCHASTIC, TABLE, TRAINED

#: What each command asks for its work.
WORK = (
    "spikewright.job.run.main_job", "spikewright.job.training.train",
    "spikewright.gateware.emit.emit", "spikewright.gateware.emit.emit_cores",
    "spikewright.gateware.emit.print_cores", "spikewright.job.run.build_job",
    "spikewright.job.run.plan_job", "spikewright.job.demo.run_demo",
    "spikewright.gateware.board_list.print_boards",
    "spikewright.device.served.virtual_port", "spikewright.device.boards.open_board",
    "spikewright.record.stored.show", "spikewright.bench.resources.resources",
    "spikewright.pages.pages.pages", "spikewright.bench.neurons.bench_neurons",
    "spikewright.bench.boards.bench_boards", "spikewright.bench.link.bench_link",
    "spikewright.record.check.check_reports",
    "spikewright.record.comparison.compare_reports",
    "spikewright.bench.stochastic_engine.bench.bench_stochastic",
    "spikewright.bench.engine.bench.bench_engine", "spikewright.bench.sizes.bench_sizes",
    "spikewright.job.estimate.estimate", "spikewright.job.estimate.print_estimate",
    "spikewright.job.fit.fit_design", "spikewright.job.fit_shown.show_fit",
    "spikewright.bench.training.bench_training", "spikewright.bench.reference.bench_reference",
    "spikewright.bench.training_speed.bench_training_speed",
    "spikewright.bench.training_seeds.bench_training_seeds",
    "spikewright.job.input_selection.select_inputs",
    "spikewright.exploration.explore.explore", "spikewright.doctor.doctor",
    "spikewright.quantized.from_reals.print_network",
    "spikewright.quantized.from_reals.quantize_on_task",
    "spikewright.quantized.saturation.check_saturation",
    "spikewright.quantized.saturation.show_saturation", "spikewright.exchange.to_nir.to_nir",
    "spikewright.record.benchmark.run_benchmark",
    "spikewright.gateware.certificate.check_certificate",
    "spikewright.submission.submit.submit", "spikewright.submission.audit.check_submission",
    "spikewright.qubo.placed.place_qubo_solver",
    "spikewright.qubo.solve.solve_qubo", "spikewright.qubo.board.open_qubo_board",
    "spikewright.qubo.bitstream.build_qubo_bitstream",
    "spikewright.scaffold.new_core.new_core", "spikewright.scaffold.new_neuron.new_neuron",
)


def line(command: str) -> list[str]:
    return [part for word in command.split()
            for part in (EQUATIONS if word == "EQUATIONS" else (word,))]


def with_option(command: str, name: str, value: str | None) -> list[str]:
    arguments = line(command)
    flag = f"--{name.replace('_', '-')}"
    if flag in arguments and name not in ("equations", "seed"):  # to be changed, not repeated
        at = arguments.index(flag)
        del arguments[at : at + 2]
    return [*arguments, flag, *([] if value is None else [value])]


def leaves(parser: argparse.ArgumentParser, said: str = ""):
    """Return each command with the names of its options."""
    below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    for action in below:
        for name, one in action.choices.items():
            yield from leaves(one, f"{said} {name}".strip())
    if not below:
        yield said, {
            action.dest for action in parser._actions
            if action.option_strings and action.dest != "help"
        }


@pytest.fixture(scope="module")
def folder(tmp_path_factory, small) -> Iterator[Path]:
    """A folder with the files that the command lines name; nothing is ever written to it."""
    place = tmp_path_factory.mktemp("files")
    for name in ("net.spw", "other.spw"):
        (place / name).write_bytes(small.read_bytes())
    x, y = np.random.default_rng(0).random((6, 4)), np.arange(6) % 3
    for name in ("mine.npz", "other.npz"):
        np.savez(place / name, x_train=x, y_train=y, x_test=x, y_test=y)
    for name, (inputs, outputs) in {"net.nir": (64, 10), "small.nir": (4, 3)}.items():
        ones = np.ones(outputs)
        nir.write(place / name, nir.NIRGraph.from_list(
            nir.Linear(np.ones((outputs, inputs))),
            nir.CubaLIF(4 * ones, 8 * ones, ones, 0 * ones, ones),
        ))
    (place / "train.toml").write_text("weight_bits = 5")
    for name, (inputs, outputs) in {"module.py": (64, 10), "small.py": (4, 3)}.items():
        (place / name).write_text(
            "import torch\ntorch.manual_seed(0)\nmodule = torch.nn.Sequential(torch.nn.Linear("
            f"{inputs}, 5), torch.nn.ReLU(), torch.nn.Linear(5, {outputs}))"
        )
    (place / "mine.dimacs").write_text("p edge 2 1\ne 1 2\n")
    nir.write(place / "map.nir", nir.NIRGraph.from_list(nir.Threshold(np.ones(64))))
    before = set(place.rglob("*"))
    yield place
    assert set(place.rglob("*")) == before


@pytest.fixture(scope="module")
def other_board() -> Iterator[None]:
    """Another board than the one that there is; the parser, which is made once, knows it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BOARDS, "other", replace(BOARDS["ulx3s"], title="Another"))
        whole_parser.cache_clear()
        yield
    whole_parser.cache_clear()


@pytest.fixture
def asked(monkeypatch, folder, other_board) -> Callable[..., str]:
    """Run a command line whose work only writes down what it was asked for."""
    monkeypatch.chdir(folder)
    begun: list[str] = []

    class Begun(BaseException):
        pass

    def noted(*arguments, **keywords):
        keywords.pop("progress", None)
        keywords.pop("command", None)
        begun.append(repr((arguments, sorted(keywords.items()))))
        raise Begun

    monkeypatch.setattr(
        "spikewright.task.known.load_task",
        lambda name="digits", *, folder=None, sound=False: replace(
            digits(), name=f"{name} in {folder}"
        ),
    )
    monkeypatch.setattr(  # of a network that is none of the tasks here
        "spikewright.job.demo.demo_samples", lambda *_, **__: (np.zeros((1, 4, 64)), np.zeros(1))
    )
    for name in WORK:
        module, _, function = name.rpartition(".")
        monkeypatch.setattr(importlib.import_module(module), function, noted)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    def run(arguments: list[str]) -> str:
        begun.clear()
        try:
            status = cli.main(arguments)
        except Begun:
            return begun[0]
        assert status == 1
        return ""

    return run


@pytest.fixture(scope="module")
def plainly() -> dict[str, str]:
    """What was asked for by the command lines so far that have no more options."""
    return {}


digits = cache(load)


def test_every_option_of_every_command_has_its_place():
    for command, options in leaves(whole_parser()):
        rows = [row for row in TABLE if row == command or row.startswith(f"{command} ")]
        assert rows, f"{command} has no row"
        placed = {name for row in rows for applies in TABLE[row] for name in applies}
        assert placed == options, f"{command}: in the table, or in the parser, but not in both"


APPLIES = [(row, name, value) for row, (does, _) in TABLE.items() for name, value in does.items()]
DOES_NOT = [(row, name, said) for row, (_, does) in TABLE.items() for name, said in does.items()]
VALUES = {**RUN, **SIZE, **STOCHASTIC, **NEURON, "preset": "q8_8", "family": "neuron",
          "pages": None, "engine": "event", "folder": ".", "neuron": "alif", "input_bits": "5",
          "inputs_kept": "9",
          "draw_seed": "0", "workers": "2", "load": None, "folds": "2", "nodes": "9",
          "density": "0.5", "graph_seed": "0", "runs": "5", "fit": None,
          "inputs": "found.npz", "no_saturation": None, "seeds": "2", "capacity": "1000",
          "place": None, "on_board": "100", "build": None, "timeout": "10", "port": "/dev/x",
          "graph": "mine.dimacs", "plan": None, "host": None, "largest": None, "demo": "9",
          "placements": "5", "recording": "indy_20160622_01", "bus": "wishbone", "flip": "a.b:3:4",
          "flips": "5", "memories": None, "weights": "loaded", "row": "wide", "probe": "gateware",
          "pipe": None}


@pytest.mark.parametrize(("command", "name", "value"), APPLIES)
def test_an_option_that_applies_changes_what_is_asked_for(asked, plainly, command, name, value):
    begun = asked(with_option(command, name, value))
    assert begun, "no work was begun"
    if command not in plainly:
        plainly[command] = asked(line(command))
    assert begun != plainly[command]


@pytest.mark.parametrize(("command", "name", "said"), DOES_NOT)
def test_an_option_that_does_not_apply_is_refused(asked, capsys, command, name, said):
    """Also with its default value, and with a value that is empty or zero."""
    trains = command.startswith(("run", "build", "train")) and name in TRAINED
    value = TRAINED[name] if trains else VALUES[name]
    assert asked(with_option(command, name, value)) == "", "work was begun"
    err = capsys.readouterr().err
    assert err.startswith(f"spikewright: --{name.replace('_', '-')} {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["new-core", "gate", "--refractory", "0"], "--refractory does not apply to a core that"),
        (["new-core", "gate", "--threshold", ""], "--threshold does not apply to a core that is"),
        (["new-core", "cell", *EQUATIONS, "--format", "Q99.9"],
         "--format: Q99.9 has 108 bits; a membrane has at most 32"),
        (["train", "x.spw", "--membrane", "Q60.4"],
         "this network cannot be trained: --membrane is Q60.4, 64 bits; a membrane has at most"),
        (["train", "x.spw", "--membrane", "8"], "this network cannot be trained: --membrane: "),
        (["train", "x.spw", "--neuron", "nosuch"], "this network cannot be trained: --neuron is '"),
        (["train", "x.spw", "--weight-bits", "9"], "this network cannot be trained: --weight-bits"),
        (["train", "x.spw", "--weight-bits", "8-4-2"],
         "this network cannot be trained: --weight-bits is 8-4-2, and there are 2 layers after"),
        (["train", "x.spw", "--membrane", "Q8.4-Q9"],
         "this network cannot be trained: --membrane: a number format is written like Q8.8, not"),
        (["train", "x.spw", "--same-everywhere", "--learn-surrogate"],
         "this network cannot be trained: --same-everywhere does not go with --learn-surrogate, "),
        (["train", "x.spw", "--device", "gpu"],
         "this network cannot be trained: --device is 'gpu'; there are cpu, cuda, cuda:N, the GPU"),
        (["train", "x.spw", "--device", "auto", "--event-products"],
         "this network cannot be trained: --device auto does not go with --event-products, which "),
        (["train", "x.spw", "--recompute", "--normalisation", "tdbn"],
         "this network cannot be trained: --recompute does not go with --normalisation tdbn, whos"),
        (["train", "x.spw", "--network", "0"], "this network cannot be trained: --network is 0; "),
        (["train", "x.spw", "--network", "64-9-8"],
         "this network cannot be trained: --network is 64-9-8; digits in None needs 64 inputs and"),
        (["run", "--data", "mine.npz", "--network", "64-9-10"],
         "this network cannot be trained: --network is 64-9-10; mine needs 4 inputs and 3 outputs"),
        (["run", "--coding", "morse"],
         "this network cannot be trained: --coding is 'morse'; there are ttfs"),
        (["train", "x.spw", "--coding", "filter_bank", "--input-bits", "5"],
         "this network cannot be trained: digits in None is of the kind image, which filter_bank"),
        (["run", "--data", "gone.npz"], "there is no file gone.npz"),
        (["train", "x.spw", "--length", "60"], "this network cannot be trained: --length is 60; a"),
        (["train", "."], ". cannot be written: there is a folder of that name"),
        (["train", "net.spw/x.spw"],
         "net.spw/x.spw cannot be written: part of the path is a file, not a folder"),
        (["run", "--engine", "stochastic", "--lanes", "1048576"],
         "--lanes is 1048576; it must be a whole number from 1 to 256"),
        (["run", "--share", "0"], "--share is 0; it must be a whole number from 1 to 65535"),
        (["run", "--clock", "58"],
         "--clock: ULX3S cannot make a clock of 58 MHz; the nearest are 56.25 and 59.375 MHz"),
        (["build", "gone.spw", "--clock", "5"],
         "--clock: 5 MHz is out of the range of ULX3S, whose clock can be 10 to 400 MHz"),
        (["run", "--board", "ulx4s"], "--board is 'ulx4s'; the nearest names are ulx3s, "),
        (["run", "--port", "/dev/null", "--probe", "ina260"],
         "--probe is 'ina260'; there are ina219, ina226, joulescope, gateware, csv"),
        (["run", "--port", "/dev/null", "--probe", "ina226", "tap=core"],
         "--probe: ina226 also needs shunt_ohm"),
        (["run", "--port", "/dev/null", "--probe", "ina226", "tap=core", "shunt_ohm=1 ohm"],
         "--probe: shunt_ohm is '1 ohm', and not a number"),
        (["run", "--port", "/dev/null", "--probe", "gateware", "rail=core"],
         "--probe: gateware has no setting 'rail'; it has supply"),
        (["run", "--port", "/dev/null", "--probe", "gateware", "core"],
         "--probe: 'core' is no setting; write its name and its value, such as tap=core"),
        (["run", "--port", "/dev/null", "--probe", "gateware", "supply=core", "supply=board"],
         "--probe: supply is given twice; give it once"),
        (["run", "--port", "/dev/null", "--probe", "none", "tap=core"],
         "--probe none has no settings; leave tap=core out"),
        (["board", "--virtual", "ulx3s", "--model", "net.spw", "--probe", "gateware"],
         "ULX3S has no sensors of its supplies; use another probe, or a board whose file has so"),
        (["board", "--virtual", "arty-a7-35", "--model", "net.spw", "--probe", "gateware",
          "supply=bram"], "--probe: supply is 'bram'; of the supplies of the Arty A7-35T, a volta"),
        (["board", "--port", "/dev/null", "--model", "net.spw", "--probe", "gateware"],
         "--probe gateware: what is at a port does not say which board it is; name it by --board"),
        (["board", "--virtual", "ulx3s", "--model", "net.spw", "--probe", "none"],
         "--probe none measures nothing; name a probe, or leave it out"),
        (["run", "--network", "net.spw", "--no-bitstream", "--rate", "999999"],
         "--rate is 999999, which the serial port of ULX3S cannot have: its rates are"),
        (["board", "--virtual", "ulx3s", "--model", "net.spw", "--status", "--rate", "12000000"],
         "--rate is 12000000, which the serial port of ULX3S cannot have: its rates are from "),
        (["board", "--virtual", "tangnano20k", "--model", "net.spw", "--self-test", "--rate",
          "2000000"], "--rate is 2000000, which the serial port of Tang Nano 20K cannot have: it"),
        (["run", "--network", "net.spw", "--commands", "few", "--rate", "3000000"],
         "--rate is 3000000, but a board without the command RATE stays at 1000000 bits"),
        (["board", "--port", "/dev/null", "--model", "net.spw", "--status", "--board", "nope"],
         "--board is 'nope'; the nearest names are "),
        (["report", "--task", "nosuch"], "--task is 'nosuch'; there are digits, mnist"),
    ],
)
def test_what_can_be_known_at_once_is_said_before_any_work(asked, capsys, command, message):
    assert asked(command) == "", "work was begun"
    err = capsys.readouterr().err
    assert err.startswith(f"spikewright: {message}") and err.count("\n") == 1


def test_an_unknown_task_of_a_table_is_told_by_its_option(capsys):
    assert cli.main(["bench", "training", "--table", "cells", "--task", "nosuch"]) == 1
    assert capsys.readouterr().err.startswith("spikewright: --task is 'nosuch'; there are digits,")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["train", ""], "argument FILE: an empty text names no file; give a path"),
        (["report", "check", ""], "argument NAME: an empty text names no file; give a path"),
        (["run", "--network", ""], "argument --network: an empty text names no file; give a path"),
        (["run", "--network", "784x10"],
         ("argument --network: '784x10' is no .spw file, nor sizes, nor the short name of a "
          "network: '784x10' is no part of a network, such as 32C5, D3p1, P2 or 128; sizes are "
          "written 784-10")),
        (["build", "--network", "16rr-10"],
         ("argument --network: '16rr-10' is no .spw file, nor sizes, nor the short name of a "
          "network: '16rr' has 'rr' after its layer; there may stand, in this order, r, ")),
        (["train", "x.spw", "--network", "net.txt"],
         ("argument --network: 'net.txt' is no .spw file, nor sizes, nor the short name of a "
          "network: 'net.txt' is no part of a network, such as 32C5, D3p1, P2 or 128")),
        (["train", "x.spw", "--network", "64,32"],
         ("network: '64,32' is no part of a network, such as 32C5, D3p1, P2 or 128; sizes are "
          "written 64-32")),
        (["train", "x.spw", "--hidden", "64"],
         ("unrecognized arguments: --hidden 64; the neurons of each layer are given by --network, "
          "such as 128-64")),
        (["emit", "lif", "-o", " "], "argument -o/--output: an empty text names no file; give a"),
        (["train", "x.spw", "--seed", "18446744073709551616"],
         "argument --seed: 18446744073709551616 is larger than 2**64 - 1, the largest seed"),
        *((["build", "x.spw", "--clock", text],
           f"argument --clock: {text!r} is not a frequency in MHz, such as 62.5")
          for text in ("", "fast", "nan", "inf", "0", "-80", "1e400")),
        (["import", "net.nir", "--inputs", "8by8"],
         "argument --inputs: '8by8' is no shape of inputs, such as 64, 2x128 or 2x34x34"),
        (["run", "--limit", "0"],
         "argument --limit: '0' is not a number of minutes above 0, such as 20"),
        (["train", "x.spw", "--weight-bits", "8,4"],
         ("argument --weight-bits: '8,4' is no number of bits, such as 4, nor one for each layer, "
          "such as 8-4")),
        (["train", "x.spw", "--seed", "9" * 5000], "is not a whole number of 0 or more"),
        *(([*words, text], f"argument {words[-1]}: {text!r} is not a whole number of 1 or more")
          for words in (["run", "--samples"], ["build", "--demo"], ["bench", "boards", "--samples"],
                        ["bench", "link", "--flips"], ["bench", "link", "--inferences"])
          for text in ("0", "-1", "x")),
    ],
)
def test_what_the_parser_refuses(asked, capsys, command, message):
    with pytest.raises(SystemExit) as caught:
        asked(command)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_the_largest_seed_is_taken(asked):
    assert "18446744073709551615" in asked(["train", "x.spw", "--seed", "18446744073709551615"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--network net.spw --seed 3", "--seed does not apply to --network FILE, a network that"),
        ("--build-only --port /dev/none", "--port does not apply to --build-only, which runs"),
        ("--lanes 2", f"--lanes {NO_EVENT}"),
        ("--clock 58", "--clock: ULX3S cannot make a clock of 58 MHz; the nearest are 56.25 and"),
        ("--board ulx", "--board is 'ulx'; the nearest names are ulx3s, ulx3s-85f, ulx3s-45f ("),
    ],
)
def test_the_script_of_a_board_knows_the_same(monkeypatch, capsys, arguments, message):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "boards")
    monkeypatch.setattr(sys, "argv", ["run_ecp5.py", *arguments.split()])
    assert importlib.import_module("run_ecp5").main() == 1
    assert capsys.readouterr().err.startswith(f"spikewright: {message}")


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        ({"neuron": "alpha"}, {"streams": Streams(encoding="unipolar")},
         "layers[0]: the input exc of alpha takes excitatory weights alone, and unipolar streams"),
        ({}, {"coding": Ttfs(steps=60_000)},
         "the input of an inference of 60000 steps would be 480000 bytes, and a frame of"),
    ],
)
def test_a_training_that_cannot_end_well_is_not_begun(model, changes, message):
    """What would be refused of the trained network is refused of its draft."""
    plain = TrainingConfig()
    config = replace(plain, model=replace(plain.model, parameters={}, **model), **changes)
    begun: list[object] = []
    with pytest.raises(DataError) as caught:
        train(config, load(), seed=0, progress=begun.append)
    assert str(caught.value).startswith(f"this network cannot be trained: {message}")
    assert not begun


@pytest.mark.parametrize("neuron", [name for name, one in DEFINITIONS.items() if one.spikes])
def test_every_neuron_has_a_draft(neuron):
    config = replace(ModelConfig(), sizes=(3, 2, 2), parameters={}, neuron=neuron,
                     membrane=Format(8, 8))
    assert draft(config, steps=2).inputs == 3


def test_a_run_on_a_port_that_is_not_there_trains_nothing(tmp_path, monkeypatch):
    from spikewright.job import run as job

    def begun(*_, **__):
        raise AssertionError("a training was begun")

    monkeypatch.setattr(job, "train", begun)
    with pytest.raises(DeviceError, match="/dev/ttyNowhere"):
        job.main_job(RunOptions(port="/dev/ttyNowhere", build=tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="part of the path is a file"):
        job.main_job(RunOptions(build=tmp_path / "file"))
