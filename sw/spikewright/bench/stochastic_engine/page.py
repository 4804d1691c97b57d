"""The page of the report ``stochastic``, and what it writes into ``docs/stochastic_engine.md``."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from ...errors import DataError
from ...files import write_if_changed
from ...record import stochastic_plots as plots
from ...record.figure import Figure
from ...record.markdown import filled, table, wrapped
from ...record.page import format_value
from ...record.report import Picture, Report, Section
from ...record.stochastic_bench import Curve, chosen, shown
from ...record.svg import standalone
from ...stochastic_models.products import NUMBERS
from .gateware import HEADINGS, Placed

__all__ = ["BLOCKS", "PAGE", "PICTURES", "blocks", "docs", "sections"]

PAGE = Path("docs") / "stochastic_engine.md"
PICTURES = Path("docs") / "pictures" / "stochastic"
#: What the page has.
BLOCKS = (
    "accuracy_digits", "accuracy_mnist", "trained", "products", "speed", "faults",
    "progressive_digits", "progressive_mnist", "gateware", "made",
)
#: Pairs of sources that are drawn and listed, and what they are called.
_PAIRS = {
    "sobol_0 × sobol_1": "Sobol, two dimensions",
    "counter × van_der_corput": "counter, van der Corput",
    "halton_2 × halton_3": "Halton, bases 2 and 3",
    "lfsr × lfsr_half": "LFSR, half a period apart",
    "lfsr × lfsr": "one LFSR for both",
}


def sections(curves: Sequence[Curve], lines: Sequence[Figure]) -> tuple[Section, ...]:
    """Return the pictures with their captions."""
    made = []
    for task in _tasks(curves):
        of_task = chosen(curves, "accuracy", task=task)
        real, integer = (_line(lines, task, kind) for kind in ("float", "integer"))
        low = min(90.0, 10 * (integer // 10))
        made.append(Section(f"Accuracy over length: {task}", pictures=(
            Picture(
                f"accuracy_{task}",
                plots.accuracy_plot(
                    of_task, chosen(curves, "trained", task=task), task=task, real=real,
                    integer=integer, low=low,
                ),
                "Accuracy on the test part over the bits of a stream, for each source and each "
                f"encoding. What lies below {low:g} % is cut off.",
                wide=True,
            ),
        )))
    products = chosen(curves, "product")
    conjunctions = [one for one in products if one.tags["encoding"] == "and"]
    made.append(Section("Error of one product", pictures=(
        Picture(
            "product",
            plots.product_plot(products, pairs=_PAIRS),
            "Root of the mean squared error over all pairs of factors of 8 bits, for some pairs of "
            "sources.",
            wide=True,
        ),
        Picture(
            "product_pairs",
            plots.matrix_plot(conjunctions, names=list(NUMBERS)),
            "The same of the AND for every pair. On the diagonal both factors share a source: the "
            "gate gives the lesser of them.",
        ),
    )))
    made.append(Section("Faults", pictures=(
        Picture(
            "faults",
            plots.fault_plot(chosen(curves, "faults")),
            "Accuracy over the probability that a bit flips; bars from the worst to the best draw.",
        ),
    )))
    for task in _tasks(curves):
        made.append(Section(f"Stopped early: {task}", pictures=(
            Picture(
                f"progressive_{task}",
                plots.progressive_plot(chosen(curves, "progressive", task=task), task=task),
                "Accuracy over the mean cycles of an inference, when streams are stopped early. "
                "The star is the event engine on the same network.",
            ),
        )))
    return tuple(made)


def docs(
    report: Report,
    curves: Sequence[Curve],
    lines: Sequence[Figure],
    placed: Sequence[Placed],
    *,
    root: Path,
) -> list[Path]:
    """Write the pictures and the blocks of the page; return the files that changed.

    Raises
    ------
    DataError
        There is no page, or it is marked wrongly.
    """
    page = root / PAGE
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    text = page.read_text(encoding="utf-8")
    wanted = {page: filled(text, blocks(report, curves, lines, placed), page=page, names=BLOCKS)}
    for section in report.sections:
        for picture in section.pictures:
            wanted[root / PICTURES / f"{picture.name}.svg"] = standalone(picture.svg)
    return [path for path, content in wanted.items() if write_if_changed(path, content)]


def blocks(
    report: Report,
    curves: Sequence[Curve],
    lines: Sequence[Figure],
    placed: Sequence[Placed],
) -> Mapping[str, str | None]:
    """Return the blocks of the page; those of a task that was not run stay as they are."""
    made = {
        "trained": "\n".join(_trained(curves)),
        "products": "\n".join(_products(curves)),
        "speed": "\n".join(_speed(curves)),
        "faults": "\n".join(_faults(curves)),
        "gateware": "\n".join(_gateware(placed)),
        "made": "\n".join(_made(report)),
    }
    for task in _tasks(curves):
        made[f"accuracy_{task}"] = "\n".join(_accuracy(curves, lines, task))
        made[f"progressive_{task}"] = "\n".join(_progressive(curves, task))
    return made


def _accuracy(curves: Sequence[Curve], lines: Sequence[Figure], task: str) -> Iterator[str]:
    of_task = chosen(curves, "accuracy", task=task)
    real, integer = (_line(lines, task, kind) for kind in ("float", "integer"))
    yield f"In real numbers {real:.2f} %, in integers {integer:.2f} %. On bitstreams, in percent:"
    yield ""
    yield from table(
        ["encoding", "source", *map(str, of_task[0].at)],
        (
            [one.tags["encoding"], one.tags["source"], *_values(one)]
            for one in of_task
        ),
    )


def _trained(curves: Sequence[Curve]) -> Iterator[str]:
    listed = chosen(curves, "trained")
    yield from table(
        ["encoding", "trained", *(f"{length} bits" for length in listed[0].at)],
        (
            [one.tags["encoding"], words, *(shown(of[at], "%") for at in one.at)]
            for one in listed
            for words, of in (
                ("on sums", chosen(curves, "accuracy", **one.tags)[0]),
                ("on the bitstreams", one),
            )
        ),
    )


def _products(curves: Sequence[Curve]) -> Iterator[str]:
    listed = [one for one in chosen(curves, "product") if one.tags["source"] in _PAIRS]
    yield from table(
        ["gate", "sources", *map(str, listed[0].at)],
        (
            [one.tags["encoding"], _PAIRS[one.tags["source"]], *(f"{v:.5f}" for v in one.values)]
            for one in listed
        ),
    )


def _speed(curves: Sequence[Curve]) -> Iterator[str]:
    timed = chosen(curves, "speed")
    yield from table(
        ["what", "unit", *(f"{length} bits" for length in timed[0].at)],
        (
            [one.tags["engine"], one.unit, *(
                f"{value:,.0f} ({min(each):,.0f} to {max(each):,.0f})"
                for value, each in zip(one.values, one.detail["repeats"], strict=True)
            )]
            for one in timed
        ),
    )


def _faults(curves: Sequence[Curve]) -> Iterator[str]:
    listed = chosen(curves, "faults")
    yield from table(
        ["engine", "flipped", *(format_value(rate) for rate in listed[0].at)],
        ([one.tags["engine"], one.tags["source"], *_values(one)] for one in listed),
    )


def _progressive(curves: Sequence[Curve], task: str) -> Iterator[str]:
    listed = chosen(curves, "progressive", task=task)
    streams = [one for one in listed if "source" in one.tags]
    (events,) = (one for one in listed if one not in streams)
    yield wrapped(
        f"The event engine: {_percent(events.values[0])} % in {events.at[0]:,.0f} cycles. On "
        "bitstreams that are stopped early, percent and cycles:"
    )
    yield ""
    yield from table(
        ["source", *(f"{bits} bits" for bits in streams[0].detail["prefixes"])],
        (
            [one.tags["source"], *(
                f"{_percent(value)} in {at:,.0f}"
                for at, value in zip(one.at, one.values, strict=True)
            )]
            for one in streams
        ),
    )


def _gateware(placed: Sequence[Placed]) -> Iterator[str]:
    yield from table(HEADINGS, (one.cells() for one in placed))
    sources = dict.fromkeys(
        source for one in placed
        for source in (one.resources.size_source, one.resources.fmax_source) if source
    )
    yield ""
    yield wrapped(f"Sources: {'; '.join(sources)}.")


def _made(report: Report) -> Iterator[str]:
    versions = ", ".join(f"{name} {report.made[name]}" for name in ("numpy", "torch"))
    yield wrapped(
        f"Written by `{report.made['command']} --pages` on {date.today().isoformat()}, seeds "
        f"{report.made['seeds']}, {report.made['processor']}, {versions}."
    )


def _values(curve: Curve) -> list[str]:
    return [shown(value, curve.unit) for value in curve.values]


def _percent(value: float) -> str:
    return shown(value, "%")


def _tasks(curves: Sequence[Curve]) -> list[str]:
    return list(dict.fromkeys(one.tags["task"] for one in chosen(curves, "accuracy")))


def _line(lines: Sequence[Figure], task: str, kind: str) -> float:
    (line,) = (line for line in lines if line.name == f"accuracy_{task}_{kind}")
    return float(line.value)
