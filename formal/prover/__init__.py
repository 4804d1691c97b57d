"""Running SymbiYosys on the specs of the cores and reading its verdicts."""

from .runner import Prover, Row
from .tasks import HOUSE, Task, tasks_of

__all__ = ["HOUSE", "Prover", "Row", "Task", "tasks_of"]
