"""Running SymbiYosys on the specs of the cores and reading its verdicts."""

from .long import LONG, long_tasks
from .runner import Prover, Row
from .tasks import HOUSE, Task, tasks_of

__all__ = ["HOUSE", "LONG", "Prover", "Row", "Task", "long_tasks", "tasks_of"]
