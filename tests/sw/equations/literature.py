"""Neuron models from the literature, written as equations; each with its source.

Units and scales are chosen so that states lie within Q8.8; parameters that the sources leave open
are usual ones. They are compiled with a time step at which the number format carries them.
"""

from typing import Any

__all__ = ["LITERATURE"]


def _model(*equations: str, **given: Any) -> dict[str, Any]:
    return {"equations": equations, **given}


#: Arguments of a ``Specification``, but for its name.
LITERATURE: dict[str, dict[str, Any]] = {
    # Lapicque, J. Physiol. Pathol. Gen. 9, 1907
    "lapicque_rc": _model(
        "dv/dt = (R*i - v)/(R*C)", threshold="v > 1", reset="v = 0",
        parameters={"R": 5, "C": 2},
    ),
    # Gerstner et al., "Neuronal Dynamics", 2014: section 1.3, by forward Euler
    "leaky": _model(
        "dv/dt = (i - v)/tau", threshold="v > 1", reset="v = 0", parameters={"tau": 5},
        method="euler",
    ),
    "perfect": _model("dv/dt = i", threshold="v >= 1", reset="v -= 1"),
    "negative_threshold": _model(
        "dv/dt = (v_rest - v + i)/tau", threshold="v > v_th", reset="v = v_reset",
        parameters={"tau": 10, "v_rest": -65, "v_th": -50, "v_reset": -70},
        start={"v": "v_rest"},
    ),
    "threshold_at_start": _model("dv/dt = (i - v)/4", threshold="v > 0", reset="v = -1"),
    "negative_drive": _model("dv/dt = (0 - i - v)/4", threshold="v > 1", reset="v = 0"),
    # Ermentrout and Kopell, SIAM J. Appl. Math. 46, 1986
    "quadratic": _model(
        "dv/dt = (a*v*v + i)/tau", threshold="v > 4", reset="v = -2",
        parameters={"a": 1, "tau": 10}, start={"v": -1},
    ),
    # Fourcaud-Trocme et al., J. Neurosci. 23, 2003
    "exponential": _model(
        "dv/dt = (i - v + d*exp((min(v, 4) - v_t)/d))/tau", threshold="v > 3", reset="v = 0",
        parameters={"d": 0.5, "v_t": 1.5, "tau": 10},
    ),
    # Brette and Gerstner, J. Neurophysiol. 94, 2005
    "adaptive_exponential": _model(
        "dv/dt = (i - v + d*exp((min(v, 4) - v_t)/d) - w)/tau; dw/dt = (a*v - w)/tau_w",
        threshold="v > 3", reset="v = 0; w += b",
        parameters={"d": 0.5, "v_t": 1.5, "tau": 10, "a": 0.2, "tau_w": 50, "b": 0.25},
    ),
    # Izhikevich, IEEE Trans. Neural Networks 14, 2003, in tens of millivolts
    "simple_model": _model(
        "dv/dt = 0.4*v*v + 5*v + 14 - u + i; du/dt = a*(b*v - u)",
        threshold="v >= 3", reset="v = c; u += d", dt=0.5,
        parameters={"a": 0.02, "b": 0.2, "c": -6.5, "d": 0.8},
        start={"v": -7, "u": -1.4},
    ),
    # FitzHugh, Biophys. J. 1, 1961; Nagumo et al., Proc. IRE 50, 1962
    "fitzhugh_nagumo": _model(
        "dv/dt = v - v*v*v/3 - w + i; dw/dt = (v + a - b*w)/tau",
        threshold="v > 1.5", reset="v = v", dt=0.25,
        parameters={"a": 0.7, "b": 0.8, "tau": 12.5}, start={"v": -1.2, "w": -0.625},
    ),
    # Hindmarsh and Rose, Proc. R. Soc. Lond. B 221, 1984
    "hindmarsh_rose": _model(
        "dv/dt = y - v**3 + 3*v*v - z + i; dy/dt = 1 - 5*v*v - y; dz/dt = r*(4*(v + 1.6) - z)",
        threshold="v > 1", reset="v = v", dt=0.05, parameters={"r": 0.05},
        start={"v": -1.6, "y": -12, "z": 0},
    ),
    # Morris and Lecar, Biophys. J. 35, 1981, in units of 20 mV
    "morris_lecar": _model(
        "m = 0.5*(1 + tanh((v + 0.06)/0.9)); n = 0.5*(1 + tanh((v - 0.1)/0.725))",
        "dv/dt = i - 2.2*m*(v - 6) - 4*w*(v + 4.2) - 1*(v + 3); dw/dt = 0.4*(n - w)",
        threshold="v > 0.5", reset="v = v", dt=0.05, start={"v": -2.5},
    ),
    # Izhikevich, Neural Networks 14, 2001
    "resonate_and_fire": _model(
        "dv/dt = i - 0.1*v - w; dw/dt = v - 0.1*w", threshold="v > 1", reset="v = 0; w = 1",
        dt=0.125,
    ),
    # Ermentrout, Neural Computation 8, 1996, by a polynomial of its phase
    "theta": _model(
        "x = clip(v, -3, 3); c = 1 - x*x/2 + x*x*x*x/24", "dv/dt = 1 - c + (1 + c)*i",
        threshold="v > 3", reset="v = -3", dt=0.125, start={"v": -1},
    ),
    # Wilson, J. Theor. Biol. 200, 1999, in hundreds of millivolts
    "wilson": _model(
        "dv/dt = 0 - (17.8 + 47.6*v + 33.8*v*v)*(v - 0.48) - 26*r*(v + 0.95) + i",
        "dr/dt = (1.29*v + 0.79 + 3.3*(v + 0.38)*(v + 0.38) - r)/5.6",
        threshold="v > 0", reset="v = v", dt=0.015625, start={"v": -0.7, "r": 0.1},
    ),
    # Mihalas and Niebur, Neural Computation 21, 2009
    "generalised": _model(
        "dv/dt = (i + j - v)/10; dtheta/dt = 0.02*v - 0.05*(theta - 1); dj/dt = -j/5",
        threshold="v > theta", reset="theta = max(theta, 1.2); v = 0; j -= 0.5",
        start={"theta": 1},
    ),
    # Kobayashi et al., Front. Comput. Neurosci. 3:9, 2009
    "multi_timescale": _model(
        "dv/dt = (i - v)/5; dh1/dt = -h1/10; dh2/dt = -h2/100", threshold="v > 1 + h1 + h2",
        reset="h1 += 1; h2 += 0.25",
    ),
    # Rulkov, Phys. Rev. E 65, 041922, 2002: a map, which is a step of dt = 1
    "rulkov": _model(
        "dv/dt = alpha/(1 + max(v*v, 0)) + y - v + i; dy/dt = -0.004*(v + 1)", threshold="v > 1",
        reset="v = v", parameters={"alpha": 4.1}, start={"v": -1, "y": -3}, method="euler",
    ),
    # Gerstner, Neural Computation 12, 2000: the spike response model, as filters
    "spike_response": _model(
        "dv/dt = (x - v)/10; dx/dt = (i - x)/4; dh/dt = -h/20", threshold="v - h > 1",
        reset="h += 2",
    ),
    # Conductances: Destexhe, J. Comput. Neurosci. 4, 1997
    "conductance": _model(
        "dv/dt = (0 - v + g*(4 - v))/20; dg/dt = (max(i, 0) - g)/5", threshold="v > 1",
        reset="v = 0",
    ),
    # Benda and Herz, Neural Computation 15, 2003
    "adapting": _model(
        "dv/dt = (i - a - v)/10; da/dt = -a/100", threshold="v > 1", reset="v = 0; a += 0.25",
    ),
    # van der Pol, Phil. Mag. 2, 1926
    "van_der_pol": _model(
        "dv/dt = mu*(v - v*v*v/3 - w) + i; dw/dt = v/mu", threshold="v > 1", reset="v = v",
        dt=0.125, parameters={"mu": 2}, start={"v": 0.5},
    ),
    "resting": _model(
        "dv/dt = (i - v)/8", threshold="v > 1", reset="v = 0", refractory=3,
    ),
    # It spikes by itself: a leaky integrator that is driven above its threshold.
    "pacemaker": _model("dv/dt = (2 + i - v)/8", threshold="v > 1", reset="v = 0"),
    "readout": _model("dv/dt = (i - v)/8", readout=True),
}
