"""The benchmarks that the auditor knows."""

from .asc import ASC
from .cart_pole import CART_POLE
from .detection import DETECTION
from .digits import DIGITS
from .keyword_fscil import KEYWORD_FSCIL
from .mackey_glass import MACKEY_GLASS
from .primate_reaching import PRIMATE_REACHING
from .qubo import QUBO

__all__ = ["AUDITS"]

#: By their names.
AUDITS = {
    audit.name: audit
    for audit in (
        QUBO, ASC, MACKEY_GLASS, PRIMATE_REACHING, KEYWORD_FSCIL, DETECTION, CART_POLE, DIGITS
    )
}
