"""Where state lives, and the environment in which nothing leaves the machine. Imports nothing heavy."""

from __future__ import annotations

import os
from pathlib import Path

from evaluation.exceptions import HomeError

PROJECT = Path(__file__).resolve().parent.parent
# SQLAlchemy ends a database's path at the first, and its versions differ on what follows the second.
UNFIT = "?%"

# Telemetry of the libraries underneath, and their reach for a hub, are switched off before any of them is imported.
PRIVATE_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Its server would start a handful of idle processes for jobs that nobody gives it here.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    # MLflow's page has an assistant that would run commands on this machine for whoever reaches the page: only inside a sandbox.
    "MLFLOW_ENABLE_ASSISTANT_SANDBOX": "true",
    # Seven retries, each later than the last, keep a command silent for minutes when a server is down.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    # Against a server MLflow prints an address for every run, into the middle of `--json`.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def make_private() -> None:
    """Switch telemetry and hub access off for this process and its children. Call it before heavy imports."""
    os.environ.update(PRIVATE_ENVIRONMENT)


def allow_hub() -> None:
    """Let this process reach a hub: only where the user asked for one by name (`--data hf:NAME`)."""
    os.environ["HF_HUB_OFFLINE"] = "0"
    os.environ["HF_DATASETS_OFFLINE"] = "0"


def place_of(path: Path) -> str:
    """How records call a file of the program's own: by its place in the project, where it lies in it."""
    path = path.resolve()
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)


def home_path() -> Path:
    """`PREUVE_HOME`, by default `.preuve/` in the project."""
    named = os.environ.get("PREUVE_HOME")
    return Path(named).expanduser().resolve() if named else PROJECT / ".preuve"


def scratch_folder() -> Path:
    """Where a campaign puts what it needs for a moment; nothing in it outlives the next one."""
    return home_path() / "scratch"


def carbon_folder() -> Path:
    """What was measured, apart from MLflow: journals of campaigns under way, the self-test, the calibration."""
    return home_path() / "carbon"


def open_home() -> Path:
    """Create the home if need be and make sure that it can be written to.

    Raises:
        HomeError: it is not a folder, not ours to write to, or no database can be addressed in it.
    """
    path = home_path()
    unfit = next((sign for sign in UNFIT if sign in str(path)), None)
    if unfit:
        raise HomeError(
            expected="a path without ? and %: MLflow would put its database elsewhere",
            found=f"{unfit!r} in the path",
            where=f"{path} (PREUVE_HOME)",
            remedy="name another folder: export PREUVE_HOME=~/preuve",
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".writable-{os.getpid()}"
        probe.write_bytes(b"preuve")
        probe.unlink()
    except OSError as error:
        raise HomeError(
            expected="a folder that can be written to",
            found=error.strerror or str(error),
            where=f"{path} (PREUVE_HOME)",
            remedy="make it writable, or name another: export PREUVE_HOME=~/preuve",
        ) from error
    return path
