"""The pages of the cores: the neurons' equations, the blocks, the list of all."""

import math
import random
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spikewright.errors import DataError
from spikewright.gateware.board import BOARDS
from spikewright.pages import pages, responses
from spikewright.pages.api_page import API, api_page
from spikewright.pages.boards_page import BOARDS_PAGE, boards_page
from spikewright.pages.coding_page import PICTURES, coding_pictures
from spikewright.pages.core_page import CORE_BLOCKS
from spikewright.pages.neuron_index import comparison_of, purpose_of, reset_of
from spikewright.pages.neuron_page import multipliers, neuron_of
from spikewright.pages.neuron_results import cost_block, proofs_block
from spikewright.pages.pages import BLOCKS, NO_COST, index, page_path
from spikewright.pages.resources_page import RESOURCES_PAGE, resources_page
from spikewright.pages.stimulus import run_integers
from spikewright.record.markdown import filled
from spikewright.record.resource_rows import KEPT, read_rows
from spikewright_hw.cores import CORES
from spikewright_hw.definition import reals
from spikewright_hw.definition.definition import Definition
from spikewright_hw.neuron import DEFINITIONS

HOUSE = Path(__file__).resolve().parents[3]
MOST_BYTES = 60_000
PAGES = [page_path(name) for name in CORES]


@pytest.fixture
def rng() -> random.Random:
    """Return a seeded random source; a failing test shows the seed."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


def block_of(text: str, name: str) -> str:
    match = re.search(rf"<!-- generated: {name} -->\n\n(.*?)\n\n<!-- end -->", text, re.DOTALL)
    assert match, f"there is no block {name}"
    return match[1]


# Equations ----------------------------------------------------------------------------------------

FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "min": min,
    "max": max,
    "e": math.e,
}


def equations(name: str) -> list[tuple[str, str]]:
    """Return the equations of a page: what each gives, and its right side."""
    page = (HOUSE / page_path(name)).read_text()
    section = page[page.index("## Equation") : page.index("## Response")]
    block = section.split("```")[-2]
    python = re.sub(r"(\w+)\[t-1\]", r"\1_before", block)
    python = re.sub(r"(\w+)\[t\]", r"\1_now", python)
    return [tuple(line.split(" = ", 1)) for line in python.strip().splitlines()]  # pyright: ignore


def by_page(name: str, states: dict, inputs: dict, parameters: dict) -> tuple[dict, bool]:
    """Run a step by the equations of the page."""
    known = dict(FUNCTIONS) | parameters
    known |= {f"{state}_before": value for state, value in states.items()}
    known |= {f"{word}_now": value for word, value in inputs.items()}
    for left, right in equations(name):
        known[left] = eval(right, {"__builtins__": {}}, known)  # the page's own text
    return {state: known[f"{state}_now"] for state in states}, bool(known.get("spike_now", False))


def random_steps(definition: Definition, *, count: int, rng: random.Random):
    parameters: Any = definition.values()
    start = reals.start(definition, parameters)
    for _ in range(count):
        spread = rng.choice([0.5, 2, 30, 120])
        states = {name: value + rng.uniform(-spread, spread) for name, value in start.items()}
        if "rest" in states:
            states["rest"] = rng.choice([0, 0, 1, 2])
        yield states, {name: rng.uniform(-spread, spread) for name in definition.inputs}, parameters


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_equations_on_a_page_are_those_of_the_definition(name, rng):
    definition = DEFINITIONS[name]
    spikes = set()
    for states, inputs, parameters in random_steps(definition, count=300, rng=rng):
        expected, spike = reals.step(definition, states, inputs, parameters)
        given, spiked = by_page(name, states, inputs, parameters)
        assert spiked == spike
        assert given == pytest.approx(expected, rel=1e-9, abs=1e-9)
        spikes.add(spike)
    assert spikes == ({False, True} if definition.spikes else {False})


@pytest.mark.parametrize("name", [name for name, one in DEFINITIONS.items() if one.spikes])
def test_the_comparison_on_a_page_is_that_of_the_definition(name):
    (spike,) = (right for left, right in equations(name) if left == "spike_now")
    sign = {"≥": ">=", ">": ">"}[comparison_of(DEFINITIONS[name])]
    assert re.findall(r"[<>]=?", spike) == [sign]


# Pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name if name == "lif" else pytest.param(name, marks=pytest.mark.slow)
             for name in DEFINITIONS]
)
def test_a_page_and_its_picture_are_current(name, monkeypatch):
    """They are what `spikewright pages` writes."""
    monkeypatch.setattr(responses, "simulated", run_integers)  # the simulator has its own test
    for path, text in pages.current(name, root=HOUSE).items():
        message = f"{path.name} is not what follows from the definition: run `spikewright pages`"
        assert path.read_text(encoding="utf-8") == text, message
        if path.suffix == ".svg":
            assert len(text) < MOST_BYTES
    page = (HOUSE / page_path(name)).read_text(encoding="utf-8")
    assert re.findall(r"<!-- generated: (\w+) -->", page) == list(BLOCKS)
    assert purpose_of(page)


@pytest.mark.parametrize("name", [name for name in CORES if name not in DEFINITIONS])
def test_a_page_is_current(name):
    ((path, text),) = pages.current(name, root=HOUSE).items()
    page = path.read_text(encoding="utf-8")
    message = f"{path.name} is not what the docstring says: run `spikewright pages {name}`"
    assert page == text, message
    assert re.findall(r"<!-- generated: (\w+) -->", page) == list(CORE_BLOCKS)


def test_the_list_of_the_cores_is_current():
    path, text = index(root=HOUSE)
    assert path.read_text(encoding="utf-8") == text, "run `spikewright pages`"
    for name in DEFINITIONS:
        assert f"({name}.md)" in text


@pytest.mark.parametrize(
    ("name", "comparison", "reset", "products"),
    [
        ("li", "never", "", 0),
        ("lif_refractory", "≥", "by subtraction", 0),
        ("lapicque", "≥", "to zero", 0),
        ("nir_lif", ">", "to a level", 0),
        ("alpha", "≥", "by subtraction", 0),
        ("glif", "≥", "mixed", 0),
        ("clif", "≥", "by subtraction", 4),
        ("izhikevich", "≥", "to a level", 1),
    ],
)
def test_what_the_list_says(name, comparison, reset, products):
    definition = DEFINITIONS[name]
    assert (comparison_of(definition), reset_of(definition)) == (comparison, reset)
    assert multipliers(neuron_of(definition, CORES[name].presets)) == products


@pytest.mark.parametrize(
    "page", ["README.md", "docs/neurons.md", "docs/cores/README.md", *map(str, PAGES)]
)
def test_every_link_leads_somewhere(page):
    path = HOUSE / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert links and not missing, f"{page} leads to {', '.join(missing)}, which are not there"


# Blocks -------------------------------------------------------------------------------------------

PAGE = Path("page.md")
NO_END = (
    "page.md has 1 starts and 0 ends of generated blocks; each begins with a line "
    "<!-- generated: NAME --> and ends with a line <!-- end -->"
)
MARKED = "a\n<!-- generated: ports -->\nold\n<!-- end -->\nb\n"


def test_a_block_is_replaced_and_the_rest_stays():
    new = filled(MARKED, {"ports": "new"}, page=PAGE, names=BLOCKS)
    assert new == "a\n<!-- generated: ports -->\n\nnew\n\n<!-- end -->\nb\n"
    assert filled(new, {"ports": "new"}, page=PAGE, names=BLOCKS) == new
    assert filled(MARKED, {"ports": None}, page=PAGE, names=BLOCKS) == MARKED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            MARKED.replace("ports", "prots"),
            f"page.md has a block prots; there are {', '.join(BLOCKS)}",
        ),
        (MARKED.replace("<!-- end -->", ""), NO_END),
    ],
)
def test_a_page_that_is_marked_wrongly_is_refused(text, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        filled(text, {"ports": "new"}, page=PAGE, names=BLOCKS)


def test_no_such_core():
    message = f"there is no core 'fil'; there are {', '.join(CORES)}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        pages.pages("fil")


def test_the_page_of_the_boards_is_current():
    page = (HOUSE / BOARDS_PAGE).read_text(encoding="utf-8")
    assert page == boards_page(), "run `spikewright pages`"
    for name in BOARDS:
        assert f"| `{name}` |" in page


def test_the_table_of_sizes_is_current():
    """Beside the cores' pages it is the only one that is written whole from what was measured."""
    page = (HOUSE / RESOURCES_PAGE).read_text(encoding="utf-8")
    assert page == resources_page(read_rows(HOUSE / KEPT)), "run `spikewright pages`"


@pytest.mark.parametrize(("name", "model"), [("li", "lif"), ("argmax", "scan")])
def test_no_page(tmp_path, name, model):
    page = tmp_path / "docs" / "cores" / f"{name}.md"
    message = f"there is no page {page}; write one in the form of docs/cores/{model}.md"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        pages.current(name, root=tmp_path)


def test_the_cost_comes_from_the_rows_that_are_kept():
    rows = [
        {
            "core": core, "preset": "q8_8", "device": "ECP5", "lut": 78, "ff": 18, "bram": 0,
            "dsp": 1, "fmax_mhz": fmax, "note": "synthesised only", "size_provenance": "yosys 1",
            "fmax_provenance": "" if fmax is None else "nextpnr 2",
        }
        for core, fmax in (("li", 235.04), ("li", None), ("lif", 1.0))
    ]  # fmt: skip
    assert cost_block("li", rows) == (
        "| device | preset | LUT | FF | BRAM | DSP | Fmax, MHz |\n"
        "|---|---|---|---|---|---|---|\n"
        "| ECP5 | `q8_8` | 78 | 18 | 0 | 1 | 235.0 |\n"
        "| ECP5 | `q8_8` | 78 | 18 | 0 | 1 | synthesised only |\n"
        "\n"
        "Source: nextpnr 2; yosys 1."
    )
    assert cost_block("alif", rows) is None


def copy_pages(root: Path, name: str) -> None:
    for path in (page_path(name), pages.INDEX):
        copy = root / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((HOUSE / path).read_text(encoding="utf-8"), encoding="utf-8")


def test_pages_writes_what_changed_and_nothing_else(tmp_path):
    copy_pages(tmp_path, "li")
    page = tmp_path / page_path("li")
    page.write_text(re.sub(r"\| `decay` .*\n", "", page.read_text()))
    before = block_of(page.read_text(), "cost")
    changed = pages.pages("li", root=tmp_path)
    assert page in changed
    assert "| `decay` | 0 to 1 | 0.875 |" in block_of(page.read_text(), "parameters")
    assert block_of(page.read_text(), "cost") == before  # no rows are kept here
    assert pages.pages("li", root=tmp_path) == []


@pytest.mark.parametrize(
    ("written", "changed"),
    [("in, stream", "in"), ("| `width` | at least 1 |", "| `width` | any |"), ("`w64`", "`w65`")],
)
def test_what_is_changed_by_hand_is_written_again(tmp_path, written, changed):
    copy_pages(tmp_path, "scan")
    page = tmp_path / page_path("scan")
    before = page.read_text(encoding="utf-8")
    assert written in before
    page.write_text(before.replace(written, changed, 1), encoding="utf-8")
    assert pages.current("scan", root=tmp_path) == {page: before}
    assert page in pages.pages("scan", root=tmp_path)
    assert page.read_text(encoding="utf-8") == before
    assert pages.pages("scan", root=tmp_path) == []


@pytest.fixture
def two_pages(tmp_path, monkeypatch) -> Path:
    """Return a checkout with the pages of a neuron and of another core, and that of the library."""
    monkeypatch.setattr(pages, "CORES", {name: CORES[name] for name in ("li", "scan")})
    for name in ("li", "scan"):
        copy_pages(tmp_path, name)
    path, text = index(root=tmp_path)  # of the neurons that have a page
    path.write_text(text, encoding="utf-8")
    for path in (API, BOARDS_PAGE, KEPT, RESOURCES_PAGE):
        shutil.copy(HOUSE / path, tmp_path / path)
    shutil.copytree(HOUSE / PICTURES, tmp_path / PICTURES)
    monkeypatch.setattr(pages, "api_page", public)
    monkeypatch.setattr(pages, "coding_pictures", lambda root: {
        root / path.relative_to(HOUSE): text for path, text in drawn().items()
    })
    return tmp_path


@cache
def public() -> str:
    """Return the page of what is public, which is the same for all tests."""
    return api_page()


@cache
def drawn() -> dict[Path, str]:
    """Return the pictures of the codings, as :func:`public`."""
    return coding_pictures(root=HOUSE)


def test_pages_that_are_current_pass_a_check_without_a_simulation(two_pages, monkeypatch):
    monkeypatch.setattr(pages, "responses", None)
    assert pages.pages(check=True, root=two_pages) == []


@pytest.mark.parametrize(
    ("core", "path", "written", "changed"),
    [
        ("", "docs/cores/li.md", "| `decay` | 0 to 1 |", "| `decay` | 0 to 2 |"),
        ("scan", "docs/cores/scan.md", "| `width` | at least 1 |", "| `width` | any |"),
        ("", "docs/cores/README.md", "(li.md)", "(lif.md)"),
        ("", "docs/api.md", "### `", "### _`"),
        ("", "docs/pictures/codings/ttfs.svg", "time step", "times"),
    ],
)
def test_a_check_names_the_file_and_what_mends_it(two_pages, core, path, written, changed):
    page = two_pages / path
    text = page.read_text(encoding="utf-8")
    assert written in text
    page.write_text(text.replace(written, changed, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        pages.pages(core or None, check=True, root=two_pages)
    assert str(caught.value) == (
        f"not what follows from the sources: {path}; `{f'spikewright pages {core}'.strip()}` "
        "writes what is generated in them"
    )
    assert page.read_text(encoding="utf-8") != text


def test_a_page_without_a_cost_says_how_to_get_it():
    assert "make resources" in NO_COST and "spikewright pages" in NO_COST


def test_proofs_come_from_the_file():
    text = "[tasks]\nbmc q8_8\nprove q8_8\nprove_q8_8_x4\ncover q8_8\nfault\n\n[options]\n"
    file = Path("formal/lif.sby")
    block = proofs_block(text, file=file, presets=("q8_8", "q8_8_x4"), spikes=True)
    assert "| `prove` (`q8_8`), `prove_q8_8_x4` (`q8_8_x4`) | proved, " in block
    assert "| `bmc` (`q8_8`) | the same from reset, to the depth in `formal/lif.sby` |" in block
    assert "the neuron spikes exactly when" in block
    readout = proofs_block(text, file=file, presets=("q8_8",), spikes=False)
    assert "spikes" not in readout and "[" not in readout.split("Assumption")[0]
