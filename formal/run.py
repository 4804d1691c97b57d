"""Proves the cores: ``python formal/run.py [core ...]``, or ``make formal [CORE=...]``.

For each core the specs of ``formal/<core>.py`` are written as RTLIL to ``build/formal/<core>``, and
every task of ``formal/<core>.sby`` is run on them; what a core lacks of its own is its kind's
(``formal/neuron.py``). Verdicts are in the content-addressed cache;
``--fresh`` gets them anew, and ``--all`` also runs what another task implies, and of all cores the
long ones (``formal/long.txt``). ``formal/README.md`` says how to read the table.
"""

import argparse
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from prover import HOUSE, LONG, Prover, Row, Task, long_tasks, tasks_of
from spikewright.errors import SpikewrightError, ToolError
from spikewright.interrupt import interruptible
from spikewright.record.report import Report
from spikewright.record.store import write_report
from spikewright.tools import stop_all
from spikewright_hw.cores import CORES

__all__ = ["main", "prove"]

REPORT = HOUSE / "build" / "reports" / "formal"
JOBS = 2


def prove(cores: list[str], *, fresh: bool = False, every: bool = False) -> list[Row]:
    """Run the tasks of some cores, or of all, and return a row for each, in the order of the cores.

    Unless ``every`` task is to run, those are left out that another implies, and of all cores the
    long ones.

    Raises :exc:`~spikewright.errors.ToolError` for an unknown core, a missing tool or a core whose
    files do not fit together.
    """
    for core in cores:
        if core not in CORES:
            raise ToolError(f"there is no core {core}; there are {', '.join(CORES)}")
    prover = Prover()
    long = {} if cores else long_tasks()
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress, ThreadPoolExecutor(JOBS) as pool:
        bar = progress.add_task("Proving", total=None)

        def row_of(task: Task) -> Row:
            row = (None if fresh else prover.known(task)) or prover.run(task)
            progress.advance(bar)
            return row

        rows: list[Future[Row]] = []
        bounded = others = 0
        try:
            # While the specs of one core are written, those before it are proved.
            for core in cores or CORES:
                for task in tasks_of(core):
                    if every or not (task.implied or (core, task.name) in long):
                        rows.append(pool.submit(row_of, task))
                    elif task.implied:
                        bounded += 1
                    else:
                        others += 1
            progress.update(bar, total=len(rows))
            _tell_left_out(console, bounded=bounded, long=others)
            return [row.result() for row in rows]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop_all()
            raise


def _tell_left_out(console: Console, *, bounded: int, long: int) -> None:
    """Say how many tasks are not run."""
    left = []
    if bounded:
        left.append(f"{bounded} bounded tasks of what a proof shows for good")
    if long:
        left.append(f"{long} long tasks, of which {LONG} says what is run in their place")
    if left:
        console.print(f"left out: {' and '.join(left)} (--all)")


def print_table(rows: list[Row]) -> None:
    """Print a line for each row."""
    table = Table(title="Proofs")
    for column in ("core", "task", "depth", "engine", "seconds", "verdict"):
        table.add_column(column, justify="right" if column in ("depth", "seconds") else "left")
    for row in rows:
        verdict = row.verdict
        if row.expected == "FAIL" and row.ok:
            verdict = f"FAIL, as it should: {len(row.failed)} properties"
        elif not row.ok:
            verdict = f"{row.verdict} {', '.join(row.failed)}{row.note}"
        style = "green" if row.ok else "bold red"
        seconds = "cached" if row.cached else f"{row.seconds:.1f}"
        table.add_row(
            row.core, row.task, str(row.depth), row.engine, seconds, f"[{style}]{verdict}[/]"
        )
    console = Console()
    Console(width=None if console.is_terminal else 140).print(table)


def _reason(row: Row) -> str:
    """Say what failed, and where to look."""
    folder = f"build/formal/{row.core}/{row.task}"
    failed = ", ".join(row.failed) if row.verdict == "FAIL" else ""
    said = row.note or failed or "no property is named"
    return f"{said}; see {row.trace or f'{folder}/logfile.txt'}"


def main(arguments: list[str] | None = None) -> int:
    """Run the proofs and return the exit status: 0 if every verdict is the expected one."""
    parser = argparse.ArgumentParser(prog="formal/run.py", description="Prove the cores.")
    parser.add_argument("cores", nargs="*", metavar="core", help="names of cores; all if none")
    parser.add_argument("--fresh", action="store_true", help="run also what is already known")
    parser.add_argument(
        "--all", action="store_true",
        help="run also the bounded tasks whose properties another task proves for good, and the "
        f"long ones of {LONG}, which are left out only where no core is named",
    )
    options = parser.parse_args(arguments)
    return interruptible(
        lambda: _main(options), says="Interrupted; the verdicts so far are kept."
    )


def _main(options: argparse.Namespace) -> int:
    try:
        rows = prove(options.cores, fresh=options.fresh, every=options.all)
        print_table(rows)
        report = Report("formal", "Proofs", rows=tuple(asdict(row) for row in rows))
        write_report(report, REPORT)
    except SpikewrightError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = [row for row in rows if not row.ok]
    for row in wrong:
        print(
            f"{row.core} {row.task} came to {row.verdict}, not {row.expected}: {_reason(row)}",
            file=sys.stderr,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
