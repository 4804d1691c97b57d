"""A trained module from a file, and samples as it takes them; and the command that converts it."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import spikewright as spw
from spikewright import cli
from spikewright.exchange.module_file import load_module, module_samples
from spikewright.quantized import read

MODULE = """
import torch
from torch import nn
import spikewright as spw

def module():
    torch.manual_seed(0)
    made = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    task = spw.load_data("mine.npz")
    x, y = torch.tensor(task.x_train), torch.tensor(task.y_train)
    optimizer = torch.optim.Adam(made.parameters(), 0.02)
    for _ in range(150):
        loss = nn.functional.cross_entropy(made(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return made
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = np.clip(np.eye(4)[y] * 0.6 + 0.4 * rng.random((90, 4)), 0, 1)
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y, low=0.0, high=1.0)
    (tmp_path / "net.py").write_text(MODULE)
    return tmp_path


@pytest.mark.filterwarnings("ignore::spikewright.errors.SpikewrightWarning")
def test_the_command_converts_what_the_file_defines(folder, capsys):
    assert cli.main(["convert", "net.py", "out.spw", "--data", "mine.npz", "--steps", "6"]) == 0
    made = read(folder / "out.spw")
    assert made.network.steps == 6 and [one.neuron for one in made.network.layers][1] == "li"
    assert made.provenance.accuracy_integer is not None
    assert made.provenance.accuracy_integer > 0.9  # chance is 1/3
    out = capsys.readouterr().out
    assert "unevenness" in out and "out.spw: " in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "net.py defines no module; it needs a function module() that returns a module"),
        ("def module():\n    return 5", "net.py defines no module; "),
        ("\n1 / 0", "line 2 of net.py failed: ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_without_a_module_is_a_sentence(folder, capsys, text, said):
    (folder / "net.py").write_text(text)
    assert cli.main(["convert", "net.py", "out.spw"]) == 1
    assert capsys.readouterr().err.startswith(f"spikewright: {said}")
    with pytest.raises(spw.DataError, match=r"there is no file none\.py"):
        load_module("none.py")


def test_a_wrong_percentile_names_its_option(folder, capsys):
    arguments = ["convert", "net.py", "out.spw", "--data", "mine.npz", "--percentile", "0"]
    assert cli.main(arguments) == 1
    assert "--percentile is 0; it must be above 0" in capsys.readouterr().err


def test_samples_are_as_the_module_takes_them():
    digits = spw.load_task("digits")
    linear, conv = nn.Sequential(nn.Linear(64, 2)), nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    assert module_samples(linear, digits, most=5).shape == (5, 64)
    assert module_samples(conv, digits, most=5).shape == (5, 1, 8, 8)
    x = np.arange(2 * 4 * 3 * 2).reshape(2, 4, 3, 2) / 48
    colours = spw.Task(name="c", kind="image", x_train=x, y_train=np.arange(2), x_test=x,
                       y_test=np.arange(2))
    assert torch.equal(module_samples(conv, colours)[1, 1], torch.tensor(x[1, :, :, 1]).float())
    spikes = replace(colours, kind="spikes", shape=None, low=None, high=None,
                     x_train=np.zeros((2, 3, 4)), x_test=np.zeros((2, 3, 4)))
    message = "c is of the kind spikes; what is converted takes values"
    with pytest.raises(spw.DataError, match=f"^{re.escape(message)}$"):
        module_samples(conv, spikes)
