"""``spikewright pages``: the pages of the cores and of what is public, kept true.

A page is written by hand but for its blocks, which stand between two comments. Those of a neuron
are replaced by what follows from the definition, the simulation, the proofs and the report of the
cores' size; those of any other core by what its docstring says::

    <!-- generated: ports -->

    ...

    <!-- end -->
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.progress import track

from spikewright_hw.cores import CORES
from spikewright_hw.definition.definition import Definition
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.registry import for_core

from .. import terminal
from ..errors import DataError
from ..files import write_if_changed
from ..record.markdown import Presets, filled
from ..record.resource_rows import KEPT, read_rows
from .api_page import API, api_page
from .boards_page import BOARDS_PAGE, boards_page
from .coding_page import coding_pictures
from .core_page import CORE_BLOCKS, core_page_blocks
from .neuron_index import index_block
from .neuron_page import neuron_of, neuron_page_blocks
from .neuron_results import cost_block, picture, picture_path, proofs_block, response_block
from .resources_page import RESOURCES_PAGE, resources_page
from .responses import responses

__all__ = ["BLOCKS", "NO_COST", "current", "files", "index", "page_path", "pages"]

#: What the page of a neuron has, in this order.
BLOCKS = (
    "response", "ports", "parameters", "states", "timing", "arithmetic", "proofs", "cost",
)
#: The block ``cost`` of a page until there is a report.
NO_COST = "Not counted yet: `make resources` counts it, then `spikewright pages` writes it here."
#: The list of the cores.
INDEX = Path("docs") / "cores" / "README.md"


def pages(core: str | None = None, *, check: bool = False, root: Path = Path()) -> list[Path]:
    """Write the blocks of the page of each core, or of one, a neuron's picture, and two lists.

    The lists are that of the cores, and that of what the library exports. With the pages of all
    cores, the pictures of the codings are drawn, and the table of their size and speed is written.

    The cost of a neuron is that of the rows of ``docs/resources.json``, as the table of all cores
    has it; its proofs are those of the ``.sby`` file. Where there is none, the block stays.

    Parameters
    ----------
    core : str, optional
        One of :data:`~spikewright_hw.cores.CORES`.
    check : bool
        Write nothing, and compare what follows from the sources without a simulation: all but the
        pictures of the neurons and the results beside them.
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        The files that were changed.

    Raises
    ------
    DataError
        There is no such core, or no page of it, or its page has a block that there is not; or a
        docstring does not fit its core; or a file that is checked is not what it should be.
    BuildError
        The gateware, simulated, does not equal the integers.
    """
    if core is not None and core not in CORES:
        raise DataError(f"there is no core {core!r}; there are {', '.join(CORES)}")
    names = [*CORES] if core is None else [core]
    console = terminal.console()
    changed = []
    for name in track(names, "Pages", console=console, transient=True):
        wanted = current(name, root=root, simulate=not check)
        changed += [path for path, text in wanted.items() if _changes(path, text, write=not check)]
    others = {root / API: api_page(), root / BOARDS_PAGE: boards_page()}
    if core is None:
        others[root / RESOURCES_PAGE] = resources_page(read_rows(root / KEPT))
        others |= coding_pictures(root=root)
    for path, text in (index(root=root), *others.items()):
        if _changes(path, text, write=not check):
            changed.append(path)
    if check and changed:
        files = ", ".join(path.relative_to(root).as_posix() for path in changed)
        raise DataError(
            f"not what follows from the sources: {files}; `spikewright pages"
            f"{'' if core is None else f' {core}'}` writes what is generated in them"
        )
    for path in changed:
        console.print(str(path), highlight=False)
    done = " are current" if check else f", {len(changed)} files changed"
    console.print(f"{len(names)} pages{done}", highlight=False)
    return changed


def _changes(path: Path, text: str, *, write: bool) -> bool:
    """Return whether a file has another text, and write this one if so asked."""
    if write:
        return write_if_changed(path, text)
    return not path.is_file() or path.read_text(encoding="utf-8") != text


def page_path(core: str) -> Path:
    """Return where the page of a core is."""
    return Path("docs") / "cores" / f"{core}.md"


def current(name: str, *, root: Path, simulate: bool = True) -> dict[Path, str]:
    """Return a core's page, and a neuron's picture, as they should be; see :func:`pages`.

    Unless it may ``simulate``, there is no picture, and the results beside it stay.
    """
    page = root / page_path(name)
    if not page.is_file():
        model = page_path("lif" if name in DEFINITIONS else "scan").as_posix()
        raise DataError(f"there is no page {page}; write one in the form of {model}")
    text = page.read_text(encoding="utf-8")
    if name not in DEFINITIONS:
        blocks = core_page_blocks(CORES[name])
        return {page: filled(text, blocks, page=page, names=CORE_BLOCKS)}
    recipe = CORES[name].file_in(root / "formal", ".sby")
    return files(
        DEFINITIONS[name],
        CORES[name].presets,
        text=text,
        recipe=recipe.relative_to(root) if recipe.is_file() else None,
        sizes=read_rows(root / KEPT),
        simulate=simulate,
        root=root,
    )


def files(
    definition: Definition,
    presets: Presets,
    *,
    text: str,
    recipe: Path | None = None,
    sizes: Sequence[Mapping[str, Any]] = (),
    simulate: bool = True,
    root: Path,
) -> dict[Path, str]:
    """Return the page and the picture of any neuron, registered or not.

    Parameters
    ----------
    definition : Definition
    presets : mapping of str to mapping
        Its ``PRESETS``.
    text : str
        Its page, with blocks to be filled in.
    recipe : Path, optional
        Its ``.sby`` file, or its kind's, in the checkout.
    sizes : sequence of mapping
        Rows of ``docs/resources.json``. Where this or the recipe is missing, the block stays.
    simulate : bool
        Whether to simulate the neuron for its picture; else the block ``response`` stays.
    root : Path
        The checkout.

    Raises :exc:`BuildError` if the gateware, simulated, does not equal the integers, and
    :exc:`DataError` for a page that is marked wrongly.
    """
    name, spikes = definition.name, definition.spikes
    page, fixed = root / page_path(name), neuron_of(definition, presets)
    seen = responses(fixed) if simulate else None
    blocks = {
        **neuron_page_blocks(definition, presets),
        "response": response_block(fixed, seen) if seen else None,
        "proofs": recipe and proofs_block(
            for_core((root / recipe).read_text(encoding="utf-8"), name=name, presets=presets),
            file=recipe,
            presets=presets,
            spikes=spikes,
        ),
        "cost": cost_block(name, sizes),
    }
    filled_in = {page: filled(text, blocks, page=page, names=BLOCKS)}
    return filled_in | ({root / picture_path(name): picture(fixed, seen)} if seen else {})


def index(*, root: Path) -> tuple[Path, str]:
    """Return the list of the cores as it should be: all neurons that have a page."""
    path = root / INDEX
    found = [(name, root / page_path(name)) for name in DEFINITIONS]
    block = index_block(
        (DEFINITIONS[name], CORES[name].presets, page.read_text(encoding="utf-8"))
        for name, page in found
        if page.is_file()
    )
    text = path.read_text(encoding="utf-8")
    return path, filled(text, {"neurons": block}, page=path, names=("neurons",))
