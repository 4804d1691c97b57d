"""Models from the literature, compiled from their equations: the PyTorch cell runs each of them."""

import random
import warnings
from functools import cache

import pytest
import torch

from spikewright.equations import compile_equations
from spikewright.errors import SpikewrightWarning
from spikewright.network.cell import Cell
from spikewright_hw.definition import integers, reals
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format

from .literature import LITERATURE

#: From wide to narrow; a float holds the integers of the first that it can.
FORMATS = (Format(8, 8), Format(6, 6), Format(5, 4))
WIDEST = 54
STEPS = 25


@cache
def compiled(name: str) -> Definition:
    """Return a model's definition; some warn, such as a map, whose steps overshoot by intent."""
    given = dict(LITERATURE[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpikewrightWarning)
        return compile_equations(*given.pop("equations"), name=name, **given)


@pytest.fixture
def rng() -> random.Random:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.mark.parametrize("name", LITERATURE)
def test_in_real_numbers_a_cell_is_the_equations(name, rng):
    definition = compiled(name)
    parameters = {key: one.default for key, one in definition.parameters.items()}
    for dtype, near in ((torch.float64, 1e-9), (torch.float32, 1e-3)):
        cell = Cell(definition).to(dtype)
        plain = reals.start(definition, parameters)
        for _ in range(STEPS):
            current = rng.uniform(-1, 3)
            states = {k: torch.tensor([[v]], dtype=dtype) for k, v in plain.items()}
            i = torch.tensor([[current]], dtype=dtype, requires_grad=True)
            plain, spiked = reals.step(definition, plain, {"i": current}, parameters)
            after, spike = cell(states, i)
            assert after["v"].dtype == spike.dtype == dtype
            if dtype == torch.float64:
                assert bool(spike) == spiked
            if bool(spike) == spiked:  # the narrow float may take the other side of a threshold
                for key, value in plain.items():
                    assert float(after[key].detach()) == pytest.approx(value, rel=near, abs=near)
            torch.stack([*after.values(), spike]).sum().backward()
            assert i.grad is not None and i.grad.isfinite().all()


@pytest.mark.parametrize("name", LITERATURE)
def test_in_integers_a_cell_is_the_integers(name, rng):
    definition = compiled(name)
    if name == "theta":  # the fourth power of a membrane with guard bits
        narrow = FixedNeuron.of(definition, Arithmetic(format=FORMATS[-1]))
        bits = narrow.widest()
        sentence = rf"^theta in Q5\.4 needs integers of {bits} bits; a float holds {WIDEST}$"
        with pytest.raises(ValueError, match=sentence):
            Cell(narrow)
        return
    candidates = (FixedNeuron.of(definition, Arithmetic(format=form)) for form in FORMATS)
    fixed = next(one for one in candidates if one.widest() <= WIDEST)
    cell, states, plain = Cell(fixed), Cell(fixed).start(1), integers.start(fixed)
    for _ in range(STEPS):
        current = rng.randint(-fixed.format.one, 4 * fixed.format.one)
        plain, spiked = integers.step(fixed, plain, {"i": current})
        states, spike = cell(states, torch.tensor([float(current)], dtype=cell.dtype))
        assert {key: int(value) for key, value in states.items()} == plain
        assert int(spike) == spiked
