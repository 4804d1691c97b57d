"""The records of an inference: what the gateware lays out is what the host reads."""

import re
import struct

import pytest
from amaranth.hdl import Const
from hypothesis import given
from hypothesis import strategies as st

from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.record import (
    Result,
    Trace,
    pack_trace,
    spike_bytes,
    trace_bytes,
    unpack_result,
    unpack_trace,
)
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.fixed import Format

SIZES = [(3,), (12, 9, 5), (4, 8, 17, 1), (2, 7, 2)]


def network(sizes, steps=3):
    form = Format(6, 2)
    if len(sizes) == 1:
        sizes = (2, *sizes)
    return example_network(sizes=sizes, steps=steps, weight_bits=3, membrane=form)


COUNT = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2**32 - 1]))
MEMBRANE = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from([-1, -(2**31), 2**31 - 1]))


def exactly(elements, count):
    return st.lists(elements, min_size=count, max_size=count).map(tuple)


@given(st.data(), st.sampled_from(SIZES))
def test_the_host_reads_a_result_as_the_gateware_lays_it_out(data, sizes):
    made = network(sizes)
    result = Result(
        prediction=data.draw(st.integers(0, 2**16 - 1)),
        cycles=data.draw(COUNT),
        input_events=data.draw(COUNT),
        synops=data.draw(COUNT),
        spikes=data.draw(exactly(COUNT, len(made.layers))),
        outputs=data.draw(exactly(MEMBRANE, made.outputs)),
    )
    bits = Const.cast(result_layout(made).const({**vars(result)}))
    assert len(bits) % 8 == 0
    payload = (bits.value & ((1 << len(bits)) - 1)).to_bytes(len(bits) // 8, "little")
    assert unpack_result(made, payload) == result


def test_a_result_by_hand():
    made = network((3, 2))
    payload = bytes([1, 0, 9, 0, 0, 0, 0, 1, 0, 0, 255, 255, 255, 255, 7, 0, 0, 0])
    payload += bytes([254, 255, 255, 255, 0, 0, 1, 0])
    expected = Result(1, 9, 256, 2**32 - 1, spikes=(7,), outputs=(-2, 65536))
    assert unpack_result(made, payload) == expected


@given(st.data(), st.sampled_from(SIZES))
def test_traces_survive_packing(data, sizes):
    made = network(sizes)
    bit = st.integers(0, 1)
    trace = Trace(
        spikes=tuple(
            data.draw(exactly(exactly(bit, layer.neurons), made.steps))
            for layer in made.layers[:-1]
        ),
        membranes=data.draw(exactly(exactly(MEMBRANE, made.outputs), made.steps)),
    )
    payload = pack_trace(made, trace)
    assert len(payload) == trace_bytes(made)
    assert unpack_trace(made, payload) == trace


def test_a_trace_by_hand():
    made = network((2, 9, 1), steps=2)
    assert spike_bytes(made.layers[0]) == 2
    payload = bytes([0b10000001, 1]) + struct.pack("<i", -5) + bytes([2, 0]) + struct.pack("<i", 6)
    trace = Trace(
        spikes=(((1, 0, 0, 0, 0, 0, 0, 1, 1), (0, 1, 0, 0, 0, 0, 0, 0, 0)),),
        membranes=((-5,), (6,)),
    )
    assert unpack_trace(made, payload) == trace
    assert pack_trace(made, trace) == payload


@pytest.mark.parametrize("by", [-1, 1])
def test_wrong_sizes_are_refused(by):
    made = network((12, 9, 5))
    right = 2 + 3 * 4 + 2 * 4 + 5 * 4
    message = f"a result of this network is {right} bytes, not {right + by}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        unpack_result(made, bytes(right + by))
    right = 3 * (2 + 5 * 4)
    message = f"a trace of this network is {right} bytes, not {right + by}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        unpack_trace(made, bytes(right + by))
