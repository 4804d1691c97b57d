"""Adaptive exponential integrate-and-fire neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import exp, log, maximum, minimum, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "adex", "core"]


@neuron(
    v=State("membrane above e_l", unit="mV"),
    w=State("adaptation current over g_l", unit="mV", guard=7),
    c=Parameter(281.0, "capacitance of the membrane", unit="pF", low=1e-6),
    g_l=Parameter(30.0, "leak conductance", unit="nS", low=1e-6),
    e_l=Parameter(-70.6, "reversal potential of the leak", unit="mV"),
    v_t=Parameter(-50.4, "threshold of the upstroke", unit="mV"),
    delta_t=Parameter(2.0, "sharpness of the upstroke", unit="mV", low=0.01),
    a=Parameter(4.0, "adaptation to the membrane", unit="nS"),
    b=Parameter(80.5, "adaptation to a spike", unit="pA"),
    tau_w=Parameter(144.0, "time constant of the adaptation", unit="ms", low=1e-6),
    v_reset=Parameter(-70.6, "membrane after a spike", unit="mV"),
    v_peak=Parameter(20.0, "the neuron spikes when the membrane reaches it", unit="mV"),
    gain=Parameter(1.0, "drive of an input of 1: its current over g_l", unit="mV"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def adex(s, i, p):
    """Adaptive exponential integrate-and-fire: an upstroke as in exp_if, and a slow current.

    C dV/dt = -g_L (V - E_L) + g_L delta_T exp((V - v_T) / delta_T) - W + I and tau_w dW/dt = a (V -
    E_L) - W, by forward Euler; spike at V >= v_peak, then V = v_reset and W = W + b in the same
    step (Brette and Gerstner, J. Neurophysiol. 94:3637, 2005, with their parameters). The states
    are w = W / g_L and v = V - E_L, so that the rounding of coefficients does not move the rest.
    """
    peak = p.v_peak - p.e_l
    # From this exponent on, one step lifts v by twice the peak: more changes nothing.
    steepest = log(maximum(2 * peak * p.c / (p.dt * p.g_l * p.delta_t), 1))
    upstroke = p.delta_t * exp(minimum((s.v - (p.v_t - p.e_l)) / p.delta_t, steepest))
    v = s.v + (p.dt * p.g_l / p.c) * (-s.v + upstroke - s.w + p.gain * i)
    w = s.w + (p.dt / p.tau_w) * ((p.a / p.g_l) * s.v - s.w)
    spike = v >= peak
    return {
        "v": where(spike, p.v_reset - p.e_l, v),
        "w": where(spike, w + p.b / p.g_l, w),
        "spike": spike,
    }


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_6": {"format": Format(8, 6), "a": 0.0, "b": 60.0, "tau_w": 30.0, "v_reset": -58.0},
}
core = neuron_core(adex)
