"""A virtual board that is left running, opened by a program of the user's own."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import serial

from spikewright import cli
from spikewright.coding.ttfs import Ttfs
from spikewright.device.connect import connect
from spikewright.device.piped import pipe_port
from spikewright.device.served import virtual_port
from spikewright.errors import DeviceError
from spikewright.gateware.board import BOARDS
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright.quantized.spw import write
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format
from spikewright_hw.protocol import (
    Command,
    Frame,
    Hello,
    Kind,
    Status,
    decode_frame,
    encode_frame,
)

NETWORK = example_network(sizes=(6, 4, 3), steps=2, weight_bits=4, membrane=Format(8, 4))
QUANTIZED = QuantizedNetwork(
    network=NETWORK,
    coding=Ttfs(inputs=6, steps=2, low=0.0, high=1.0, silent=0.1),
    provenance=Provenance(data_set="made", seed=0, accuracy_float=0.5, accuracy_integer=0.5),
)


def test_programs_open_it_one_after_the_other(tmp_path):
    board = BOARDS["icebreaker"].at(18)
    with virtual_port(QUANTIZED, board=board, build=tmp_path) as running:
        for _ in range(2):
            with connect(running.port, network=NETWORK, board=board) as session:
                assert session.hello().clock_hz == 18_000_000
        with serial.Serial(running.port, 1_000_000, timeout=0.1) as port:
            port.write(b"\x01\x02\x00")  # no frame: refused, and answered
            assert port.read(1)


def test_a_board_is_asked_tested_and_reset_by_commands(tmp_path, capsys):
    file = tmp_path / "net.spw"
    write(file, QUANTIZED)

    def said(*options: str) -> str:
        assert cli.main(["board", "--port", running.port, "--model", str(file), *options]) == 0
        return capsys.readouterr().out

    with virtual_port(QUANTIZED, build=tmp_path) as running:
        assert said("--self-test") == (
            "The board passed: 64 drawn samples, 1,408 values equal the integer reference, and "
            "1,000 inferences of the last sample that it ran by itself.\n"
        )
        assert said("--status").endswith("\n1065 inferences\n")  # RUN begins with a single one
        assert said("--reset") == "The board is as it is after power-up.\n"
        assert said("--status") == (
            "0 frames with a wrong checksum\n0 frames of which bytes were lost\n"
            "0 other frames that were refused\n0 inferences\n"
        )


def test_a_board_is_served_on_standard_input_and_output(tmp_path):
    """Frames in, answers out, and nothing else; it ends when its input does."""
    write(file := tmp_path / "net.spw", QUANTIZED)
    frames = b"".join(encode_frame(Frame(at, Command.HELLO)) for at in (1, 2))
    done = subprocess.run(
        [sys.executable, "-m", "spikewright.cli", "board", "--virtual", "icebreaker", "--model",
         str(file), "--pipe"],
        input=frames, capture_output=True, timeout=300, cwd=tmp_path, check=True,
    )
    answers = [decode_frame(one) for one in done.stdout.split(b"\0") if one]
    assert [(one.sequence, one.code) for one in answers] == [(1, Status.OK), (2, Status.OK)]
    assert Hello.unpack(answers[0].payload).kind == Kind.VIRTUAL


def test_a_pipe_whose_other_end_is_closed_ends_it(tmp_path):
    (reader, sent), (read, writer) = os.pipe(), os.pipe()
    os.close(read)  # nobody hears the answers
    os.write(sent, encode_frame(Frame(1, Command.HELLO)))
    with virtual_port(QUANTIZED, build=tmp_path) as running:
        pipe_port(running.port, reader=reader, writer=writer)
    for one in (reader, sent, writer):
        os.close(one)
    with pytest.raises(DeviceError, match=r"^The port /dev/nothing cannot be opened: No such file"):
        pipe_port("/dev/nothing", reader=0, writer=1)


def test_a_board_that_holds_another_network_is_not_asked(tmp_path, capsys):
    file = tmp_path / "net.spw"
    other = example_network(sizes=(6, 4, 3), steps=2, weight_bits=3, membrane=Format(8, 4))
    write(file, replace(QUANTIZED, network=other))
    with virtual_port(QUANTIZED, build=tmp_path) as running:
        arguments = ["board", "--port", running.port, "--model", str(file), "--status"]
        assert cli.main(arguments) == 1
    assert f"The board on {running.port} holds network " in capsys.readouterr().err


def test_the_lights_show_the_class_of_the_last_inference(tmp_path, capfd):
    spikes = np.random.default_rng(5).random((16, 2, 6)) < 0.5
    shown, last = "", 0
    with (
        virtual_port(QUANTIZED, build=tmp_path, lights=True) as running,
        connect(running.port, network=NETWORK) as session,
    ):
        for sample in spikes:
            right = session.infer(sample).prediction
            ends = time.monotonic() + 20
            while right != last and not shown.endswith(f"Lights: configured, class {right}\n"):
                assert time.monotonic() < ends, shown
                time.sleep(0.01)
                shown += capfd.readouterr().out
            last = right
    assert len({*shown.splitlines()}) > 1, "one class alone was drawn"


def test_a_board_that_there_is_not(tmp_path):
    with (
        pytest.raises(ValueError, match=r"^board is 'icebraker'; the nearest names are icebreaker"),
        virtual_port(QUANTIZED, board="icebraker", build=tmp_path),
    ):
        pass


def test_bits_that_are_flipped_by_options_are_found_by_the_test(tmp_path, capsys, monkeypatch):
    file = tmp_path / "net.spw"
    write(file, QUANTIZED)
    monkeypatch.chdir(tmp_path)
    asked = ["board", "--virtual", "icebreaker", "--model", str(file)]
    assert cli.main([*asked, "--memories"]) == 0
    memories = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert memories["engine.layer_1.rows.weights.luts"] == "4 12"
    assert memories["engine.layer_0.rows.group_0.state_v_0"] == "1 12"
    bit = "engine.layer_1.rows.weights.luts:0:3"
    assert cli.main([*asked, "--flip", bit, "--self-test"]) == 1
    said = capsys.readouterr()
    assert said.out == f"Flipped: {bit}\n"
    assert "computes something else than the reference: " in said.err
    assert f"; 1 of its bits was flipped on purpose: {bit}." in said.err
    assert cli.main([*asked, "--flips", "3", "--seed", "5", "--status"]) == 0
    assert capsys.readouterr().out.count("Flipped: ") == 3
    for option, said in (
        ("nowhere:0:3", "--flip: memory is 'nowhere'; the nearest names are "),
        (bit.replace(":0:", ":9:"), "--flip: word is 9; it must be a whole number from 0 to 3"),
    ):
        assert cli.main([*asked, "--flip", option, "--status"]) == 1
        assert said in capsys.readouterr().err
