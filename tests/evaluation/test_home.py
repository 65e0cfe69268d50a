"""Where state lives: a home that cannot hold the records is refused before anything is put into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.exceptions import HomeError
from evaluation.home import open_home
from evaluation.records.store import open_store


@pytest.mark.parametrize("name", ["a?b", "a%20b", "100%"])
def test_a_home_that_no_database_can_be_addressed_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PREUVE_HOME", str(tmp_path / name))
    with pytest.raises(HomeError) as caught:
        open_home()
    assert caught.value.where == f"{tmp_path / name} (PREUVE_HOME)"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a#b", "l'été & co; c@d=e+f"])
def test_the_database_lies_in_the_home_whatever_else_its_path_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PREUVE_HOME", str(tmp_path / name))
    open_store("routing")
    assert (tmp_path / name / "mlflow.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]
