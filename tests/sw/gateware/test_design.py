"""Engines as the command line asks for them, and where their memories lie."""

import re

import pytest

from spikewright.cli import design_of
from spikewright.cli.applies import parsed
from spikewright.cli.parser import parser
from spikewright.errors import SpikewrightError
from spikewright.gateware.synthesis import synthesize
from spikewright_hw.board import BoardTop
from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.protocol import Command

NETWORK = example_network(sizes=(3, 2, 3), steps=4, weight_bits=4, membrane=Format(6, 2))


def asked_for(*arguments: str):
    return design_of(parsed(parser(), ["run", *arguments]))


@pytest.mark.parametrize(
    ("arguments", "design"),
    [
        ("", EventDesign()),
        ("--share 8 --ram-style block", EventDesign(share=8, ram_style="block")),
        ("--banks 3", EventDesign(banks=3)),
        ("--commands few", EventDesign(commands="few")),
        ("--banks 4,8 --share 4,1", EventDesign(banks=(4, 8), share=(4, 1))),
        ("--engine stochastic", StochasticDesign()),
        (
            "--engine stochastic --length 64 --source lfsr --encoding unipolar --lanes 2 --share 8",
            StochasticDesign(
                streams=Streams(length=64, source="lfsr", encoding="unipolar"),
                lanes=2, share=8,
            ),
        ),
    ],
)
def test_an_engine_by_its_options(arguments, design):
    assert asked_for(*arguments.split()) == design


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--share 0", "--share is 0; it must be a whole number from 1 to 65535"),
        ("--banks 4,65", "--banks is 65; it must be a whole number from 1 to 64"),
        ("--banks 65", "--banks is 65; it must be a whole number from 1 to 64"),
        ("--ram-style huge", "--ram-style is 'huge'; there are auto, block"),
        (
            "--engine stochastic --lanes 3",
            "--lanes is 3; a layer has a power of two of them",
        ),
        (
            "--engine stochastic --length 60",
            "--length is 60; a bitstream has a power of two of bits, 16 to 65536",
        ),
    ],
)
def test_an_engine_that_there_is_not(arguments, message):
    with pytest.raises(SpikewrightError, match=f"^{re.escape(message)}$"):
        asked_for(*arguments.split())


@pytest.mark.parametrize("design", [EventDesign, StochasticDesign])
def test_a_board_of_few_commands_says_so(design):
    few, every = (
        BoardTop(network=NETWORK, divisor=4, clock_hz=1_000_000, virtual=True,
                 design=design(commands=name))
        for name in ("few", "all")
    )
    left_out = {Command.STATUS, Command.RESET, Command.RUN, Command.RATE}
    assert every.hello.commands - few.hello.commands == left_out
    texts = [as_rtlil(top, name="top") for top in (few, every)]
    assert len(texts[0]) < len(texts[1])
    assert str(design(commands="few")) == f"{design()}, without STATUS, RESET, RUN and RATE"


def test_sharing_and_memories_change_nothing_that_is_computed():
    small = StochasticDesign(lanes=1, share=16, ram_style="block")
    assert small.digest(NETWORK) == StochasticDesign().digest(NETWORK)
    assert EventDesign(share=2, ram_style="block").digest(NETWORK) == NETWORK.digest()


@pytest.mark.parametrize(
    "design", [EventDesign, pytest.param(StochasticDesign, marks=pytest.mark.slow)]
)
def test_block_ram_takes_the_place_of_registers_and_no_logic_comes_with_it(design, tmp_path):
    auto, block = (
        synthesize(
            as_rtlil(design(ram_style=style).engine(NETWORK), name="engine"),
            top="engine", family="ice40", build=tmp_path,
        ).counts
        for style in ("auto", "block")
    )
    # Four steps of 2 spikes, and of 3 membranes of 8 bits, in words of 16 bits.
    assert block.bram == auto.bram + 1 + 2
    assert block.ff <= auto.ff - 4 * (2 + 3 * 8)
    assert block.lut < auto.lut
