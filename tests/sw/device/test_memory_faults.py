"""Bits of memories that are flipped: where they are, and what a virtual board computes then."""

import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.device.connect import connect
from spikewright.device.memory_faults import (
    Faults,
    Flip,
    Memory,
    declared_memories,
    draw_flips,
    open_memories,
    place_of,
    weight_flip,
)
from spikewright.device.virtual import VirtualBoard, build_virtual_board
from spikewright.errors import DeviceError
from spikewright.network.reference import run
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.weight_image import layer_images
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

#: Its first layer's weights are in block RAM, those of the second in look-up tables.
NETWORK = example_network(
    sizes=(36, 4, 3), steps=3, weight_bits=4, membrane=Format(8, 4), exponent=2,
    neurons=("lif", "li"),
)
MEMORIES = (Memory(name="a", words=3, bits=5), Memory(name="b", words=1, bits=2))


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build_virtual_board(NETWORK, tmp_path_factory.mktemp("board"), faults=Faults())


@pytest.fixture
def board(program):
    with VirtualBoard(program) as running:
        yield running


def samples(count: int) -> np.ndarray:
    return (np.random.default_rng(4).random((count, 3, 36)) < 0.3).astype(int)


def with_a_bit_flipped(number: int, row: int, neuron: int, bit: int) -> Network:
    """Return the network with another weight; bit 3, the sign, is left alone."""
    layers = list(NETWORK.layers)
    weights = [list(one) for one in layers[number].weights]
    weights[row][neuron] = weights[row][neuron] ^ 1 << bit
    layers[number] = replace(layers[number], weights=tuple(map(tuple, weights)))
    return Network(tuple(layers), steps=3)


def test_the_memories_are_known_before_the_board_is_compiled(board, program):
    assert declared_memories((program.parent / "board.v").read_text()) == board.memories
    state = Memory(name="engine.layer_1.rows.group_0.state_v_2", words=1, bits=12)
    assert state in board.memories


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (Faults(flips=(Flip(memory="engine.nothing", word=0, bit=0),)), "memory is 'engine.noth"),
        (Faults(drawn=10**9), "count is 1000000000; it must be a whole number from 1 to "),
    ],
)
def test_bits_that_there_are_not_are_refused_before_it_is_compiled(
    faults, said, tmp_path, monkeypatch
):
    monkeypatch.setattr("spikewright.device.virtual.run", lambda *_, **__: pytest.fail("compiled"))
    with pytest.raises(ValueError, match=f"^{said}"):
        build_virtual_board(NETWORK, tmp_path, faults=faults)


@pytest.mark.parametrize("number", [0, 1])
def test_a_flipped_weight_gives_what_the_reference_with_this_weight_gives(board, number):
    """Every prediction, spike and membrane, and no other; flipped back, all is as it was."""
    layer, spikes = NETWORK.layers[number], samples(30)
    before = run(NETWORK, spikes)
    row, neuron = next(
        (row, neuron) for row, weights in enumerate(layer.weights)
        for neuron, weight in enumerate(weights) if weight in (4, 5)  # the sums hold a lesser one
    )
    other = with_a_bit_flipped(number, row, neuron, 2)
    after = run(other, spikes)
    assert not np.array_equal(before.outputs, after.outputs)
    flip = weight_flip(
        board.memories, layer, number=number, row=row, neuron=neuron, bit=2
    )
    with connect(board.port, network=NETWORK) as session:
        for expected in (before, after, before):
            answers = session.infer_all(spikes)
            assert np.array_equal(answers.predictions, expected.predictions)
            assert np.array_equal(answers.outputs, expected.outputs)
            assert np.array_equal(answers.spikes[0], expected.layers[0].spikes)
            board.flip(flip)


def test_a_board_with_a_flipped_weight_does_not_pass_its_test(board):
    layer = NETWORK.layers[1]
    with connect(board.port, network=NETWORK) as session:
        session.self_test(samples=8, times=5)
        board.flip(weight_flip(board.memories, layer, number=1, row=0, neuron=0, bit=3))
        named = "1 of its bits was flipped on purpose: engine.layer_1.rows.weights."
        for flipped, reason in (((), "it is virtual, so either"), (board.flipped, named)):
            with pytest.raises(DeviceError, match=f"else than the reference: .*; {reason}"):
                session.self_test(samples=8, times=5, flipped=flipped)
        session.reset()  # a model begins again, with the weights that it was compiled with
        session.self_test(samples=8, times=5)


def test_a_flipped_membrane_is_wrong_from_that_step_on(board):
    """It happens in the inference, after so many cycles; the next inference begins anew."""
    spikes = samples(1)[0]
    name = "engine.layer_1.rows.group_0.state_v_2"
    assert Memory(name=name, words=1, bits=12) in board.memories
    with connect(board.port, network=NETWORK) as session:
        right, steps = session.infer(spikes), np.array(session.trace().membranes)
        first = []
        for after in range(20, right.cycles + 40, 20):
            board.flip(Flip(memory=name, word=0, bit=9, after=after))
            session.infer(spikes)
            wrong = np.argwhere(np.array(session.trace().membranes) != steps)
            assert {*wrong[:, 1]} <= {2}  # of this neuron alone
            assert [*wrong[:, 0]] == [*range(wrong[0, 0], 3)] if len(wrong) else True
            first.append(wrong[0, 0] if len(wrong) else 3)
        assert first == sorted(first) and len({*first}) > 1
        assert session.infer(spikes) == right


def test_a_board_that_was_not_compiled_for_faults(tmp_path):
    tiny = example_network(
        sizes=(2, 2), steps=1, weight_bits=4, membrane=Format(8, 2), exponent=0, neurons=("li",)
    )
    with (
        VirtualBoard(build_virtual_board(tiny, tmp_path)) as running,
        pytest.raises(DeviceError) as caught,
    ):
        running.flip(Flip(memory="a", word=0, bit=0))
    assert str(caught.value) == (
        "the virtual board was compiled without a way to its memories; make it again, with "
        "faults=Faults()"
    )


def test_a_board_that_has_ended_takes_no_fault(program):
    with VirtualBoard(program) as running:
        running._process.kill()
        with pytest.raises(DeviceError, match=r"^the virtual board has ended"):
            _ = running.memories


def test_a_bit_that_there_is_not(board):
    name = board.memories[0].name
    for flip, said in (
        (Flip(memory="engine.layer_0", word=0, bit=0), "memory is 'engine.layer_0'; the nearest "),
        (Flip(memory=name, word=9, bit=0), "word is 9; it must be a whole number from 0 to 0"),
        (Flip(memory=name, word=0, bit=99), "bit is 99; it must be a whole number from 0 to 11"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
            board.flip(flip)


def test_a_flip_as_text():
    assert str(Flip(memory="a.b", word=3, bit=7)) == "a.b:3:7"
    for flip in (Flip(memory="a.b", word=3, bit=7), Flip(memory="x", word=0, bit=1, after=5)):
        assert Flip.parse(str(flip)) == flip
    with pytest.raises(ValueError, match=r"^'a:3' is no bit of a memory; write its memory, word"):
        Flip.parse("a:3")
    with pytest.raises(ValueError, match=rf"^after is {1 << 63}; it must be a whole number from 0"):
        Flip.parse(f"a:3:0@{1 << 63}")  # more than a virtual board counts


def test_each_bit_is_drawn_once():
    drawn = draw_flips(MEMORIES, count=17, seed=3)
    assert drawn == draw_flips(MEMORIES, count=17, seed=3) != draw_flips(MEMORIES, count=17, seed=4)
    assert len({*map(str, drawn)}) == 17
    for flip in drawn:
        place_of(flip, MEMORIES)
    late = draw_flips(MEMORIES, count=17, seed=3, within=6)
    assert all(1 <= flip.after <= 6 for flip in late)
    with pytest.raises(ValueError, match=r"^count is 18; it must be a whole number from 1 to 17"):
        draw_flips(MEMORIES, count=18, seed=0)


def test_bits_that_are_given_are_not_drawn_once_more():
    """A bit that is flipped twice is as it was."""
    for seed in range(20):
        given = draw_flips(MEMORIES, count=9, seed=seed)
        flips = Faults(flips=given, drawn=8, seed=seed + 1).among(MEMORIES)
        assert len({(flip.memory, flip.word, flip.bit) for flip in flips}) == 17
    faults = Faults(flips=draw_flips(MEMORIES, count=9, seed=0), drawn=9)
    with pytest.raises(ValueError, match=r"^count is 9; it must be a whole number from 1 to 8$"):
        faults.among(MEMORIES)


@pytest.mark.parametrize("banks", [1, 2, 3])
@pytest.mark.parametrize("block", [0, 7, 12])
def test_where_a_weight_is(banks, block):
    """Against what lies in the memories, each of which may be in two parts."""
    layer = example_network(
        sizes=(7, 3, 2), steps=1, weight_bits=4, membrane=Format(8, 4),
        neurons=("recurrent_lif", "li"),
    ).layers[0]
    images, memories, parts = layer_images(layer, banks=banks), [], {}
    for bank, image in enumerate(images):
        name = "engine.layer_0.rows.weights" + (f"_{bank}" if banks > 1 else "")
        for part, bits in (("block", block), ("luts", 12 - block)):
            if bits:
                memories.append(Memory(name=f"{name}.{part}", words=len(image.rows), bits=bits))
                shift = block if part == "luts" else 0
                parts[f"{name}.{part}"] = [row >> shift for row in image.rows]
    for row, weights in enumerate((*layer.weights, *(layer.recurrent or ()))):
        for neuron, weight in enumerate(weights):
            for bit in range(4):
                flip = weight_flip(
                    memories, layer, number=0, row=row, neuron=neuron, bit=bit
                )
                place_of(flip, memories)
                assert parts[flip.memory][flip.word] >> flip.bit & 1 == weight >> bit & 1


def test_weights_that_are_not_there():
    layer = NETWORK.layers[0]
    with pytest.raises(ValueError, match=r"^there are no memories of weights of an event engine's"):
        weight_flip(MEMORIES, layer, number=0, row=0, neuron=0, bit=0)
    with pytest.raises(ValueError, match=r"^row is 36; it must be a whole number from 0 to 35"):
        weight_flip(MEMORIES, layer, number=0, row=36, neuron=0, bit=0)


def test_which_declarations_are_opened():
    text = "  reg [7:0] \\a$1  [3:0];\n  reg [3:0] state_v_0 = 4'h0;\n  reg [3:0] other;\n"
    opened = open_memories(text).splitlines()
    assert opened == [
        "  reg [7:0] \\a$1  [3:0] /* verilator public_flat_rw */ ;",
        "  reg [3:0] state_v_0  /* verilator public_flat_rw */ = 4'h0;",
        "  reg [3:0] other;",
    ]
