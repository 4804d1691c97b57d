"""Running the command line as a person does, on a network that is quickly built."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spikewright import cli
from spikewright.coding.ttfs import Ttfs
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright.quantized.spw import write
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network

COMMAND = (sys.executable, "-m", "spikewright.cli")


@pytest.fixture
def start(tmp_path: Path, launch) -> Callable[..., subprocess.Popen[str]]:
    """Start a command line in the test's own folder; nothing of it outlives the test."""

    def popen(*arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
        return launch(
            [*COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return popen


@pytest.fixture
def refused(start) -> Callable[..., str]:
    """Run a command line that is to fail and return the one sentence that it ends with."""

    def run(*arguments: str | Path, status: int = 1, **variables: str) -> str:
        process = start(*arguments, **variables)
        out, err = process.communicate(timeout=300)
        assert process.returncode == status, out + err
        return sentence(err)

    return run


@pytest.fixture
def refused_here(tmp_path, monkeypatch, capsys) -> Callable[..., str]:
    """Do the same in this process, which has loaded already what takes seconds to load."""

    def run(*arguments: str | Path) -> str:
        monkeypatch.chdir(tmp_path)
        assert cli.main([*map(str, arguments)]) == 1
        return sentence(capsys.readouterr().err)

    return run


def sentence(stderr: str) -> str:
    """Check that the last thing said is one line for a person and return it."""
    assert "Traceback" not in stderr, stderr
    last = stderr.strip().splitlines()[-1]
    assert last.startswith("spikewright: "), stderr
    return last.removeprefix("spikewright: ")


@pytest.fixture(name="sentence")
def sentence_fixture() -> Callable[[str], str]:
    return sentence


def layer(inputs: int, neurons: int, *, neuron: str, seed: int, **parameters: float) -> Layer:
    draw = random.Random(seed)
    weights = tuple(tuple(draw.randint(-7, 7) for _ in range(neurons)) for _ in range(inputs))
    return Layer(weights, 4, neuron, dict(parameters), Format(8, 2))


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """A network for the digits, untrained but quickly built: 64-6-10."""
    coding = Ttfs()
    network = Network(
        (
            layer(64, 6, neuron="lif", seed=1, decay=0.875, threshold=5.0),
            layer(6, 10, neuron="li", seed=2, decay=0.875),
        ),
        steps=coding.steps,
    )
    provenance = Provenance(data_set="digits", seed=0, accuracy_float=0.1, accuracy_integer=0.1)
    path = tmp_path_factory.mktemp("network") / "small.spw"
    write(path, QuantizedNetwork(network=network, coding=coding, provenance=provenance))
    return path
