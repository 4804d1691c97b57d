"""The virtual board: the real gateware behind a real port."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import serial

from spikewright import tool_search, tools
from spikewright.device import virtual
from spikewright.device.connect import connect
from spikewright.device.virtual import VirtualBoard, build_virtual_board
from spikewright.errors import BuildError, DeviceError
from spikewright.network.reference import run
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network
from spikewright_hw.protocol import VERSION, BoardStatus, Command, Hello, Kind

NETWORK = example_network(
    sizes=(13, 6, 3), steps=4, weight_bits=4, membrane=Format(8, 8), exponent=2,
    neurons=("recurrent_lif", "nir_cuba_li"),
)

#: Compiled in a moment.
TINY = example_network(
    sizes=(2, 2), steps=1, weight_bits=4, membrane=Format(8, 2), exponent=0, neurons=("li",)
)


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    return build_virtual_board(NETWORK, tmp_path_factory.mktemp("board"), clock_hz=12_000_000)


@pytest.fixture
def board(program):
    with VirtualBoard(program) as running:
        yield running


def ticks(pid: int) -> int:
    """Return the processor time of a process, in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_says_what_it_is(board):
    with connect(board.port, network=NETWORK) as opened:
        assert opened.hello() == Hello(
            VERSION, Kind.VIRTUAL, 13, 3, 4, 2, 12_000_000, NETWORK.digest(),
            frozenset(Command) - {Command.LOAD, Command.POWER}, divisor=4, window=2,
        )


def test_equals_the_reference(board):
    seed = int(np.random.SeedSequence().generate_state(1)[0])
    print(f"seed {seed}")
    spikes = np.random.default_rng(seed).integers(0, 2, (40, 4, 13))
    spikes[0], spikes[1] = 0, 1
    expected = run(NETWORK, spikes)
    with connect(board.port, network=NETWORK) as opened:
        for number, sample in enumerate(spikes):
            result, trace = opened.infer(sample), opened.trace()
            assert result.prediction == expected.predictions[number]
            assert result.input_events == sample.sum() == expected.input_events[number]
            assert result.synops == expected.synops[number]
            assert result.spikes == tuple(expected.layer_spikes[number])
            assert np.array_equal(trace.spikes[0], expected.layers[0].spikes[number])
            assert np.array_equal(trace.membranes, expected.layers[1].membranes[number])
            assert result.outputs == trace.membranes[-1]


def test_another_network_is_refused(board):
    other = Network(NETWORK.layers, steps=5)
    with pytest.raises(DeviceError, match=f"holds network {NETWORK.digest().hex()[:8]}, not "):
        connect(board.port, network=other)


def test_survives_garbage_at_any_time(board):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    source = random.Random(seed)
    for _ in range(10):
        with serial.Serial(board.port, write_timeout=5) as port:
            port.write(source.randbytes(source.randrange(1, 2000)))
        with connect(board.port, network=NETWORK) as opened:
            assert opened.infer(np.zeros((4, 13))).outputs == (0, 0, 0)


def test_runs_inferences_by_itself(board):
    spikes = np.random.default_rng(5).integers(0, 2, (4, 13))
    with connect(board.port, network=NETWORK) as opened:
        right = opened.infer(spikes)
        one, many = opened.run(spikes, times=1), opened.run(spikes, times=500)
        assert one.result == many.result == right
        assert (one.inferences, many.inferences) == (1, 500)
        assert one.cycles > right.cycles and many.cycles == 500 * one.cycles
        assert opened.status().inferences == 1 + 1 + 1 + 500  # the run of many asks for one first
        assert opened.repeated == 0


def test_runs_inferences_until_it_is_told(board):
    """And while it does, what it does otherwise is as it was."""
    spikes = np.random.default_rng(6).integers(0, 2, (4, 13))
    with connect(board.port, network=NETWORK) as opened:
        one = opened.run(spikes, times=1)
        for _ in range(2):
            repeats = opened.repeats(spikes)
            repeats.begin()
            time.sleep(0.2)
            ran = repeats.end()
            assert ran.result == one.result and ran.inferences > 20
            assert ran.cycles == ran.inferences * one.cycles
        assert opened.infer(spikes) == one.result


def test_a_run_that_a_byte_ended_is_told(board):
    with connect(board.port, network=NETWORK) as opened:
        repeats = opened.repeats(np.zeros((4, 13)))
        repeats.begin()
        opened._link._serial.write(b"\0")
        deadline = time.monotonic() + 20
        while not opened._link._serial.in_waiting:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises(DeviceError) as caught:
            repeats.end()
        assert str(caught.value) == (
            f"The board on {board.port} ended RUN before it was told to: a byte came over the "
            "line; keep other programs, and noise, from it."
        )


def test_counts_errors_and_forgets_them_with_a_reset(board):
    with connect(board.port, network=NETWORK) as opened:
        opened.infer(np.zeros((4, 13)))
        opened._link._serial.write(b"\0\2\1\0\x05\1\1\x3e\x1e\0\0")
        found = opened.status()
        assert found == BoardStatus(bad_checksums=1, overflows=0, malformed=1, inferences=1)
        opened.trace()
        opened.reset()
        assert opened.status() == BoardStatus(
            bad_checksums=0, overflows=0, malformed=0, inferences=0
        )
        with pytest.raises(DeviceError, match=r"refuses TRACE: there was no inference yet\.$"):
            opened.trace()
        assert opened.infer(np.zeros((4, 13))).outputs == (0, 0, 0)


def test_passes_its_test(board):
    with connect(board.port, network=NETWORK) as opened:
        passed = opened.self_test(samples=5, seed=3, times=50)
        assert (passed.samples, passed.repeated) == (5, 50) and passed.compared > 5 * 4 * 6
        with pytest.raises(ValueError, match=r"^samples is 0; it must be a whole number"):
            opened.self_test(samples=0)
        with pytest.raises(ValueError, match=r"^times is 0; it must be a whole number"):
            opened.run(np.zeros((4, 13)), times=0)


@pytest.mark.parametrize("layer", [0, 1])
def test_a_board_with_a_wrong_weight_does_not_pass_its_test(board, layer):
    """The board is right, and the reference has the weight: it is the same to the test."""
    layers = list(NETWORK.layers)
    weights = [list(row) for row in layers[layer].weights]
    weights[2][1] = -weights[2][1] or 7
    layers[layer] = replace(layers[layer], weights=tuple(map(tuple, weights)))
    other = Network(tuple(layers), steps=4)
    with connect(board.port, network=NETWORK) as opened:
        opened._network = other
        with pytest.raises(DeviceError, match=r"something else than the reference: \d+ of \d+ val"):
            opened.self_test()


def test_sleeps_while_nothing_is_asked(board):
    with connect(board.port, network=NETWORK) as opened:
        time.sleep(0.3)
        before = ticks(board.pid)
        time.sleep(1)
        assert ticks(board.pid) - before <= 5
        assert opened.hello().kind is Kind.VIRTUAL


def test_ends_with_its_context(program):
    with VirtualBoard(program) as running:
        assert alive(running.pid)
    assert not alive(running.pid)
    assert not Path(running.port).exists()


def test_ends_with_the_process_that_started_it(program):
    script = (
        "import os, sys; from pathlib import Path;"
        "from spikewright.device.virtual import VirtualBoard;"
        "board = VirtualBoard(Path(sys.argv[1])).__enter__();"
        "print(board.pid, flush=True); os._exit(1)"
    )
    command = [sys.executable, "-c", script, str(program)]
    started = subprocess.run(command, capture_output=True, text=True, check=False)
    pid = int(started.stdout)
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


@pytest.mark.parametrize(("number", "said"), [
    (signal.SIGSTOP, "is stopped, as by SIGSTOP; `kill -CONT {pid}` lets it go on"),
    (signal.SIGKILL, "has ended: its process was killed, or failed"),
])
def test_a_board_that_cannot_answer_is_told_soon(program, number, said):
    """Long before an inference of the slowest board would be given up; and it can be closed."""
    with VirtualBoard(program) as running:
        assert running.trouble() == ""
        os.kill(running.pid, number)
        deadline = time.monotonic() + 20
        while not (found := running.trouble()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert found == said.format(pid=running.pid)
    assert not alive(running.pid)


def test_a_board_that_goes_on_soon_is_no_trouble(program):
    with VirtualBoard(program) as running:
        for _ in range(2):
            os.kill(running.pid, signal.SIGSTOP)
            time.sleep(0.1)
            assert running.trouble() == ""
            os.kill(running.pid, signal.SIGCONT)
            time.sleep(1.1)
            assert running.trouble() == ""


def test_an_inference_on_a_board_that_is_stopped_ends_in_a_sentence(program):
    with VirtualBoard(program) as running, connect(
        running.port, network=NETWORK, timeout=600, trouble=running.trouble
    ) as opened:
        os.kill(running.pid, signal.SIGSTOP)
        with pytest.raises(DeviceError) as caught:
            opened.infer(np.zeros((4, 13)))
        assert str(caught.value) == (
            f"The board on {running.port} is stopped, as by SIGSTOP; `kill -CONT {running.pid}` "
            "lets it go on."
        )


def test_a_board_that_dies_is_noticed(program):
    with VirtualBoard(program) as running, connect(running.port, network=NETWORK) as opened:
        os.kill(running.pid, 9)
        with pytest.raises(DeviceError, match=r"^The board on .* in the middle of HELLO; check"):
            opened.hello()


def test_a_program_that_is_not_there(tmp_path):
    with (
        pytest.raises(DeviceError, match=r"missing cannot be started: No such file .*; build it"),
        VirtualBoard(tmp_path / "missing"),
    ):
        pass


def test_a_compiler_that_fails(tmp_path, monkeypatch):
    harness = tmp_path / "virtual_board.cpp"
    harness.write_text("int main() { return missing; }\n")
    monkeypatch.setattr("spikewright.device.virtual.HARNESS", harness)
    with pytest.raises(BuildError, match=r"^make failed: .*missing.* \(see .*make\.log\)$"):
        build_virtual_board(TINY, tmp_path / "board")
    assert not (tmp_path / "board" / "virtual_board").exists()


def test_no_python_has_to_be_on_the_path(tmp_path, monkeypatch):
    """Debian has ``python3`` alone, and Verilator's makefile starts ``python``."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nexit 127\n")
    python.chmod(0o755)
    monkeypatch.setattr(tool_search, "scripts", lambda: python.parent)
    assert build_virtual_board(TINY, tmp_path / "board", clock_hz=12_000_000).exists()


@pytest.mark.parametrize(
    "name", ["é(x)#%c$d'\"", pytest.param("a b", marks=pytest.mark.slow)]
)
def test_any_path_of_the_build_and_of_verilator_will_do(tmp_path, monkeypatch, empty_cache, name):
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.delenv("OBJCACHE")  # objects of an installation that is not used again
    monkeypatch.setattr(virtual, "run", lambda tool, arguments, **options: tools.run(
        tool, [word.replace("-O2", "-O0") for word in arguments], **options
    ))  # which takes half the time
    packaged = tool_search.package_folder("verilator")
    assert packaged is not None
    (folder / "verilator").symlink_to(packaged)
    monkeypatch.setattr(tool_search, "package_folder", lambda package: folder / package)
    entry = replace(tools.TOOLS["verilator"], search=(tool_search.packaged_verilator,))
    monkeypatch.setitem(tools.TOOLS, "verilator", entry)
    program = build_virtual_board(TINY, folder / "board", logs=folder / "logs")
    with VirtualBoard(program) as running, connect(running.port, network=TINY) as opened:
        assert opened.infer(np.zeros((1, 2))).outputs == (0, 0)
    assert (folder / "logs" / "make.log").is_file()
