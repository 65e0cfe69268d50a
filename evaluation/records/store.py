"""Campaigns in MLflow: one experiment a POC, a parent run a campaign, a child run a candidate and seed.

The record itself (`campaign.json`, `run.json`) is an artifact, so that what is read back is what was written, on a local
SQLite file and on a team's server alike. Parameters, metrics, tags, tables and pictures are what the team looks at.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import ValidationError

from evaluation.candidate import Predictor
from evaluation.energy.machine import machine_id
from evaluation.energy.reading import PowerSample, Reading
from evaluation.exceptions import NameNotFoundError, RecordError
from evaluation.home import open_home
from evaluation.predictors import load_predictor
from evaluation.process import is_running, process_name
from evaluation.records import items
from evaluation.records.ledger import Head
from evaluation.records.models import STORED_MODEL, log_model, may_be_stored
from evaluation.records.tracking import check_address, explained_errors, shown_uri, tracking_uri
from evaluation.run import Campaign, Run

RecordKind = TypeVar("RecordKind", Campaign, Run)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun
    from mlflow.entities import RunInfo

LEDGER_FILE = "ledger.json"
POWER_SAMPLES_FILE = "power_samples.parquet"
# MLflow's names for how a run ends.
MLFLOW_STATUS = {"finished": "FINISHED", "unavailable": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
DIGEST_LENGTH = 32
FEW = 5
PROCESS_TAG = "preuve.process"
LEDGER_TAG = "preuve.ledger"
LEDGER_HEAD_TAG = "preuve.ledger_head"
# Which of its campaign's runs it is: MLflow puts those that began at the same moment, as all do that never began, in any order.
PLACE_TAG = "preuve.place"
# MLflow then shows its pages for trained models, not those for agents and prompts.
EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}


def open_store(task: str) -> Store:
    """The store of one task's campaigns; the database is made on first use.

    Raises:
        RecordError: the database cannot be opened, or another version of MLflow made it.
    """
    from mlflow import MlflowClient

    home = open_home()
    check_address()
    uri = tracking_uri()
    # Of several processes that open a new database at once, MLflow lets one make it and the others crash.
    with explained_errors(), (home / "store.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        client = MlflowClient(tracking_uri=uri)
        experiment = client.get_experiment_by_name(task)
        if experiment is None:
            # Left to itself MLflow puts artifacts into the current folder. A server knows its own place for them.
            local = (home / "artifacts" / task).as_uri() if uri.startswith("sqlite:") else None
            experiment_id = client.create_experiment(task, artifact_location=local, tags=EXPERIMENT_TAGS)
        elif experiment.lifecycle_stage == "deleted":
            raise RecordError(
                expected=f"the experiment {task}",
                found="it was deleted in MLflow, with all campaigns in it",
                where=shown_uri(),
                remedy=f"MLFLOW_TRACKING_URI={shown_uri()} .venv/bin/mlflow experiments restore "
                f"--experiment-id {experiment.experiment_id}",
            )
        else:
            experiment_id = experiment.experiment_id
    return Store(client, experiment_id, task)


class LedgerLink(NamedTuple):
    """Where the ledger has what MLflow has.

    Attributes:
        ledger: which one, by the hash of its first record.
        head: its record of how the run or campaign ended.
        readings: its records of the windows.
    """

    ledger: str
    head: Head
    readings: tuple[Head, ...]


class Store:
    """The campaigns of one task."""

    def __init__(self, client: MlflowClient, experiment_id: str, task: str) -> None:
        self.client = client
        self.experiment_id = experiment_id
        self.task = task
        self._ids: dict[str | None, str] = {}

    def open_campaign(self, campaign: Campaign, runs: Sequence[Run] = ()) -> dict[str | None, str]:
        """Record that a campaign and its runs begin, before they use any energy.

        Returns:
            MLflow's ids by the run's name, the campaign's own under none.
        """
        with explained_errors():
            tags = items.common_tags(campaign) | items.campaign_tags(campaign)
            self._ids = {None: self._create(campaign, campaign.id, tags | {PROCESS_TAG: process_name()})}
            self._log_dataset(self._ids[None], campaign)
            self._log(self._ids[None], params=items.campaign_params(campaign))
            self._write_files(self._ids[None], items.campaign_files(campaign))
            for run in runs:
                self._open_run(campaign, run)
        return dict(self._ids)

    def _open_run(self, campaign: Campaign, run: Run) -> str:
        # How it ends, and why, is not known yet.
        tags = {key: value for key, value in items.run_tags(run).items() if key not in {"preuve.reason", "preuve.remedy"}}
        tags |= items.common_tags(campaign) | {"preuve.status": "running", PROCESS_TAG: process_name()}
        self._ids[run.name] = self._create(campaign, run.name, tags | {"mlflow.parentRunId": self._ids[None]})
        self._log_dataset(self._ids[run.name], campaign)
        return self._ids[run.name]

    def _create(self, campaign: Campaign, name: str, tags: dict[str, str]) -> str:
        at = _milliseconds(campaign.started)
        run_id: str = self.client.create_run(self.experiment_id, start_time=at, tags=tags, run_name=name).info.run_id
        return run_id

    def resume_campaign(self, campaign: Campaign, runs: Sequence[Run]) -> dict[str | None, str]:
        """Go on recording a campaign that another process opened; what MLflow does not have any more is opened anew.

        What somebody deleted meanwhile is restored: its energy was used, and is recorded.
        """
        from mlflow.entities import ViewType

        with explained_errors():
            found = self._search(f"tags.`preuve.campaign` = '{campaign.id}'", view=ViewType.ALL)
            for run in found:
                if run.info.lifecycle_stage == "deleted":
                    self.client.restore_run(run.info.run_id)
            self._ids = {
                None if run.data.tags.get("preuve.kind") == "campaign" else run.info.run_name: run.info.run_id for run in found
            }
            if None not in self._ids:
                self._ids = {**self._ids, **self.open_campaign(campaign)}
            for one in runs:
                if one.name not in self._ids:
                    self._open_run(campaign, one)
        return dict(self._ids)

    def is_closed(self, run_id: str) -> bool:
        """Whether all of a campaign or run is recorded, deleted since or not; what only `close_orphans` closed is not."""
        from mlflow.entities import ViewType

        with explained_errors():
            found = self._search(f"attributes.run_id = '{run_id}'", view=ViewType.ALL)
        return any(run.info.status != "RUNNING" and items.TOTAL_ENERGY in run.data.metrics for run in found)

    def end_if_linked(self, run_name: str, head: str, status: str) -> bool:
        """End a run all of whose record is in MLflow, as the ledger's head in its last part tells; false where it is not."""
        with explained_errors():
            run = self.client.get_run(self._ids[run_name])
            if run.data.tags.get(LEDGER_HEAD_TAG) != head:
                return False
            if run.info.status != MLFLOW_STATUS[status]:
                self.client.set_tag(run.info.run_id, "preuve.status", status)
                self.client.set_terminated(run.info.run_id, MLFLOW_STATUS[status])
        return True

    def left(self, run_name: str) -> tuple[dict[str, bytes], dict[str, list[list[float]]]]:
        """What another process had recorded of a run before it was killed: its answers as a file, and its metrics."""
        run_id = self._ids[run_name]
        with explained_errors():
            there = {file.path for file in self.client.list_artifacts(run_id)}
            run = self.client.get_run(run_id)
            metrics = metric_histories(self.client, run)
        name = items.PREDICTIONS_FILE
        return ({name: self._read(run.info, name).encode()} if name in there else {}), metrics

    def add_run(
        self,
        campaign: Campaign,
        run: Run,
        predictor: Predictor | None = None,
        power_samples: Sequence[PowerSample] = (),
        link: LedgerLink | None = None,
    ) -> str:
        """Record one run with its model and its power samples, and return MLflow's id of it."""
        with explained_errors():
            run_id = self._ids.get(run.name) or self._open_run(campaign, run)
            place = next((place for place, one in enumerate(campaign.runs) if one.name == run.name), 0)
            model_id = (
                log_model(self.client, self.experiment_id, run_id, campaign, run, predictor)
                if predictor and may_be_stored(campaign)
                else None
            )
            self._write_files(run_id, items.run_files(run))
            self._write_packages(run_id, campaign)
            self._write_power_samples(run_id, run.readings, power_samples)
            if run.predictions:
                self.client.set_tag(
                    run_id, "mlflow.loggedArtifacts", json.dumps([{"path": items.PREDICTIONS_FILE, "type": "table"}])
                )
                if not campaign.answers_are_texts:
                    self._write(run_id, "confusion_matrix.png", items.confusion_picture(run))
            metrics = self._metrics(items.run_metrics(campaign, run), campaign, run_id, model_id)
            tags = items.run_tags(run) | {PLACE_TAG: str(place)} | self._linked(run_id, link)
            self._log(run_id, params=items.run_params(campaign, run), metrics=metrics, tags=tags)
            ended = run.span[1] if run.span else campaign.ended or campaign.started
            self.client.set_terminated(run_id, MLFLOW_STATUS[run.status], _milliseconds(ended))
        return run_id

    def close_campaign(self, campaign: Campaign, power_samples: Sequence[PowerSample] = (), link: LedgerLink | None = None) -> None:
        """Record how a campaign ended, with what the idle machine used."""
        run_id = self._ids[None]
        with explained_errors():
            self._write_files(run_id, items.campaign_files(campaign))
            self._write_packages(run_id, campaign)
            self._write_power_samples(run_id, campaign.readings, power_samples)
            tags = items.campaign_tags(campaign)
            metrics = self._metrics(items.campaign_metrics(campaign), campaign, run_id)
            self._log(run_id, metrics=metrics, tags=tags | self._linked(run_id, link))
            self.client.set_terminated(run_id, MLFLOW_STATUS[campaign.status])

    def _linked(self, run_id: str, link: LedgerLink | None) -> dict[str, str]:
        """The tags that name the ledger's records, which are listed in a file."""
        if link is None:
            return {}
        listed = {"head": str(link.head), "ledger": link.ledger, "records": [list(head) for head in link.readings]}
        self._write(run_id, LEDGER_FILE, json.dumps(listed).encode())
        return {LEDGER_TAG: link.ledger, LEDGER_HEAD_TAG: str(link.head)}

    def close_orphans(self, alive: Container[str] = ()) -> list[str]:
        """Close as interrupted what a killed process of this machine left open, and return the campaigns' ids.

        To be called while holding the energy lock: then no campaign of this machine is under way, but for those that do not share
        the lock; `alive` names those that are known to be.
        """
        with explained_errors():
            left_open = self._search(f"tags.`preuve.machine` = '{machine_id()}' and attributes.status = 'RUNNING'")
            # A process whose lock is in another folder does not hold ours: who still lives is left alone.
            left_open = [
                run
                for run in left_open
                if not is_running(run.data.tags.get(PROCESS_TAG, ""))
                and run.data.tags.get("preuve.campaign") not in alive
                # All of it is recorded; its own home's next command only has to end it.
                and LEDGER_HEAD_TAG not in run.data.tags
            ]
            for run in left_open:
                self.client.set_tag(run.info.run_id, "preuve.status", "interrupted")
                self.client.set_terminated(run.info.run_id, "KILLED")
        return [run.info.run_name for run in left_open if run.data.tags.get("preuve.kind") == "campaign"]

    def energy_by_campaign(self) -> dict[str, float]:
        """What each campaign of the task used, deleted runs included, in Wh."""
        from mlflow.entities import ViewType

        with explained_errors():
            recorded = self._search("tags.`preuve.kind` != ''", view=ViewType.ALL)
        energies_wh: dict[str, float] = defaultdict(float)
        for run in recorded:
            energies_wh[run.data.tags.get("preuve.campaign", "")] += run.data.metrics.get(items.TOTAL_ENERGY, 0.0)
        return dict(energies_wh)

    def campaign_ids(self, status: str | None = None) -> list[str]:
        """Ids of the campaigns, the newest first."""
        wanted = f" and tags.`preuve.status` = '{status}'" if status else ""
        with explained_errors():
            return [run.info.run_name for run in self._search(f"tags.`preuve.kind` = 'campaign'{wanted}")]

    def ledgers(self) -> dict[str, str]:
        """By campaign, which ledger has it: the hash of its first record. Of several homes there are several."""
        with explained_errors():
            found = self._search("tags.`preuve.kind` = 'campaign'")
        return {run.info.run_name: run.data.tags[LEDGER_TAG] for run in found if LEDGER_TAG in run.data.tags}

    def latest_campaign(self, candidate: str | None = None) -> Campaign:
        """The latest finished campaign; with `candidate`, the latest in which that one was tried.

        Raises:
            NameNotFoundError: there is none yet.
        """
        with explained_errors():
            # Mostly the first one is meant: a store of thousands is not to be read for it.
            for found in self._found("tags.`preuve.kind` = 'campaign' and tags.`preuve.status` = 'finished'", page_size=FEW):
                campaign = self.read_campaign(found.info.run_name)
                if candidate is None or candidate in campaign.candidates:
                    return campaign
        what = f" with {candidate}" if candidate else ""
        raise NameNotFoundError(
            expected=f"a finished campaign of {self.task}{what}",
            found="none yet",
            where=shown_uri(),
            remedy=f"preuve run {self.task}" + (f" --candidate {candidate}" if candidate else ""),
        )

    def read_campaign(self, campaign_id: str) -> Campaign:
        """A campaign with all its runs.

        Raises:
            NameNotFoundError: there is none with this id.
            RecordError: it has not ended, or its record is missing or of another version.
        """
        with explained_errors():
            # What is no id could be anything, a condition of its own among it.
            found = self._search(f"tags.`preuve.campaign` = '{campaign_id}'") if looks_like_campaign(campaign_id) else []
        parents = [run for run in found if run.data.tags.get("preuve.kind") == "campaign"]
        if not parents:
            raise NameNotFoundError(
                expected=f"a campaign of {self.task}",
                found=f"none called {campaign_id}",
                where=shown_uri(),
                remedy=f"preuve compare {self.task} shows the latest one, preuve ui lists all",
            )
        campaign = _parsed(Campaign, self._read(parents[0].info, items.CAMPAIGN_FILE), parents[0].info.run_id)
        if parents[0].data.tags["preuve.status"] == "running":
            raise RecordError(
                expected="a campaign that has ended",
                found=f"{campaign_id}, begun on {campaign.started:%Y-%m-%d at %H:%M} UTC, has not",
                where=shown_uri(),
                remedy="wait for its end; if it was killed, the next command on the machine that ran it closes it",
            )
        children = [run for run in reversed(found) if run.data.tags.get("preuve.kind") == "run"]
        children.sort(key=lambda run: int(run.data.tags.get(PLACE_TAG, "0")))
        runs = [self._read_run(run.info) for run in children]
        tags = parents[0].data.tags
        found_in_tags = {"status": tags["preuve.status"], "ledger_head": tags.get(LEDGER_HEAD_TAG)}
        return campaign.model_copy(update={"runs": tuple(runs), **found_in_tags})

    def _read_run(self, info: RunInfo) -> Run:
        run = _parsed(Run, self._read(info, items.RUN_FILE), info.run_id)
        if not run.scores:
            return run
        table = json.loads(self._read(info, items.PREDICTIONS_FILE))
        return run.model_copy(update={"predictions": items.predictions_of(table["columns"], table["data"])})

    def load_model(self, campaign: Campaign, run: Run) -> Predictor:
        """The fitted predictor of a run, as it was stored.

        Raises:
            RecordError: it was not stored, or holds what is not trusted.
        """
        import mlflow.artifacts

        with explained_errors():
            recorded = self._search(f"tags.`preuve.campaign` = '{campaign.id}' and attributes.run_name = '{run.name}'")
            ids = [f"source_run_id = '{each.info.run_id}'" for each in recorded]
            found = [model for each in ids for model in self.client.search_logged_models([self.experiment_id], filter_string=each)]
            if not found:
                raise RecordError(
                    expected=f"the model of {run.name}, which gives its answers again",
                    found="it was not stored"
                    if may_be_stored(campaign)
                    else "models are not stored where there may be personal data",
                    where=f"campaign {campaign.id}",
                    remedy=f"preuve run {campaign.task} --candidate {run.candidate}; --personal-data no, if there are none",
                )
            with tempfile.TemporaryDirectory() as folder:
                there = mlflow.artifacts.download_artifacts(artifact_uri=str(found[0].artifact_location), dst_path=folder)
                return load_predictor(Path(there) / STORED_MODEL)

    def _search(self, condition: str, view: int | None = None) -> list[MlflowRun]:
        return list(self._found(condition, view))

    def _found(self, condition: str, view: int | None = None, page_size: int = 1000) -> Iterator[MlflowRun]:
        """Runs that a condition holds for, the newest first; so many are asked for at a time, as they are wanted."""
        from mlflow.entities import ViewType

        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment_id],
                condition,
                run_view_type=view or ViewType.ACTIVE_ONLY,
                max_results=page_size,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return

    def _log(
        self, run_id: str, *, params: dict[str, str] | None = None, metrics: Sequence[Any] = (), tags: dict[str, str] | None = None
    ) -> None:
        from mlflow.entities import Param, RunTag

        self.client.log_batch(
            run_id,
            metrics=metrics,
            params=[Param(name, value) for name, value in (params or {}).items()],
            tags=[RunTag(name, value) for name, value in (tags or {}).items()],
        )

    def _metrics(
        self, found: Iterable[items.MetricItem], campaign: Campaign, run_id: str, model_id: str | None = None
    ) -> list[Any]:
        from mlflow.entities import Metric

        name, digest = self._dataset_identity(campaign)
        # Whoever records a run for the second time says the same again, which MLflow then keeps once.
        at = _milliseconds(campaign.started)
        return [
            Metric(
                item.key,
                item.value,
                at,
                item.step,
                model_id=model_id,
                dataset_name=name if item.quality else None,
                dataset_digest=digest if item.quality else None,
                run_id=run_id,
            )
            for item in found
        ]

    def _dataset_identity(self, campaign: Campaign) -> tuple[str, str]:
        """Name and digest of the test data, under which MLflow groups the scores."""
        data = campaign.data
        return Path(data.test_source or data.source).name, (data.test_sha256 or data.sha256)[:DIGEST_LENGTH]

    def _log_dataset(self, run_id: str, campaign: Campaign) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = campaign.data
        profile = {"train_samples": data.train_samples, "test_samples": data.test_samples, "classes": data.classes}
        files = [("train", data.source, data.sha256), ("test", data.test_source or data.source, data.test_sha256 or data.sha256)]
        inputs = [
            DatasetInput(
                Dataset(
                    name=Path(source).name,
                    digest=sha256[:DIGEST_LENGTH],
                    source_type="local",
                    source=json.dumps({"uri": source}),
                    profile=json.dumps(profile),
                ),
                [InputTag("mlflow.data.context", context)],
            )
            for context, source, sha256 in files
        ]
        # One file that holds both sides is one data set, used for the evaluation.
        self.client.log_inputs(run_id, inputs if data.test_source else inputs[1:])

    def _write_power_samples(self, run_id: str, readings: Sequence[Reading], samples: Sequence[PowerSample]) -> None:
        if samples:
            self._write(run_id, POWER_SAMPLES_FILE, items.power_sample_table(readings, samples))

    def _write_packages(self, run_id: str, campaign: Campaign) -> None:
        self._write(run_id, "packages.txt", "\n".join(campaign.environment.packages).encode())

    def _write_files(self, run_id: str, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            self._write(run_id, name, content)

    def _write(self, run_id: str, name: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            self.client.log_artifact(run_id, str(path))

    def _read(self, info: RunInfo, name: str) -> str:
        there = _local_folder(info.artifact_uri)
        if there is not None:
            # MLflow would look the run up and copy the file first, which takes longer than all the rest of reading.
            with suppress(OSError):
                return (there / name).read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            try:
                return Path(self.client.download_artifacts(info.run_id, name, folder)).read_text(encoding="utf-8")
            except Exception as error:
                raise RecordError(
                    expected=f"the record {name}",
                    found="it is missing",
                    where=f"MLflow run {info.run_id}",
                    remedy="run the campaign again; what was deleted in MLflow cannot be compared",
                ) from error


def _local_folder(address: str) -> Path | None:
    """Where a run's files are, where that is a folder of this machine."""
    parts = urlsplit(address)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" and not parts.netloc else None


def _parsed(kind: type[RecordKind], content: str, run_id: str) -> RecordKind:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecordError(
            expected="a record of this version of preuve",
            found=f"{'.'.join(map(str, first['loc']))}: {first['msg']}",
            where=f"MLflow run {run_id}",
            remedy="read it with the version that wrote it (its tag preuve.code_commit), or run the campaign again",
        ) from error


def metric_histories(client: MlflowClient, run: MlflowRun) -> dict[str, list[list[float]]]:
    """All that MLflow has of a run's metrics: `[[step, value], ...]` by name."""
    histories = {key: client.get_metric_history(run.info.run_id, key) for key in sorted(run.data.metrics)}
    return {key: sorted([metric.step, metric.value] for metric in history) for key, history in histories.items()}


def looks_like_campaign(name: str) -> bool:
    """Whether this is written as a campaign's id is.

    >>> looks_like_campaign("20261123-190559-3f2a"), looks_like_campaign("request-classification")
    (True, False)
    """
    return re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{4}", name) is not None


def _milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)
