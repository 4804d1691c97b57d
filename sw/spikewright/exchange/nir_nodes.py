"""The nodes of NIR (1.0.8) as neurons and affine maps.

NIR's neurons are differential equations (Pedersen et al., Nat. Commun. 15:8122, 2024). They are
computed by forward Euler, v > v_threshold and a reset in the same step, with the states at v_leak,
or at zero, before the first step.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from spikewright.errors import DataError, SpikewrightWarning
from spikewright_hw.definition.definition import Definition, Parameter, neuron
from spikewright_hw.neuron import DEFINITIONS

from .firing import THRESHOLD, Firing, defined
from .found import Found, values
from .nir_maps import MAPS, numbers_of
from .step import Delay, Step

__all__ = ["NEURONS", "PARAMETERS", "Reading", "definition_of", "read_node"]

#: Parameters of each node of neurons, by the names that node and definition share.
PARAMETERS = {
    "I": ("r",),
    "IF": ("r", "v_threshold", "v_reset"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
}
#: All nodes of neurons.
NEURONS = {*PARAMETERS, "Threshold"}
#: A time constant of more steps than this is taken for a mistake of units.
_MOST_STEPS = 100_000
#: How far a delay may be from whole steps, as a share of them: files have float32.
_WHOLE = 1e-5

_R = Parameter(1.0, "resistance", unit="Ohm")
_DT = Parameter(1.0, "length of a step", unit="ms", low=1e-9)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What NIR leaves open, as it was asked for.

    Parameters
    ----------
    dt : float, optional
        Length of a step, in the unit of the file's time constants.
    current : "old" or "new", optional
        Which synaptic current the membrane of CubaLI and CubaLIF takes in a step: that of the step
        before, as forward Euler of both equations has it, or the one just computed.
    """

    dt: float | None = None
    current: Literal["old", "new"] | None = None


@neuron(r=_R, dt=_DT)
def nir_i(s, i, p):
    """NIR's I: an integrator that never spikes. dv/dt = R i, by forward Euler."""
    return {"v": s.v + p.dt * p.r * i}


@neuron(threshold=THRESHOLD)
def nir_threshold(s, i, p):
    """NIR's Threshold: spike at i > threshold, with no memory. The state v is the input."""
    return {"v": i, "spike": i > p.threshold}


def _with_new_current(old: Definition) -> Definition:
    """Return a current-based neuron whose membrane takes the current that was just computed."""

    def charge(s, i, p):
        current = s.current + (p.dt / p.tau_syn) * (p.w_in * i - s.current)
        v = s.v + (p.dt / p.tau_mem) * ((p.v_leak - s.v) + p.r * current)
        return {"v": v, "current": current}

    return defined(
        f"{old.name}_new", charge,
        Firing(comparison=">", reset="value", threshold="v_threshold") if old.spikes else None,
        doc=(
            f"As {old.name}, by forward Euler, but that the membrane takes the synaptic current "
            "just computed, as Synaptic of snnTorch has it."
        ),
        **{**old.parameters, **old.states},  # pyright: ignore[reportArgumentType]
    )


_DEFINITIONS: dict[str, Definition] = {
    "I": nir_i,
    "Threshold": nir_threshold,
    **{kind: DEFINITIONS[f"nir_{kind.lower()}"] for kind in ("IF", "LI", "LIF")},
    "CubaLI": DEFINITIONS["nir_cuba_li"],
    "CubaLIF": DEFINITIONS["nir_cuba_lif"],
}
_NEW = {kind: _with_new_current(_DEFINITIONS[kind]) for kind in ("CubaLI", "CubaLIF")}


def definition_of(kind: str, current: str = "old") -> Definition:
    """Return the definition of a node of neurons."""
    return _NEW[kind] if kind in _NEW and current == "new" else _DEFINITIONS[kind]


def read_node(name: str, node: Any, reading: Reading) -> Step | Found:
    """Return what a node is.

    Raises
    ------
    DataError
        The node is of an unknown kind or one that is not read yet, holds a number that is not
        finite, or needs what NIR leaves open; the sentence names it.
    """
    kind = type(node).__name__
    read = MAPS.get(kind)
    if read is not None:
        return read(name, node)
    if kind == "Threshold":
        return Found(definition=nir_threshold,
                     parameters=values(threshold=numbers_of(name, node, "threshold")))
    if kind not in PARAMETERS and kind != "Delay":
        raise DataError(f"{name} is a {kind}, which NIR 1.0.8 does not have")
    if reading.dt is None:
        raise DataError(
            f"{name} is a {kind}, {'in time' if kind == 'Delay' else 'a differential equation'}, "
            "and NIR has no time step; pass dt=, in the unit of its time constants (snnTorch "
            "writes files for dt=0.0001, in seconds)"
        )
    if kind == "Delay":
        return _delay(name, numbers_of(name, node, "delay"), reading.dt)
    if kind in _NEW and reading.current is None:
        raise DataError(
            f"{name} is a {kind}, and NIR does not say which synaptic current its membrane takes "
            "in a step; pass current='old' (that of the step before: forward Euler) or "
            "current='new' (the one just computed, as Synaptic of snnTorch)"
        )
    given = {one: numbers_of(name, node, one) for one in PARAMETERS[kind]}
    for one in ("tau", "tau_syn", "tau_mem"):
        if one in given:
            _check_units(f"{name}.{one}", given[one], reading.dt)
    definition = definition_of(kind, reading.current or "old")
    return Found(definition=definition, parameters=values(dt=reading.dt, **given))


def _delay(name: str, times: np.ndarray, dt: float) -> Delay:
    """Return a delay in steps; it must be of whole ones."""
    steps = times / dt
    whole = steps.round()
    if times.min() < 0 or (abs(steps - whole) > _WHOLE * np.maximum(1, whole)).any():
        worst = times.flat[np.argmax(np.where(times < 0, np.inf, abs(steps - whole)))]
        raise DataError(
            f"{name}.delay has {worst:g}, which is {worst / dt:g} steps of {dt:g}; spikes are "
            "delayed by whole steps"
        )
    return Delay(whole.astype(np.int64))


def _check_units(name: str, tau: np.ndarray, dt: float) -> None:
    """Refuse a step longer than a time constant; warn of one that is far too short."""
    least, most = float(tau.min()), float(tau.max())
    if least < dt:
        raise DataError(
            f"{name} is {least:g}, less than dt, {dt:g}, and a step by forward Euler needs at "
            "most a time constant; if the file counts in seconds and dt in milliseconds, divide "
            "dt by 1000"
        )
    if most > _MOST_STEPS * dt:
        warnings.warn(
            f"{name} is {most:g}, which is {most / dt:.3g} steps of {dt:g}: dt was taken in the "
            "file's unit of time; if the file counts in milliseconds and dt in seconds, multiply "
            "dt by 1000",
            SpikewrightWarning,
            stacklevel=2,
        )
