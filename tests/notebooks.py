"""Notebooks as tests run them: the same cells, with shorter windows, in a copy of the project that has a home of its own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.home import PROJECT

# What a campaign needs at the least: two rounds for an interval, and the shortest window there is, in seconds; and little to learn.
SHORT = {"ROUNDS": "2", "WINDOW_S": "0.5", "EPOCHS": "1"}
COPIED = ("evaluation", "poc", "data_samples", "notebooks", "tests")
PATIENCE_S = 300
NOTEBOOKS = PROJECT / "notebooks"


def shortened(path: Path) -> Any:
    """A notebook whose cell tagged `parameters` asks for the shortest campaign; one without such a cell comes as it is."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            for name, value in SHORT.items():
                cell.source = re.sub(rf"^{name} = .*$", f"{name} = {value}", cell.source, flags=re.MULTILINE)
    return notebook


def copy_project(folder: Path, home: Path) -> Path:
    """What notebooks need of the project, where they may write whatever they like, with a copy of this home inside it."""
    for name in COPIED:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    shutil.copy(PROJECT / "pyproject.toml", folder)
    shutil.copytree(home, folder / "home")
    return folder


def environment_of(project: Path, **changes: str) -> dict[str, str]:
    """In which a copy of the project is found before the project itself, with a home inside it."""
    here = {"PYTHONPATH": str(project), "PREUVE_HOME": str(project / "home"), "LC_ALL": "C.UTF-8"}
    # What was compiled once is kept: a campaign starts a process for each candidate.
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **here, **changes}


def run_notebook(path: Path, *, again: Sequence[str] = (), **changes: str) -> dict[str, Any]:
    """Run a notebook of a copy of the project from top to bottom in a new kernel, and give its cells by their ids.

    Args:
        path: of the notebook.
        again: ids of cells that are run a second time in the end; they are then called `ID-again`.
        changes: of the kernel's environment.
    """
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell

    notebook = shortened(path)
    sources = {cell.id: cell.source for cell in notebook.cells}
    notebook.cells += [new_code_cell(sources[name], id=f"{name}-again") for name in again]
    client = NotebookClient(notebook, timeout=PATIENCE_S, resources={"metadata": {"path": str(path.parent)}})
    project = path.parent.parent
    client.execute(env=environment_of(project, **changes))
    return {cell.id: cell for cell in notebook.cells}


def shown(cell: Any) -> str:
    """All that a cell shows, as text; a table as the HTML that it is in a page."""
    parts = []
    for output in cell.outputs:
        data = output.get("data", {})
        parts.append(
            output.get("text") or data.get("text/html") or data.get("text/plain") or "\n".join(output.get("traceback", []))
        )
    return "\n".join(parts)
