"""Runs every notebook of this folder, in the root of the checkout; ends with the first error."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

__all__ = ["main"]

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


def main(folder: Path = ROOT) -> int:
    """Run the notebooks in a folder, which gets what they write; return the exit status."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        print(f"{path.relative_to(ROOT)} ...", flush=True)
        notebook = nbformat.read(path, as_version=4)
        place = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=1800, resources=place).execute()
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                print(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
