"""The neurons of SpikingJelly (2.0.0).

Equations are those of its source, ``spikingjelly/activation_based``. The spike is v >= threshold,
and the reset acts in the same step: by subtraction where ``v_reset`` is None, else to ``v_reset``,
where the membrane also starts and to which it leaks.
"""

from functools import cache
from typing import Any

import numpy as np

from spikewright_hw.definition.definition import Definition, Parameter, State
from spikewright_hw.neuron import DEFINITIONS

from .firing import Charge, Firing, defined
from .found import Found, Read, array, values
from .step import Delay

__all__ = ["READ"]

_SOURCE = "of SpikingJelly 2.0.0 (Fang et al., Sci. Adv. 9:eadi1480, 2023)"
_TAU = Parameter(2.0, "time constant of the membrane, in steps", low=1)
_SHARE = Parameter(0.5, "a step over the time constant", low=0, high=1)


def _integrate(s, i, p):
    return {"v": s.v + i}


def _leak(share: Charge, *, rest: bool, of_input: bool) -> Charge:
    """Return how a membrane leaks to zero or to ``v_reset``, its input with it or not."""

    def charge(s, i, p):
        away = s.v - p.v_reset if rest else s.v
        return {"v": s.v + share(s, i - away, p) if of_input else s.v - share(s, away, p) + i}

    return charge


@cache
def _definition(kind: str, of_input: bool, subtracts: bool) -> Definition:
    """Return the neuron of a class, which is a registered one if there is one."""
    if kind == "IFNode" and subtracts:
        return DEFINITIONS["if_neuron"]
    firing = Firing(comparison=">=", reset="subtract" if subtracts else "value")
    rest = "v" if subtracts else "(v - v_reset)"
    share, name, constant = {
        "IFNode": (None, "", None),
        "LIFNode": (lambda s, x, p: x / p.tau, "1/tau", {"tau": _TAU}),
        "ParametricLIFNode": (lambda s, x, p: x * p.share, "share", {"share": _SHARE}),
    }[kind]
    charge, equation = _integrate, "v = v + i"
    if share is not None:
        charge = _leak(share, rest=not subtracts, of_input=of_input)
        equation = f"v = v + {name} (i - {rest})" if of_input else f"v = v - {name} {rest} + i"
    words = ["spikingjelly", kind.lower().removesuffix("node"), *([] if of_input else ["full"])]
    return defined(
        "_".join([*words, "subtract" if subtracts else "value"]), charge, firing,
        doc=f"{kind} {_SOURCE}: {equation}.",
        v=State("membrane", start=0.0 if subtracts else "v_reset"), **(constant or {}),
    )


def _read(module: Any) -> Found:
    kind = type(module).__name__
    given = {"threshold": module.v_threshold}
    if module.v_reset is not None:
        given["v_reset"] = module.v_reset
    if kind == "LIFNode":
        given["tau"] = module.tau
    elif kind == "ParametricLIFNode":
        given["share"] = 1 / (1 + np.exp(-array(module.w)))
    return Found(
        definition=_definition(
            kind, bool(getattr(module, "decay_input", True)), module.v_reset is None
        ),
        parameters=values(**given),
    )


#: How each class is read.
READ: dict[str, Read] = {
    **dict.fromkeys(("IFNode", "LIFNode", "ParametricLIFNode"), _read),
    "Delay": lambda module: Delay(np.array(module.delay_steps)),
}
