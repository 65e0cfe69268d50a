"""What is to be checked as it is now: this home's ledger and samples, and MLflow's runs as plain JSON."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from evaluation.audit.verify import Checker, Evidence, quoted_heads
from evaluation.data.card import file_sha256
from evaluation.environment import current_commit
from evaluation.exceptions import DataError, RecordError
from evaluation.home import PROJECT
from evaluation.pocs import find_pocs
from evaluation.records.entries import sha256_of
from evaluation.records.items import CAMPAIGN_FILE, PREDICTIONS_FILE, RUN_FILE, recorded_tags
from evaluation.records.ledger import Ledger, plain
from evaluation.records.store import LEDGER_FILE, LEDGER_HEAD_TAG, metric_histories
from evaluation.records.tracking import check_address, explained_errors, named_uri, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

# Artifacts that are records. A file that somebody put there under another name is nobody's evidence.
SHOWN_FILES = (CAMPAIGN_FILE, RUN_FILE, LEDGER_FILE)
RECORD_FILES = (*SHOWN_FILES, PREDICTIONS_FILE)
HUB = "hf:"
HEAD_FILE = "ledger.head"
HELD = ("mlflow", "samples")


class LiveEvidence(Evidence):
    """This home and its MLflow, with the same questions answered as by a bundle, as they were when this was made."""

    def __init__(self, ledger: Ledger) -> None:
        if not ledger.path.exists():
            raise RecordError(
                expected="a carbon ledger",
                found="none yet",
                where=str(ledger.path),
                remedy="preuve run POC begins one; PREUVE_HOME names another home",
            )
        super().__init__(ledger.path)
        self.now: dict[str, dict[str, Any]] = {}
        self.id = ledger.id
        self._path = ledger.path
        # In this order: a campaign under way goes on writing.
        self._runs = {run.info.run_id for run in self._search()}
        self.head = super().read(HEAD_FILE)
        self.size = ledger.path.stat().st_size

    def lines(self) -> Iterator[bytes]:
        """The ledger's lines as far as it went."""
        left = self.size
        with self._path.open("rb") as file:
            while left > 0 and (line := file.readline(left)):
                left -= len(line)
                yield line

    def read(self, name: str) -> bytes | None:
        """A file beside the ledger; none where there is none."""
        return self.head if name == HEAD_FILE else super().read(name)

    def holds(self, folder: str) -> bool:
        """What a home always has: where it is gone, that is told and not passed over."""
        return folder in HELD

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's."""
        from mlflow import MlflowClient

        check_address()
        return MlflowClient(tracking_uri=tracking_uri())

    def run_ids(self) -> set[str]:
        """Of every run that preuve recorded, deleted ones included."""
        return self._runs

    def _search(self) -> Iterator[MlflowRun]:
        from mlflow.entities import ViewType

        with explained_errors():
            experiments = [each.experiment_id for each in self.client.search_experiments(view_type=ViewType.ALL)]
            token = None
            while True:
                page = self.client.search_runs(
                    experiments, "tags.`preuve.kind` != ''", run_view_type=ViewType.ALL, max_results=1000, page_token=token
                )
                yield from page
                token = page.token
                if not token:
                    return

    def run(self, run_id: str) -> dict[str, Any] | None:
        """A run as MLflow has it; none where it has none of this name."""
        from mlflow.exceptions import MlflowException
        from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

        with explained_errors():
            try:
                found = self.client.get_run(run_id)
            except MlflowException as error:
                if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                    return None
                raise
            told = _plain_run(self.client, found, whole=found.data.tags.get("preuve.ledger", self.id) == self.id)
        if self._ended_since(found.data.tags.get(LEDGER_HEAD_TAG, "")):
            told["tags"].pop("ledger_head", None)
        return told

    def _ended_since(self, head: str) -> bool:
        """Whether a run was recorded after this began to look, and its record is there by now."""
        number, _, sha256 = head.partition(":")
        if not sha256 or not number.isdecimal():
            return False
        with self._path.open("rb") as file:
            file.seek(self.size)
            # As a record's own hash; the record that follows has it too.
            return f'"sha256":"{sha256}"}}\n'.encode() in file.read()

    def present(self, kind: str, name: str) -> Any:
        """What there is now; each answer is kept, for a bundle."""
        answers = self.now.setdefault(kind, {})
        if name not in answers:
            answers[name] = {"data": _data_now, "goals": _goals_now, "code": _code_now, "tracking": _tracking_now}[kind](name)
        return answers[name]


def _plain_run(client: MlflowClient, run: MlflowRun, *, whole: bool) -> dict[str, Any]:
    """A run in plain JSON; of one that is another ledger's matter, no more than tells so."""
    run_id, tags = run.info.run_id, recorded_tags(run.data.tags)
    found: dict[str, Any] = {
        "lifecycle_stage": run.info.lifecycle_stage,
        "run_id": run_id,
        "started": dt.datetime.fromtimestamp(run.info.start_time / 1000, dt.UTC).isoformat(timespec="milliseconds"),
    }
    if not whole:
        known = {name: tags[name] for name in ("ledger", "machine") if name in tags}
        nothing: dict[str, Any] = {"files": {}, "hashes": {}, "latest": {}, "name": "", "params": {}, "status": ""}
        return found | nothing | {"metrics": dict.fromkeys(sorted(run.data.metrics)), "tags": known}
    files = dict(_files(client, run_id)) if run.info.lifecycle_stage == "active" else {}
    found |= {
        # A candidate may answer with words of its input: answers stay in MLflow.
        "files": {name: content.decode("utf-8", "backslashreplace") for name, content in files.items() if name in SHOWN_FILES},
        "hashes": {name: sha256_of(content) for name, content in files.items() if name not in SHOWN_FILES},
        "latest": dict(sorted(run.data.metrics.items())),
        "metrics": metric_histories(client, run),
        "name": run.info.run_name,
        "params": dict(sorted(run.data.params.items())),
        "status": run.info.status,
        "tags": tags,
    }
    plainly: dict[str, Any] = plain(found)
    return plainly


def _files(client: MlflowClient, run_id: str) -> Iterator[tuple[str, bytes]]:
    there = {file.path for file in client.list_artifacts(run_id)}
    with tempfile.TemporaryDirectory() as folder:
        for name in RECORD_FILES:
            if name in there:
                yield name, Path(client.download_artifacts(run_id, name, folder)).read_bytes()


def _data_now(source: str) -> Any:
    """The hash of a data file; None where it is gone, False where nobody looks: a hub's data set is not fetched unasked."""
    if source.startswith(HUB):
        return False
    path = PROJECT / source
    try:
        return file_sha256(path)
    except OSError:
        return None


def _goals_now(task: str) -> Any:
    return next((poc.goals.sha256 for poc in find_pocs() if poc.task.name == task), None)


def _code_now(_: str) -> Any:
    return current_commit() or False


def _tracking_now(_: str) -> Any:
    return named_uri()


def check_home(against: list[Path]) -> Checker:
    """Check this home's ledger, and MLflow against it.

    Args:
        against: reports and exports that quote heads of it.

    Raises:
        DataError: one of them quotes none, or cannot be read.
        RecordError: there is no ledger yet, or MLflow cannot be asked.
    """
    return Checker(LiveEvidence(Ledger()), heads_in(against)).check()


def check_place(place: Path, against: list[Path]) -> Checker:
    """Check a bundle, zipped or not, or the ledger of another home.

    Raises:
        DataError: there is none.
    """
    evidence, quoted = _opened(place), heads_in(against)
    try:
        checker = Checker(evidence, quoted).check()
    except (OSError, ValueError, BadZipFile) as error:
        raise _unreadable(place, str(error)) from error
    if checker.number and not checker.id:
        raise _unreadable(place, "no record in it")
    return checker


def _opened(place: Path) -> Evidence:
    try:
        evidence = Evidence(place)
        if evidence.ledger.exists():
            return evidence
        found = "no ledger.jsonl in it" if place.exists() else "no such file"
    except (OSError, ValueError, BadZipFile) as error:
        found = str(error)
    raise _unreadable(place, found)


def _unreadable(place: Path, found: str) -> DataError:
    return DataError(
        expected="a bundle of preuve audit bundle, zipped or unpacked, or a ledger.jsonl",
        found=found,
        where=str(place),
        remedy="check the path; without one, this home's ledger is checked",
    )


def heads_in(paths: list[Path]) -> list[tuple[str, int, str]]:
    """The heads that reports and exports quote.

    Raises:
        DataError: one of them quotes none, or cannot be read.
    """
    found = []
    for path in paths:
        try:
            quoted = quoted_heads(path)
        except OSError as error:
            raise DataError(
                expected="a report or export that can be read",
                found=error.strerror or str(error),
                where=str(path),
                remedy="check the path",
            ) from error
        if not quoted:
            raise DataError(
                expected="a ledger head, written NUMBER:HASH, as each report and export quotes it",
                found="none",
                where=str(path),
                remedy="give a file that preuve wrote: a report, an export, what preuve compare --json printed",
            )
        found += quoted
    return found
