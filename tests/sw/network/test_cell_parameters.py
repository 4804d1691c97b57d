"""Parameters of the PyTorch cell: how they are given, where they are kept, what is refused."""

import inspect
import re
from typing import Any

import numpy as np
import pytest
import torch

from spikewright.equations import EquationError, compile_equations
from spikewright.errors import SpikewrightWarning
from spikewright.network.cell import Cell
from spikewright_hw.definition.definition import Definition, Input, Parameter, State
from spikewright_hw.definition.expression import Expression
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.engine.neuron_array import core as array
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.adlif import adlif
from spikewright_hw.neuron.core import neuron_core
from spikewright_hw.neuron.exp_if import exp_if
from spikewright_hw.neuron.lif import lif
from spikewright_hw.stochastic.neuron.integrate_and_fire import IntegrateAndFire
from spikewright_hw.stochastic.neuron.windowed_neuron import WindowedNeuron

Q8_8 = Format(8, 8)
DECAYS = (0.5, 0.25, 0.75)
NUMBERS = "it is a number, or a sequence of one number for each neuron"
UNEQUAL = "lif.decay has 2 values, and lif.threshold has 3; each has one for each neuron"
INPUTS = "inputs is of a neuron in integers; lif is computed in real numbers, so leave it out"


@pytest.mark.parametrize(
    "given",
    [list(DECAYS), np.array(DECAYS), np.array(DECAYS, dtype=np.float32), torch.tensor(DECAYS)],
    ids=["list", "float64", "float32", "tensor"],
)
def test_a_sequence_of_any_kind_is_one_value_for_each_neuron(given):
    expected, _ = Cell(lif, decay=DECAYS)({"v": torch.ones(2, 3)}, torch.ones(2, 3))
    after, _ = Cell(lif, decay=given)({"v": torch.ones(2, 3)}, torch.ones(2, 3))
    assert torch.equal(after["v"], expected["v"])
    fixed = FixedNeuron.of(lif, Arithmetic(format=Q8_8), {"decay": given})
    assert fixed.parameters["decay"] == DECAYS


@pytest.mark.parametrize("given", [np.float32(0.5), np.array(0.5), torch.tensor(0.5)])
def test_a_number_of_any_kind_is_one_value_for_all(given):
    assert Cell(lif, decay=given).values()["decay"] == 0.5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"decay": "0.5"}, f"lif.decay is '0.5'; {NUMBERS}"),
        ({"decay": ()}, f"lif.decay is (); {NUMBERS}"),
        ({"decay": None}, f"lif.decay is None; {NUMBERS}"),
        ({"decay": [[0.5]]}, f"lif.decay is [[0.5]]; {NUMBERS}"),
        ({"decay": True}, f"lif.decay is True; {NUMBERS}"),
        ({"decay": np.array([0.5, 1.5])}, "lif.decay is 1.5; it lies in 0 to 1"),
        ({"threshold": float("nan")}, "lif.threshold is nan; it must be a finite number"),
        ({"decay": (0.5, 0.5), "threshold": (1, 1, 1)}, UNEQUAL),
        ({"inputs": {}}, INPUTS),
    ],
)
def test_what_is_wrong_is_told_when_the_cell_is_made(given: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Cell(lif, **given)


def test_a_shape_of_another_number_of_neurons():
    message = "lif has parameters of 3 neurons, and the shape is (2, 4); its last number is that"
    with pytest.raises(ValueError, match=f"^{re.escape(message)} of the neurons$"):
        Cell(lif, decay=DECAYS).start(2, 4)


def test_limits_of_a_neuron_in_integers():
    message = "limits is of a definition; lif is in integers and ends where Q8.8 does"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Cell(FixedNeuron.of(lif, Arithmetic(format=Q8_8)), limits=Q8_8)


def test_vectors_are_saved_and_loaded():
    first, second = Cell(lif, decay=DECAYS), Cell(lif, decay=(0.0, 0.0, 0.0))
    second.load_state_dict(first.state_dict())
    assert second.values()["decay"] == DECAYS
    after, _ = second({"v": torch.ones(3)}, torch.zeros(3))
    assert after["v"].tolist() == list(DECAYS)


@pytest.mark.parametrize("fixed", [False, True])
def test_all_that_a_step_needs_moves_with_the_cell(fixed):
    """On the device without memory a tensor that was left behind is an error."""
    given: dict[str, Any] = {"v_rest": (0.5, 0.25, 0.0)}
    made = FixedNeuron.of(exp_if, Arithmetic(format=Q8_8), given) if fixed else exp_if
    cell = (Cell(made) if fixed else Cell(made, **given)).to("meta")
    after, spike = cell(cell.start(2, 3), torch.zeros(2, 3, device="meta", dtype=cell.dtype))
    known = [one for program in (cell._once, cell._each) for one in program.known]
    assert all(one.is_meta for one in known if isinstance(one, torch.Tensor))
    assert after["v"].is_meta and spike.is_meta


def test_double_precision_goes_through():
    cell = Cell(lif, decay=DECAYS).double()
    after, spike = cell(cell.start(2, 3), torch.ones(2, 3, dtype=torch.float64))
    assert after["v"].dtype == spike.dtype == torch.float64


def test_a_learned_parameter_at_its_bound_is_moved_and_that_is_said():
    with pytest.warns(
        SpikewrightWarning,
        match=r"^adlif.a is learned and starts at its bound, 1, where it has no gradient; it was "
        r"moved to 0.998; leave it out of learn to keep it$",
    ):
        Cell(adlif, a=1.0)
    assert Cell(adlif, a=1.0, learn=()).values()["a"] == 1.0


def test_gradients_that_are_not_there():
    """A hook of a steep upstroke takes what autograd leaves undefined."""
    cell = Cell(exp_if, detach_reset=True).double()
    v = torch.full((1, 2), 0.1, dtype=torch.float64, requires_grad=True)
    i = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda v, i: tuple(cell({"v": v}, i)[0].values()), (v, i), check_undefined_grad=True
    )


# Names --------------------------------------------------------------------------------------------


def with_parameter(name: str) -> Definition:
    """Return a neuron whose only parameter has this name."""
    v, i = Expression.leaf("v"), Expression.leaf("i")
    return Definition(
        name="probe", doc="", inputs={"i": Input()}, states={"v": State()},
        parameters={name: Parameter(0.5, "")},
        update={"v": v * Expression.leaf(name) + i, "spike": v > 1},
    )


def taken(function: Any) -> list[str]:
    arguments = inspect.signature(function).parameters.values()
    return [one.name for one in arguments if one.kind is not one.VAR_KEYWORD]


#: What takes parameters as keywords, beside arguments of its own.
TAKERS = (Cell.__init__, neuron_core(lif), array, IntegrateAndFire.__init__, WindowedNeuron)


@pytest.mark.parametrize("name", taken(Cell.__init__))
def test_no_parameter_is_called_like_an_argument_of_a_cell(name):
    with pytest.raises(ValueError, match=rf"has a parameter called {name}, which is an argument"):
        Cell(with_parameter(name))


@pytest.mark.parametrize("name", taken(neuron_core(lif)))
def test_no_parameter_is_called_like_an_argument_of_a_core(name):
    with pytest.raises(ValueError, match=rf"has a parameter called {name}, which is an argument"):
        neuron_core(with_parameter(name))


@pytest.mark.parametrize("name", sorted({name for taker in TAKERS for name in taken(taker)}))
def test_equations_give_no_parameter_such_a_name(name):
    assert not any(name in one.parameters for one in DEFINITIONS.values())
    with pytest.raises(EquationError, match=rf"^parameter {name}: {name} is an argument of "):
        compile_equations(
            f"dv/dt = (i - v)/{name}", threshold="v > 1", reset="v = 0", parameters={name: 5}
        )


@pytest.mark.parametrize(
    "name", ["keys", "values", "items", "type", "half", "training", "forward", "step", "learned"]
)
@pytest.mark.parametrize("learn", [(), None])
def test_any_other_name_is_set(name, learn):
    definition = with_parameter(name)
    given: dict[str, Any] = {name: (0.25, 0.75)}
    cell = Cell(definition, learn=() if learn == () else [name], **given)
    after, _ = cell({"v": torch.ones(1, 2)}, torch.zeros(1, 2))
    assert after["v"].flatten().tolist() == pytest.approx([0.25, 0.75])
    assert cell.values()[name] == pytest.approx((0.25, 0.75))
