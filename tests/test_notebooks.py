"""Notebooks are thin, hold no outputs, and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.home import PROJECT
from tests.conftest import Recorded

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_notebook_is_thin_and_runs(path: Path, at_recorded: Recorded, tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    lines = [line for cell in code for line in cell.source.splitlines() if line.strip()]
    assert len(lines) < 60
    assert not [line for line in lines if line.lstrip().startswith(("def ", "class "))]
    assert not [cell for cell in code if cell.outputs or cell.execution_count]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert at_recorded.id in str(code[1].outputs)
