"""``report.md`` of a submission: what NeuroBench's rules ask to be described."""

from statistics import mean

from ..record.markdown import table, wrapped
from ..record.report import Report
from .task import Form, Task

__all__ = ["report_page"]


def report_page(task: Task, record: Report, *, form: Form, command: str) -> str:
    """Return the page."""
    said = task.said
    first = " ".join(f"**{one}**" for one in ("Simulated, nothing measured.", *form.told(task)))
    rows = []
    for figure in record.figures:
        trials = figure.detail["trials"]
        apart = max((abs(one - mean(trials)) for one in trials), default=0.0)
        share = 100 * apart / abs(mean(trials)) if apart else 0.0
        rows.append((
            f"`{figure.name}`", f"{figure.value:.6g}", figure.unit,
            " ".join(f"{one:.6g}" for one in trials), f"{share:.2f} %", figure.provenance.kind,
        ))
    picture = [f'    s{index}["{stage}"]' for index, stage in enumerate(said.workflow)]
    picture.append(f"    {' --> '.join(f's{index}' for index in range(len(picture)))}")
    parts = [
        f"# NeuroBench, {task.track} track: {task.title}",
        first,
        "## System architecture", wrapped(said.architecture),
        "## Algorithm", wrapped(said.algorithm),
        "## Workflow", "\n".join(["```mermaid", "flowchart LR", *picture, "```"]),
        "## Measurement", wrapped(said.measurement),
        "## Boundary", "Included:", "\n".join(f"- {one}" for one in said.included),
        "Omitted:", "\n".join(f"- {one}" for one in said.omitted),
        "## Results",
        "\n".join(table(
            ("figure", "mean of the trials", "unit", "trials", "farthest from the mean",
             "provenance"), rows,
        )),
        "## Repetition", f"```\n$ {command}\n$ spikewright neurobench check FOLDER --repeat\n```",
        wrapped("Each trial has its report and its log in `trials`. `submission.json` has the hash "
                "of each file."),
    ]
    return "\n\n".join(parts) + "\n"
