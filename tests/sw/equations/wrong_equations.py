"""Neurons with something wrong in their equations, and what is expected to be said."""

import re
from typing import Any, NamedTuple

import pytest

from spikewright.equations.compile import compile_equations
from spikewright.equations.place import EquationError
from spikewright.errors import SpikewrightError

SMALL = "this number is too small to compute with; it is 0, or 1e-30 to 1e+30 in size"
LARGE = SMALL.replace("small", "large")
UNITS_OF = 'parameters={"tau": "20ms"} or units={"v": "mV"}'
LIF = "dv/dt = (v_rest - v + R*i)/tau"
PARAMETERS = {"tau": 20, "R": 1, "v_rest": 0, "v_th": 1}
UNITS = {"tau": "20ms", "R": "10MOhm", "v_rest": "-65mV", "v_th": "-50mV"}
MV_NA = {"v": "mV", "i": "nA"}
REST = 'it is a count of 1 to 127 steps, or a time such as "3ms"'


class Wrong(NamedTuple):
    """A LIF neuron with something wrong in it, and what is expected to be said."""

    expected: tuple[str, ...]
    equations: tuple[str, ...]
    changed: dict[str, Any]

    def said(self) -> str:
        """Compile it and return the error."""
        given: dict[str, Any] = {"threshold": "v > v_th", "reset": "v = v_rest"} | self.changed
        given.setdefault("parameters", self._parameters(given))
        with pytest.raises(EquationError) as caught:
            compile_equations(*self.equations, **given)
        assert isinstance(caught.value, SpikewrightError)
        return str(caught.value)

    def _parameters(self, given: dict[str, Any]) -> dict[str, float]:
        """Return those that are read; one that is not would be an error of its own."""
        text = " ".join((*self.equations, given["threshold"] or "v_th", given["reset"] or ""))
        names = {name: rf"\b{name}\b" for name in PARAMETERS}
        return {name: PARAMETERS[name] for name in names if re.search(names[name], text)}


def case(place: str, sentence: str, *equations: str, **changed: Any) -> Wrong:
    """Make a case with a place that is marked."""
    return Wrong((place, sentence), equations or (LIF,), changed)


def unplaced(sentence: str, *equations: str, **changed: Any) -> Wrong:
    """Make a case without a place."""
    return Wrong((sentence,), equations or (LIF,), changed)
