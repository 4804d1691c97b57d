"""Codings as modules of PyTorch."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import spikewright as spw
from spikewright.coding.encoder import Encoder

DIGITS = spw.load_task("digits")
SAMPLES = DIGITS.x_train[:6]


@pytest.mark.parametrize("name", ["ttfs", "log_latency", "rate", "population", "direct"])
@pytest.mark.parametrize("as_tensor", [False, True])
def test_it_gives_what_the_coding_gives(name, as_tensor):
    coding = spw.coding_of(DIGITS, name=name)
    made = Encoder(coding)(torch.from_numpy(SAMPLES) if as_tensor else SAMPLES)
    assert made.dtype == torch.float32
    assert np.array_equal(made.numpy(), coding.encode(SAMPLES).astype(np.float32))


def test_it_is_a_part_of_a_network():
    coding = spw.coding_of(DIGITS)
    net = nn.Sequential(Encoder(coding), spw.SpikingNet("16-10", inputs=64))
    net(torch.from_numpy(SAMPLES)).sum().backward()
    assert all(one.grad is not None for one in net.parameters())
    assert "time to first spike" in repr(net)


def test_rates_are_drawn_anew_in_training_and_from_the_seed_on():
    encoder = Encoder(spw.coding_of(DIGITS, name="rate"), redraw=True)
    first, second = encoder(SAMPLES), encoder(SAMPLES)
    assert not torch.equal(first, second)
    again = Encoder(encoder.coding, redraw=True)
    assert torch.equal(again(SAMPLES), first) and torch.equal(again(SAMPLES), second)
    encoder.eval()
    assert torch.equal(encoder(SAMPLES), first) and torch.equal(encoder(SAMPLES), first)


def test_what_draws_nothing_is_not_drawn_again():
    message = "redraw is True, but ttfs draws nothing; leave it out"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Encoder(spw.coding_of(DIGITS), redraw=True)


def test_samples_that_are_no_numbers_are_refused():
    samples = SAMPLES.copy()
    samples[2, 5] = np.nan
    with pytest.raises(spw.DataError, match="nan"):
        Encoder(spw.coding_of(DIGITS))(torch.from_numpy(samples))
