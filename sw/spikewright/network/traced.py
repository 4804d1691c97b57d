"""A number that writes down what is done with it: how a surrogate's shape becomes C++."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

__all__ = ["Traced", "Untraceable"]


class Untraceable(Exception):
    """Something is done that cannot be written down; it is left to PyTorch."""


#: Methods of tensors that are functions of one number, those in place among them.
_FUNCTIONS = {
    "abs": "abs_of({0})", "square": "{0} * {0}", "reciprocal": "1 / {0}", "exp": "exp_of({0})",
    "sigmoid": "sigmoid_of({0})", "tanh": "tanh_of({0})", "sqrt": "root_of({0})",
    "neg": "-{0}", "expm1": "expm1_of({0})", "log": "log_of({0})",
}
#: Those of two numbers.
_PAIRS = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}",
    "lt": "real({0} < {1})", "le": "real({0} <= {1})",
    "gt": "real({0} > {1})", "ge": "real({0} >= {1})",
}


class Traced:
    """Stands for a tensor.

    Parameters
    ----------
    number : callable
        Returns the name of a number.
    line : callable
        Writes a line, and returns the name of what it computes.
    name : str
        What is called so.
    dtype : torch.dtype
    """

    def __init__(
        self, number: Callable[[float], str], line: Callable[[str], str], name: str,
        dtype: torch.dtype = torch.float64,
    ):
        self._number, self._line, self.name, self.dtype = number, line, name, dtype

    def _made(self, form: str, *operands: Any) -> "Traced":
        names = [
            one.name if isinstance(one, Traced) else self._number(_plain(one)) for one in operands
        ]
        return Traced(self._number, self._line, self._line(form.format(*names)), self.dtype)

    def __getattr__(self, name: str) -> Callable[..., "Traced"]:
        form = (_FUNCTIONS | _PAIRS).get(name.rstrip("_"))
        if form is None:
            raise Untraceable(f"{name} is done with a distance")

        def call(*operands: Any) -> "Traced":
            made = self._made(form, self, *operands)
            if name.endswith("_"):  # in place
                self.name = made.name
                return self
            return made

        return call

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, given: Any = (), named: Any = None):
        """Return what a function of torch makes of such numbers."""
        first = next((one for one in given if isinstance(one, Traced)), None)
        form = (_FUNCTIONS | _PAIRS).get(getattr(function, "__name__", ""))
        if first is None or form is None or named:
            raise Untraceable(f"{function} is done with a distance")
        return first._made(form, *given)

    def clamp(self, min: Any = None, max: Any = None) -> "Traced":
        """Return the number within bounds."""
        made = self
        if min is not None:
            made = made._made("larger({0}, {1})", made, min)
        return made if max is None else made._made("smaller({0}, {1})", made, max)

    def clamp_(self, min: Any = None, max: Any = None) -> "Traced":
        """Keep the number within bounds."""
        self.name = self.clamp(min, max).name
        return self

    def fill_(self, value: float) -> "Traced":
        """Become another number."""
        self.name = self._number(value)
        return self

    def to(self, dtype: torch.dtype) -> "Traced":
        """Return the number; there is one type alone."""
        return self

    def __pow__(self, exponent: float) -> "Traced":
        if exponent != 2:
            raise Untraceable(f"the power {exponent} of a distance is taken")
        return self._made("{0} * {0}", self)

    def __neg__(self) -> "Traced":
        return self._made("-{0}", self)

    def __bool__(self) -> bool:
        raise Untraceable("it is decided by the value of a distance")


def _plain(value: Any) -> float:
    if isinstance(value, Tensor) and value.dim():
        raise Untraceable("a distance meets a tensor")
    return float(value)


def _operator(form: str, *, turned: bool = False):
    def method(self: Traced, other: Any) -> Traced:
        return self._made(form, *((other, self) if turned else (self, other)))

    return method


for _name, _form in {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div"}.items():
    setattr(Traced, f"__{_name}__", _operator(_PAIRS[_form]))
    setattr(Traced, f"__r{_name}__", _operator(_PAIRS[_form], turned=True))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Traced, f"__{_name}__", _operator(_PAIRS[_name]))
