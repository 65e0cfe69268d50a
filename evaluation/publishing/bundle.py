"""What an auditor takes away: one zip with the ledger, all that it rests on, and its own verifier. Same input, same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.audit import verify
from evaluation.audit.live import HEAD_FILE, HELD, LiveEvidence, heads_in
from evaluation.audit.summary import summarise
from evaluation.audit.verify import Checker
from evaluation.audit.words import WORDS, read_words
from evaluation.energy.factors import FACTORS
from evaluation.exceptions import HomeError
from evaluation.publishing.audit_page import summary_page
from evaluation.records.ledger import Content, Ledger, line_head
from evaluation.records.recorder import samples_folder
from evaluation.spoken import LANGUAGES

# The earliest that a zip can say: when it was made is nobody's evidence, and would make each one another.
NO_TIME = (1980, 1, 1, 0, 0, 0)
# Stored and not deflated, so that the bytes do not depend on whose zlib packed them.
METHOD = zipfile.ZIP_STORED
READABLE, UNIX = 0o644 << 16, 3


@dataclass(frozen=True)
class Bundle:
    """A bundle that was written, and what the check found on the way."""

    path: Path
    sha256: str
    size_bytes: int
    told: dict[str, Any]


class _Pack:
    """A zip in the making."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file = file

    def add(self, name: str, content: bytes) -> None:
        """Add a file."""
        self.file.writestr(_named(name), content)

    def add_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """Add a file that may be too long for the memory."""
        with self.file.open(_named(name), "w", force_zip64=True) as entry:
            for line in lines:
                entry.write(line)


class _PackedEvidence(LiveEvidence):
    """What is looked at in MLflow goes into the bundle."""

    def __init__(self, ledger: Ledger, pack: _Pack) -> None:
        super().__init__(ledger)
        self._pack = pack

    def run(self, run_id: str) -> dict[str, Any] | None:
        """A run as MLflow has it."""
        found = super().run(run_id)
        if found is not None:
            self._pack.add(f"mlflow/{run_id}.json", _json(found))
        return found


def write_bundle(ledger: Ledger, path: Path, against: list[Path], language: str) -> Bundle:
    """Check this home, and write everything that was looked at.

    Args:
        ledger: of this home.
        path: of the zip.
        against: reports and exports that quote heads of the ledger.
        language: of what the check found; the zip has both.

    Raises:
        HomeError: the zip cannot be written.
        DataError: a report quotes no head.
        RecordError: MLflow cannot be asked.
    """
    quoted = heads_in(against)
    with _new_zip(path) as file:
        pack = _Pack(file)
        evidence = _PackedEvidence(ledger, pack)
        checker = Checker(evidence, quoted).check()
        pack.add_lines("ledger.jsonl", evidence.lines())
        if evidence.head is not None:
            pack.add(HEAD_FILE, evidence.head)
        for samples in sorted(samples_folder().glob("*.jsonl")):
            pack.add(f"samples/{samples.name}", samples.read_bytes())
        for name, content in sorted(_recorded_files(evidence).items()):
            pack.add(name, content)
        pack.add("factors.csv", FACTORS.read_bytes())
        pack.add("present.json", _json(evidence.now | {"holds": HELD}))
        summary, words = summarise(_records(evidence)), read_words()
        for each in LANGUAGES:
            pack.add(f"summary.{each}.html", summary_page(summary, checker.as_dict(words, each), each).encode())
        pack.add("verify.py", Path(verify.__file__).read_bytes())
        pack.add("words.json", WORDS.read_bytes())
    with path.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return Bundle(path, sha256, path.stat().st_size, checker.as_dict(words, language))


def _records(evidence: LiveEvidence) -> Iterator[Content]:
    """The records that are as they were written; what is wrong with the others, the check says."""
    for line in evidence.lines():
        if line_head(line.rstrip(b"\n")):
            yield json.loads(line)


def _recorded_files(evidence: LiveEvidence) -> dict[str, bytes]:
    """Machines, goals and data cards as the ledger has them: what was there when it was measured."""
    files: dict[str, bytes] = {}
    for record in _records(evidence):
        with suppress(KeyError, TypeError, AttributeError):
            files |= _files_in(record["kind"], record["content"])
    return files


def _files_in(kind: str, content: Content) -> dict[str, bytes]:
    if kind == "machine":
        return {f"machine/{content['machine_sha256'][:12]}.json": content["text"].encode()}
    if kind == "goals":
        return {f"goals/{_safe(content['task'])}-{content['goals_sha256'][:12]}.toml": content["text"].encode()}
    if kind == "campaign-opened":
        data = content["data"]
        return {f"cards/{data['sha256'][:12]}-{_safe(Path(data['card']).name)}": data["card_text"].encode()}
    return {}


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1).encode()


def _named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, NO_TIME)
    info.compress_type, info.external_attr, info.create_system = METHOD, READABLE, UNIX
    return info


@contextmanager
def _new_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip that is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with zipfile.ZipFile(unfinished, "w") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        raise HomeError(
            expected="a bundle that can be written",
            found=error.strerror or str(error),
            where=str(path),
            remedy="name a folder that is there, with room in it: preuve audit bundle --out audit.zip",
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
