"""The benchmarks that the auditor knows."""

from .asc import ASC
from .cart_pole import CART_POLE
from .digits import DIGITS
from .mackey_glass import MACKEY_GLASS
from .qubo import QUBO

__all__ = ["AUDITS"]

#: By their names.
AUDITS = {audit.name: audit for audit in (QUBO, ASC, MACKEY_GLASS, CART_POLE, DIGITS)}
