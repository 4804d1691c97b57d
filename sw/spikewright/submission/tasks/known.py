"""The benchmarks that can be submitted."""

from spikewright_hw.checks import one_of

from ..task import Task
from .asc import ASC
from .cart_pole import CART_POLE
from .detection import DETECTION
from .digits import DIGITS
from .keyword_fscil import KEYWORD_FSCIL
from .mackey_glass import MACKEY_GLASS
from .primate_reaching import PRIMATE_REACHING
from .qubo import QUBO

__all__ = ["TASKS", "task_named"]

#: By the name on the command line.
TASKS = {
    task.name: task
    for task in (
        QUBO, ASC, MACKEY_GLASS, PRIMATE_REACHING, KEYWORD_FSCIL, DETECTION, CART_POLE, DIGITS
    )
}


def task_named(name: str) -> Task:
    """Return the task of a name. Raises :exc:`ValueError` if there is none."""
    return TASKS[one_of(tuple(TASKS))("task", name)]
