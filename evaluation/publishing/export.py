"""The folder of an export: each file is there whole or as it was before; what is somebody else's stays."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from evaluation.exceptions import PreuveError

# Names that others use as well: such a file is ours where it says so, or else it is left alone.
OURS = {"README.md": b"preuve export", "LISEZMOI.md": b"preuve export", "LICENCE.md": b"preuve export"}
OURS |= {"datapackage.json": b'"preuve:version"'}


class File(NamedTuple):
    """A file that was written.

    Attributes:
        path: in the folder, with slashes.
    """

    path: str
    size_bytes: int
    sha256: str


class Folder:
    """The folder, made where there is none.

    Raises:
        PreuveError: it cannot be made, or holds a file of another's under a name that is needed.
    """

    def __init__(self, path: Path, command: str = "preuve export", ours: Mapping[str, bytes] = OURS) -> None:
        self.path, self.command = path, command
        self.files: list[File] = []
        for name, mark in ours.items():
            self._check_ours(path / name, mark)
        self._make(path)

    def write(self, name: str, content: bytes) -> File:
        """Write a file, whole or not at all.

        Args:
            name: with slashes where it lies in a folder of its own.
            content: of it.

        Raises:
            PreuveError: it cannot be written.
        """
        path = self.path / name
        self._make(path.parent)
        unfinished = path.with_name(f".{path.name}-{os.getpid()}")
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        except OSError as error:
            raise self._unwritable(path, error) from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        file = File(name, len(content), hashlib.sha256(content).hexdigest())
        self.files.append(file)
        return file

    def _make(self, path: Path) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(path, error) from error

    def _check_ours(self, path: Path, mark: bytes) -> None:
        try:
            ours = mark in path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise self._unwritable(path, error) from error
        if not ours:
            raise PreuveError(
                expected="a folder for the export, new or of an earlier one",
                found=f"a {path.name} that no export wrote",
                where=str(path),
                remedy=self._remedy,
            )

    def _unwritable(self, path: Path, error: OSError) -> PreuveError:
        return PreuveError(
            expected="a folder that can be written to",
            found=error.strerror or str(error),
            where=str(path),
            remedy=self._remedy,
        )

    @property
    def _remedy(self) -> str:
        return f"name a folder of its own that can be written to: {self.command} --out FOLDER"
