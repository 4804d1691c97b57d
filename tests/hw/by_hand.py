"""All neurons a second time, written from the documents: the arithmetic that decision 8 describes.

Numbers are exact fractions. Nothing here is shared with the lowering but the look-up in a table.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import e, exp, floor, log, log2
from types import SimpleNamespace
from typing import Any

from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.table import Table

__all__ = ["NEURONS", "Reference", "Rules"]

#: Bits that the digits of a coefficient reach below its first one.
SPAN = 24


def half_up(x: Any, bits: int) -> Fraction:
    """Round to ``bits`` bits after the point."""
    return Fraction(floor(Fraction(x) * 2**bits + Fraction(1, 2)), 2**bits)


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


class Rules:
    """What is rounded, and how."""

    def __init__(self, fixed: FixedNeuron):
        self.fixed = fixed
        self.finest = max(form.fraction for form in fixed.formats.values())
        self.c = cache(self._coefficient)
        self.k = cache(self._constant)

    def _coefficient(self, x: float) -> Fraction:
        """Round a coefficient: greedily to signed powers of two."""
        left, digits = Fraction(x), []
        while left and len(digits) < self.fixed.arithmetic.digits and abs(x) >= 2.0**-40:
            digit = Fraction(1)
            while digit * 3 / 2 <= abs(left):
                digit *= 2
            while digit * 3 / 4 > abs(left):
                digit /= 2
            if digits and digit * 2**SPAN < abs(digits[0]):
                break
            digits.append(digit if left > 0 else -digit)
            left -= digits[-1]
        return sum(digits, Fraction(0))

    def _constant(self, x: float) -> Fraction:
        """Round a constant."""
        return half_up(x, self.finest)

    def bound(self, x: float) -> Fraction:
        """Round what `min` limits to: with five bits where the grid would move it by 1/16."""
        if abs(self.k(x) - Fraction(x)) * 16 <= abs(x):
            return self.k(x)
        return half_up(x, min(40, 4 - floor(log2(abs(x)))))

    def keep(self, x: Fraction, state: str = "v") -> Fraction:
        """Round a value as it is stored."""
        bits = self.fixed.formats[state].fraction
        if self.fixed.arithmetic.rounding == "half_up":
            return half_up(x, bits)
        return Fraction(floor(x * 2**bits), 2**bits)

    def look(self, table: Table, x: Fraction) -> Fraction:
        """Look an argument up."""
        return Fraction(table.value(floor(x * 2**table.argument)), 2**table.result)


class Reference:
    """A neuron by hand: :meth:`step` is that of :mod:`spikewright_hw.definition.integers`."""

    def __init__(self, fixed: FixedNeuron):
        self._fixed = fixed
        self._rules = Rules(fixed)
        self._units = {name: 2**form.fraction for name, form in fixed.formats.items()}
        values = {name: self._parameter(name, x) for name, x in fixed.parameters.items()}
        self._parameters = SimpleNamespace(**values)

    def _parameter(self, name: str, value: Any) -> float:
        if self._fixed.definition.parameters[name].unit != "level":
            return value
        finest = max(form.fraction for form in (self._fixed.format, *self._fixed.formats.values()))
        return float(half_up(value, finest))

    def step(
        self, states: Mapping[str, int], inputs: Mapping[str, int]
    ) -> tuple[dict[str, int], bool]:
        """Run one step of stored integers."""
        real = {name: Fraction(x, self._units[name]) for name, x in states.items()}
        given = {name: Fraction(x, self._fixed.format.one) for name, x in inputs.items()}
        function = NEURONS[self._fixed.definition.name]
        after, spike = function(self._rules, SimpleNamespace(**real), self._parameters, **given)
        result = {}
        for name, value in after.items():
            low, high = self._fixed.bounds[name]
            stored = self._rules.keep(Fraction(value), name) * self._units[name]
            result[name] = max(low, min(high, int(stored)))
        return result, spike


# The neurons: c rounds a coefficient, k a constant, keep what is compared -------------------------


def li(r, s, p, i):
    return {"v": r.c(p.decay) * s.v + i}, False


def subtracting(r, u, p):
    spike = r.keep(u) >= p.threshold
    return u - Fraction(p.threshold) if spike else u, spike


def if_neuron(r, s, p, i):
    v, spike = subtracting(r, s.v + i, p)
    return {"v": v}, spike


def lif(r, s, p, i):
    v, spike = subtracting(r, r.c(p.decay) * s.v + i, p)
    return {"v": v}, spike


def recurrent_lif(rules, s, p, i, r):
    return lif(rules, s, p, i + r)


def lif_refractory(r, s, p, i):
    if s.rest > 0:
        return {"v": s.v, "rest": s.rest - 1}, False
    after, spike = lif(r, s, p, i)
    return after | {"rest": r.k(p.refractory) if spike else max(s.rest - 1, Fraction(0))}, spike


def lapicque(r, s, p, i):
    decay = exp(-p.dt / (p.resistance * p.capacitance))
    u = r.c(decay) * s.v + r.c((1 - decay) * p.resistance) * i
    spike = r.keep(u) >= p.threshold
    return {"v": 0 if spike else u}, spike


def plif(r, s, p, i):
    gate = sigmoid(p.w)
    u = r.c(1 - gate) * s.v + r.c(gate) * i + r.k(gate * p.v_reset)
    spike = r.keep(u) >= p.threshold
    return {"v": p.v_reset if spike else u}, spike


def cuba_lif(r, s, p, i):
    current = r.c(exp(-p.dt / p.tau_syn)) * s.current + i
    v, spike = subtracting(r, r.c(exp(-p.dt / p.tau_mem)) * s.v + current, p)
    return {"v": v, "current": current}, spike


def alpha(r, s, p, exc, inh):
    after = {}
    for name, x, current, given, tau in (
        ("exc", s.x_exc, s.i_exc, exc, p.tau_exc),
        ("inh", s.x_inh, s.i_inh, inh, p.tau_inh),
    ):
        keep = exp(-p.dt / tau)
        after[f"x_{name}"] = r.c(keep) * x + given
        after[f"i_{name}"] = r.c(keep) * current + r.c(keep * (e * p.dt / tau)) * x
    u = r.c(exp(-p.dt / p.tau_mem)) * s.v + after["i_exc"] - after["i_inh"]
    v, spike = subtracting(r, u, p)
    return {"v": v} | after, spike


def second_order_lif(r, s, p, i):
    keep = exp(-p.dt / p.tau_rise)
    rise = r.c(keep) * s.rise + r.c(1 - keep) * i
    current = r.c(exp(-p.dt / p.tau_syn)) * s.current + rise
    v, spike = subtracting(r, r.c(exp(-p.dt / p.tau_mem)) * s.v + current, p)
    return {"v": v, "rise": rise, "current": current}, spike


def alif(r, s, p, i):
    keep, fade = exp(-p.dt / p.tau_m), exp(-p.dt / p.tau_a)
    u = r.c(keep) * s.v + i
    spike = r.keep(u) >= Fraction(p.threshold) + r.c(p.beta) * s.a
    v = u + r.k(-p.threshold / keep) if spike else u
    return {"v": v, "a": r.c(fade) * s.a + spike}, spike


def adlif(r, s, p, i):
    gain = 1 - p.alpha
    u = r.c(p.alpha) * s.v + r.c(gain) * (i - s.w)
    v, spike = subtracting(r, u, p)
    w = r.c(p.beta - p.a * gain) * s.w + r.c(p.a * p.alpha) * s.v + r.c(p.a * gain) * i
    return {"v": v, "w": w + r.k(p.b * p.threshold) if spike else w}, spike


def glif(r, s, p, i):
    al, be, ga = sigmoid(p.alpha), sigmoid(p.beta), sigmoid(p.gamma)
    keep, gain, leak = 1 - al * (1 - p.tau), 1 - be * (1 - p.conductance), (1 - al) * p.leak
    u = r.c(keep) * s.v + r.c(gain) * i + r.k(-leak)
    spike = r.keep(u) >= p.threshold
    if spike:
        left = 1 - ga
        u = r.c(left * keep) * s.v + r.c(left * gain) * i + r.k(left * (-leak - p.v_reset / keep))
    return {"v": u}, spike


def clif(r, s, p, i):
    keep, unit = 1 - 1 / p.tau, 1 / (p.tau * p.threshold)
    u = r.c(keep) * s.v + i
    spike = r.keep(u) >= p.threshold
    m = s.m * r.look(r.fixed.tables[0], r.c(keep * unit) * s.v + r.c(unit) * i) + spike
    if spike:
        u -= Fraction(p.threshold) + r.c(p.threshold) * r.look(r.fixed.tables[-1], m)
    return {"v": u, "m": m}, spike


def tc_lif(r, s, p, i):
    back, drive = sigmoid(p.c1), sigmoid(p.c2)
    dendrite = s.dendrite - r.c(back) * s.v + i
    u = r.c(1 - drive * back) * s.v + r.c(drive) * (s.dendrite + i)
    v, spike = subtracting(r, u, p)
    return {"v": v, "dendrite": dendrite - Fraction(p.gamma) if spike else dendrite}, spike


def upstroke(r, v, threshold, width, most):
    x = r.c(1 / width) * v + r.k(-threshold * (1 / width))
    return r.look(r.fixed.tables[0], min(x, r.bound(log(max(most, 1)))))


def exp_if(r, s, p, i):
    share = p.dt / p.tau
    most = 2 * (p.v_peak - p.v_rest) * p.tau / (p.dt * p.delta_t)
    up = upstroke(r, s.v, p.v_t - p.v_rest, p.delta_t, most)
    u = r.c(1 - share) * s.v + r.c(share * p.delta_t) * up + r.c(share * p.gain) * i
    spike = r.keep(u) >= r.k(p.v_peak - p.v_rest)
    return {"v": r.k(p.v_reset - p.v_rest) if spike else u}, spike


def adex(r, s, p, i):
    share, slow = p.dt * p.g_l / p.c, p.dt / p.tau_w
    most = 2 * (p.v_peak - p.e_l) * p.c / (p.dt * p.g_l * p.delta_t)
    up = upstroke(r, s.v, p.v_t - p.e_l, p.delta_t, most)
    u = r.c(1 - share) * s.v + r.c(share * p.delta_t) * up - r.c(share) * s.w
    u += r.c(share * p.gain) * i
    w = r.c(1 - slow) * s.w + r.c(slow * (p.a / p.g_l)) * s.v
    spike = r.keep(u) >= r.k(p.v_peak - p.e_l)
    if spike:
        u, w = r.k(p.v_reset - p.e_l), w + r.k(p.b / p.g_l)
    return {"v": u, "w": w}, spike


def izhikevich(r, s, p, i):
    v = r.c(0.04 * p.dt) * s.v * s.v + r.c(1 + 5 * p.dt) * s.v + r.k(140 * p.dt)
    v += r.c(p.dt * p.gain) * i - r.c(p.dt) * s.u
    u = r.c(1 - p.dt * p.a) * s.u + r.c(p.dt * p.a * p.b) * s.v
    spike = r.keep(v) >= r.k(p.v_peak)
    return {"v": r.k(p.c) if spike else v, "u": u + r.k(p.d) if spike else u}, spike


def leaking(r, s, p, tau, drive):
    share = p.dt / tau
    return r.c(1 - share) * s.v + r.c(share * p.r) * drive + r.k(share * p.v_leak)


def exceeding(r, u, p):
    spike = r.keep(u) > p.v_threshold
    return p.v_reset if spike else u, spike


def filtered(r, s, p, i):
    share = p.dt / p.tau_syn
    return r.c(1 - share) * s.current + r.c(share * p.w_in) * i


def nir_li(r, s, p, i):
    return {"v": leaking(r, s, p, p.tau, i)}, False


def nir_if(r, s, p, i):
    v, spike = exceeding(r, s.v + r.c(p.dt * p.r) * i, p)
    return {"v": v}, spike


def nir_lif(r, s, p, i):
    v, spike = exceeding(r, leaking(r, s, p, p.tau, i), p)
    return {"v": v}, spike


def nir_cuba_li(r, s, p, i):
    return {"v": leaking(r, s, p, p.tau_mem, s.current), "current": filtered(r, s, p, i)}, False


def nir_cuba_lif(r, s, p, i):
    v, spike = exceeding(r, leaking(r, s, p, p.tau_mem, s.current), p)
    return {"v": v, "current": filtered(r, s, p, i)}, spike


NEURONS = {
    one.__name__: one
    for one in (
        li, if_neuron, lif, lif_refractory, lapicque, plif, recurrent_lif,
        cuba_lif, alpha, second_order_lif,
        alif, adlif, glif, clif, tc_lif,
        exp_if, adex, izhikevich,
        nir_li, nir_if, nir_lif, nir_cuba_li, nir_cuba_lif,
    )
}
