"""Limits of a .spw file, and files that were changed at random."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from spikewright.coding.ttfs import Ttfs
from spikewright.errors import NetworkFileError
from spikewright.quantized import read, write
from spikewright.quantized.container import KEY, MOST_BYTES, MOST_HEADER, content_hash
from spikewright_hw.fixed import Format
from spikewright_hw.network import MOST_LAYERS, Layer, Network, NetworkError
from spikewright_hw.protocol import MAX_PAYLOAD

from .spw_files import forge, parts, quantized, refused, replaced


@pytest.fixture
def path(tmp_path) -> Path:
    path = tmp_path / "net.spw"
    write(path, quantized())
    return path


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("steps",), 10**9, "steps is 1000000000; it must be a whole number from 1 to 65531"),
        (("steps",), 65_531, "the trace of an inference of 65531 steps would be 851903 bytes"),
        (("steps",), 10**400, "steps is a number of more than 300 digits; it must be a whole"),
        (("coding", "high"), 10**400, "coding.high is a number of more than 300 digits; it must"),
        (("coding", "inputs"), 10**30, "coding.inputs is 1" + 30 * "0" + "; it must be a whole"),
        (("provenance", "seed"), 1 << 64, "provenance.seed is 18446744073709551616; it must be"),
        (("provenance", "data_set"), "\ud800", "provenance.data_set is '\\ud800'; it holds half"),
        (("provenance", "training"), {"a": ["\udfff"]}, "provenance.training.a[0] is '\\udfff'"),
        (("provenance", "versions"), {"\ud800": "1"}, "a name in provenance.versions is '\\ud800'"),
        (("provenance", "versions"), {"torch": 2}, "provenance.versions.torch is 2; it must be a"),
        (("layers", 0, "neurons"), 10**400, "layers[0].neurons say [a number of more than"),
        (("layers", 0, "parameters", "decay"), "\ud800", "layers[0].parameters.decay is '\\ud800'"),
    ],
)
def test_limits_of_the_schema(path, keys, value, message):
    forge(path, replaced(keys, value))
    refused(path, message)


def test_a_file_that_is_too_large(path):
    with path.open("r+b") as file:
        file.truncate(MOST_BYTES + 1)
    refused(path, f"the file is larger than the {MOST_BYTES} bytes that it may have")


def test_an_endless_file_is_not_read_to_its_end():
    refused(Path("/dev/zero"), "the file is larger than the 33554432 bytes that it may have")


def test_a_header_that_is_too_large(path):
    forge(path, lambda body, _: body["provenance"].update(data_set="x" * MOST_HEADER))
    refused(path, f"it may have {MOST_HEADER}")
    given = quantized()
    large = replace(given, provenance=replace(given.provenance, data_set="x" * MOST_HEADER))
    with pytest.raises(NetworkFileError, match="cannot be written: its header has"):
        write(path, large)


READ = """
import resource, sys
from spikewright.quantized import read
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    read(path)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_largest_values_in_a_small_file_take_little_memory(tmp_path):
    """A kilobyte for each layer: steps at most, widest states, the neurons with tables."""
    paths = []
    for neuron in ("lif", "adex", "exp_if"):
        path = tmp_path / f"{neuron}.spw"
        form = Format(16, 16)
        layers = (Layer(((1,),), 8, neuron, {}, form), Layer(((1,),), 8, "li", {}, form))
        given = quantized()
        steps = MAX_PAYLOAD // 5  # of a trace of five bytes: a spike and a membrane
        network = Network(layers, steps)
        write(path, replace(given, network=network, coding=Ttfs(inputs=1, steps=steps)))
        paths.append(path)
    with pytest.raises(NetworkError, match="the trace of an inference"):
        Network(layers, steps + 1)
    deep = Network((layers[0],) * (MOST_LAYERS - 1) + (layers[1],), MAX_PAYLOAD // 67)
    paths.append(tmp_path / "deep.spw")
    write(paths[-1], replace(given, network=deep, coding=Ttfs(inputs=1, steps=deep.steps)))
    assert max(path.stat().st_size for path in paths) < 1024 * MOST_LAYERS
    result = subprocess.run(
        [sys.executable, "-c", READ, *paths], env=os.environ, capture_output=True, text=True,
        check=True,
    )
    assert int(result.stdout) < 64 * 1024  # in KiB


def test_what_nests_deeply(path):
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    forge(path, lambda body, _: body["provenance"].update(training={"a": deep}))
    refused(path, "is nested more than 32 levels deep")


STRANGE_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from((10**9, 10**400, -1, 0, 1 << 64)),
    st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(), max_size=5),
    st.sampled_from(("\ud800", "Q8.4", "Q999999999.0", "lif", "li", "adex", "floor", "\n")),
    st.lists(st.integers(-3, 3), max_size=3), st.dictionaries(st.text(max_size=3), st.integers()),
)


def places(value: Any, at: tuple = ()):
    """Return the path of every value below."""
    below = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in below:
        yield (*at, key)
        if isinstance(one, dict | list):
            yield from places(one, (*at, key))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_changed_file_is_a_network_or_a_sentence(tmp_path_factory, data):
    """Whatever stands in a field: no other error, at once."""
    path = tmp_path_factory.getbasetemp() / "changed.spw"
    write(path, quantized())
    body, tensors = parts(path)
    for _ in range(data.draw(st.integers(1, 2))):
        *keys, last = data.draw(st.sampled_from(list(places(body))))
        inner: Any = body
        for key in keys:
            inner = inner[key]
        inner[last] = data.draw(STRANGE_VALUES)
    if data.draw(st.booleans()) and isinstance(body, dict):
        body["hash"] = content_hash(body, tensors)
    path.write_bytes(save(tensors, metadata={KEY: json.dumps(body)}))
    try:
        given = read(path)
    except NetworkFileError as error:
        message = str(error)
        assert message.startswith(f"{path}: ") and "\n" not in message and len(message) < 600
        message.encode()
    else:
        write(path, given)
        assert read(path) == given


@settings(max_examples=100, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), new=st.binary(max_size=12), cut=st.integers(0, 12))
def test_changed_bytes_are_a_network_or_a_sentence(tmp_path_factory, at, new, cut):
    path = tmp_path_factory.getbasetemp() / "bytes.spw"
    write(path, quantized())
    content = path.read_bytes()
    place = int(at * len(content))
    path.write_bytes(content[:place] + new + content[place + cut :])
    try:
        assert read(path) == quantized()
    except NetworkFileError as error:
        assert "\n" not in str(error)
