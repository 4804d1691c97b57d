"""Exponential integrate-and-fire neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import exp, log, maximum, minimum, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "exp_if"]


@neuron(
    v=State("membrane above v_rest", unit="mV"),
    tau=Parameter(10.0, "time constant of the membrane", unit="ms", low=1e-6),
    v_rest=Parameter(-65.0, "reversal potential of the leak", unit="mV"),
    v_t=Parameter(-59.9, "threshold of the upstroke", unit="mV"),
    delta_t=Parameter(3.48, "sharpness of the upstroke", unit="mV", low=0.01),
    v_reset=Parameter(-68.0, "membrane after a spike", unit="mV"),
    v_peak=Parameter(-30.0, "the neuron spikes when the membrane reaches it", unit="mV"),
    gain=Parameter(1.0, "drive of an input of 1: what it adds to v_rest in the end", unit="mV"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def exp_if(s, i, p):
    """Exponential integrate-and-fire: past the threshold the membrane drives itself up.

    tau dV/dt = -(V - v_rest) + delta_t exp((V - v_t) / delta_t) + gain i, by forward Euler; spike
    at V >= v_peak and reset to v_reset in the same step (Fourcaud-Trocme et al., J. Neurosci.
    23:11628, 2003, with the parameters that they fit to the Wang-Buzsaki neuron). It rests where
    leak and upstroke balance, just above v_rest. The state is v = V - v_rest, so that the rounding
    of dt/tau does not move that.
    """
    peak = p.v_peak - p.v_rest
    # From this exponent on, one step lifts v by twice the peak: more changes nothing.
    steepest = log(maximum(2 * peak * p.tau / (p.dt * p.delta_t), 1))
    upstroke = p.delta_t * exp(minimum((s.v - (p.v_t - p.v_rest)) / p.delta_t, steepest))
    v = s.v + (p.dt / p.tau) * (-s.v + upstroke + p.gain * i)
    spike = v >= peak
    return {"v": where(spike, p.v_reset - p.v_rest, v), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_6": {"format": Format(8, 6), "tau": 12.0, "v_t": -55.0, "delta_t": 2.0, "v_reset": -60.0},
}
core = neuron_core(exp_if)
