"""Surrogate gradients: their shapes, their normalisation, and the spike that carries them."""

import math
import re

import pytest
import torch

from spikewright.network.surrogate import (
    SURROGATES,
    AdaptiveSmoothing,
    ArcTangent,
    FastSigmoid,
    LearnedSlope,
    MultiGaussian,
    Rectangle,
    Sigmoid,
    StraightThrough,
    Triangle,
    spike,
    surrogate,
)

POINTS = torch.linspace(-4, 4, 33, dtype=torch.float64)

#: Functions that rise from one level to another, whose slope the surrogate is.
STEPS = {
    "arc_tangent": torch.atan,
    "fast_sigmoid": lambda u: u / (1 + (math.sqrt(2) - 1) * u.abs()),
    "sigmoid": lambda u: torch.sigmoid(2 * math.log(1 + math.sqrt(2)) * u)
    * 2 / math.log(1 + math.sqrt(2)),
    "triangle": lambda u: torch.where(
        u.abs() < 2, u - u.abs() * u / 4, torch.sign(u)
    ),
}


#: Those whose width may be chosen.
NORMALISED = [name for name in SURROGATES if name != "asgl"]


def unit(name):
    return SURROGATES[name](width=1.0)


@pytest.mark.parametrize("name", NORMALISED)
def test_it_is_one_at_the_threshold_and_half_at_its_width(name):
    at = unit(name).gradient(torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64))
    half = {"rectangle": 1.0, "straight_through": 1.0}.get(name, 0.5)
    assert at.tolist() == pytest.approx([1.0, half, half], abs=1e-12)


@pytest.mark.parametrize("name", SURROGATES)
def test_it_is_even_and_falls_away_from_the_threshold(name):
    gradient = unit(name).gradient(POINTS)
    assert torch.allclose(gradient, gradient.flip(0), rtol=0, atol=1e-15)
    right = gradient[POINTS >= 0]
    end = len(right) if name != "multi_gaussian" else int((right > 0).sum())
    assert (right[:end].diff() <= 1e-15).all()


@pytest.mark.parametrize("name", STEPS)
def test_it_is_the_slope_of_its_function(name):
    u = POINTS.clone().requires_grad_()
    STEPS[name](u).sum().backward()
    assert u.grad is not None
    assert torch.allclose(unit(name).gradient(POINTS), u.grad, rtol=0, atol=1e-12)


def test_rectangle_ends_at_its_width():
    x = torch.tensor([-0.6, -0.5, 0.0, 0.5, 0.6])
    assert Rectangle(width=0.5).gradient(x).tolist() == [0, 1, 1, 1, 0]


def test_multi_gaussian_has_negative_skirts():
    at = MultiGaussian(width=1.0).gradient(torch.tensor([2.2, 2.25, 6.0]))
    assert at[0] > 0 > at[1] and at[2] < 0


@pytest.mark.parametrize("name", NORMALISED)
def test_width_height_and_scale(name):
    """The gradient is d spike / d x: in mV it is as much smaller as the numbers are larger."""
    plain = SURROGATES[name](width=0.25).gradient(POINTS)
    assert torch.allclose(SURROGATES[name](width=0.25, height=3.0).gradient(POINTS), 3 * plain)
    assert torch.allclose(unit(name).gradient(POINTS * 4), plain)
    assert torch.allclose(SURROGATES[name](width=0.25).gradient(POINTS * 90, 90.0), plain / 90)


def test_gradient_leaves_its_argument_alone():
    x = POINTS.clone()
    for name in SURROGATES:
        unit(name).gradient(x)
    assert torch.equal(x, POINTS)


@pytest.mark.parametrize(("strict", "at_zero"), [(False, 1), (True, 0)])
def test_spike_and_its_gradient(strict, at_zero):
    x = torch.tensor([-1e-30, 0.0, 1e-30, 2.0], dtype=torch.float64, requires_grad=True)
    shape = ArcTangent(width=0.5, height=2.0)
    out = spike(x, surrogate=shape, strict=strict, scale=10.0)
    assert out.tolist() == [0, at_zero, 1, 1] and out.dtype == x.dtype
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    (out * weights).sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, weights * shape.gradient(x.detach(), 10.0))


def test_chosen_by_name_or_given():
    assert surrogate("fast_sigmoid") == FastSigmoid()
    mine = Triangle(width=0.1)
    assert surrogate(mine) is mine
    assert {type(surrogate(name)) for name in SURROGATES} == {
        Rectangle, Triangle, Sigmoid, MultiGaussian, ArcTangent, FastSigmoid, StraightThrough,
        AdaptiveSmoothing,
    }


def test_unknown_name_is_refused():
    message = (
        "there is no surrogate 'gauss'; there are rectangle, triangle, sigmoid, multi_gaussian, "
        "arc_tangent, fast_sigmoid, straight_through, asgl"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        surrogate("gauss")


@pytest.mark.parametrize(("name", "value"), [("width", 0.0), ("height", -1.0), ("width", math.inf)])
def test_size_out_of_range_is_refused(name, value):
    message = f"the {name} of a surrogate is above 0, not {value}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Sigmoid(**{name: value})


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", SURROGATES)
def test_spikes_and_gradients_are_of_the_type_that_is_given(name, dtype):
    x = torch.linspace(-1, 1, 9).to(dtype).requires_grad_()
    out = spike(x, surrogate=SURROGATES[name]())
    out.sum().backward()
    assert x.grad is not None and out.dtype == x.grad.dtype == dtype
    exact = SURROGATES[name]().gradient(x.detach().double())
    assert torch.allclose(x.grad.double(), exact, rtol=0.03, atol=0.01)


def test_spikes_that_are_smoothed_have_the_slope_of_what_is_run():
    """Of ASGL: in the mean over what is drawn, a spike between 0 and 1, and f's gradient always."""
    height = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    shape = AdaptiveSmoothing(
        height=height, noise=0.3,  # pyright: ignore[reportArgumentType]
        generator=torch.Generator().manual_seed(0),
    )
    x = torch.full((20_000,), 0.1, dtype=torch.float64, requires_grad=True)
    out = spike(x, surrogate=shape, scale=1.0)
    smooth = 0.5 + 2.0 * 0.1
    values = {round(one, 9) for one in out.tolist()}
    assert values == {1.0, smooth}
    assert float(out.detach().mean()) == pytest.approx(0.7 + 0.3 * smooth, abs=0.01)
    out.sum().backward()
    assert x.grad is not None and set(x.grad.tolist()) == {2.0}
    assert height.grad is not None and float(height.grad) == pytest.approx(20_000 * 0.1)
    far = torch.tensor([-0.3, 0.3], dtype=torch.float64, requires_grad=True)
    made = spike(far, surrogate=shape)
    made.sum().backward()
    assert made.tolist() == [0, 1] and far.grad is not None and far.grad.tolist() == [0, 0]
    with torch.no_grad():
        assert set(spike(x, surrogate=shape).tolist()) == {1.0}


def test_noise_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"^the noise of a surrogate is from 0 to below 1, not 1$"):
        AdaptiveSmoothing(noise=1)


@pytest.mark.parametrize("name", [*STEPS, "rectangle"])
def test_a_slope_that_is_learned_has_the_gradient_of_the_smooth_step(name):
    """Held to differences of F(slope x / scale), of which the surrogate is the derivative."""
    step = STEPS.get(name, lambda u: u.clamp(-1, 1))
    x, scale, near = POINTS[POINTS != 0].clone().requires_grad_(), 2.0, 1e-6
    weights = torch.linspace(-1, 2, len(x), dtype=torch.float64)
    slope = torch.tensor(0.7137, dtype=torch.float64, requires_grad=True)
    shape = LearnedSlope(height=slope, shape=unit(name))  # pyright: ignore[reportArgumentType]
    out = spike(x, surrogate=shape, scale=scale)
    assert out.tolist() == (x >= 0).double().tolist()
    (out * weights).sum().backward()

    def smooth(x: torch.Tensor, slope: float) -> torch.Tensor:
        return step(slope * x.detach() / scale) * weights

    of_slope = (smooth(x, 0.7137 + near) - smooth(x, 0.7137 - near)).sum() / (2 * near)
    of_x = (smooth(x + near, 0.7137) - smooth(x - near, 0.7137)) / (2 * near)
    assert slope.grad is not None and x.grad is not None
    assert float(slope.grad) == pytest.approx(float(of_slope), rel=1e-6) and float(of_slope) != 0
    assert torch.allclose(x.grad, of_x, rtol=0, atol=1e-8)
    fixed = LearnedSlope(height=0.7137, shape=unit(name))
    assert fixed.is_fixed
    assert torch.allclose(fixed.gradient(x.detach(), scale) * weights, x.grad, rtol=1e-12)
