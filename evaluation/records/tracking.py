"""Where MLflow is, and what it and its database mean when they fail."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluation.exceptions import RecordError
from evaluation.home import home_path
from evaluation.messages import words

SQLITE = "sqlite:///"
# What installs a driver, where that is called otherwise than what is imported.
DRIVERS = {"psycopg": "'psycopg[binary]'", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, by default an SQLite file in the home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home_path() / 'mlflow.db'}"


def shown_uri() -> str:
    """The tracking address without a user's name or password, for messages and records."""
    uri = tracking_uri()
    # A password may have any sign in it, and may stand behind the question mark as well; a path has neither.
    return uri if uri.startswith(SQLITE) else re.sub(r"//.*@", "//", uri.partition("?")[0])


def named_uri() -> str:
    """The address that `MLFLOW_TRACKING_URI` names, always written alike; empty where that is the home's own database."""
    uri = shown_uri()
    if not uri.startswith(SQLITE):
        return uri
    path = Path(uri.removeprefix(SQLITE)).resolve()
    return "" if path == (home_path() / "mlflow.db").resolve() else f"{SQLITE}{path}"


def check_address() -> None:
    """Refuse at once an address that MLflow would refuse in words of its own, or only after minutes of trying.

    Raises:
        RecordError: it names a plain folder, or a SQLite file in a folder that is not there or cannot be written to.
    """
    uri = tracking_uri()
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme == "file":
        raise RecordError(
            expected="the address of a database or a server",
            found="a folder: MLflow writes no records into plain folders any more",
            where=f"MLFLOW_TRACKING_URI={shown_uri()}",
            remedy="name a database: sqlite:////home/me/mlflow.db; to move what is in the folder: .venv/bin/mlflow "
            "migrate-filestore --source FOLDER --target sqlite:////home/me/mlflow.db",
        )
    folder = Path(rest.removeprefix("/")).parent
    if scheme == "sqlite" and not os.access(folder, os.W_OK):
        raise RecordError(
            expected="a folder that can be written to, for MLflow's database",
            found="it cannot be written to" if folder.exists() else "there is none",
            where=str(folder),
            remedy="make it, or name another one in MLFLOW_TRACKING_URI (unset, it is PREUVE_HOME)",
        )


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn what MLflow and its database say into an error that a user can act on."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except ImportError as error:
        raise RecordError(
            expected="the driver of that database",
            found=f"it is not installed ({error.name})",
            where=shown_uri(),
            remedy=f".venv/bin/python -m pip install {DRIVERS.get(error.name or '', error.name)}",
        ) from error
    except (OSError, MlflowException, SQLAlchemyError) as error:
        if is_disk_full(error):
            raise RecordError(
                expected="room to record the campaign",
                found=words("the disk is full"),
                where=shown_uri().removeprefix("sqlite:///"),
                remedy="free some space and run again; the next command closes this campaign as interrupted",
            ) from error
        raise RecordError(
            expected="a tracking store that can be read and written",
            found=_first_line(error),
            where=shown_uri(),
            remedy="check MLFLOW_TRACKING_URI; for a database of another version of MLflow: .venv/bin/mlflow db upgrade ADDRESS",
        ) from error


def _first_line(error: BaseException) -> str:
    if "Max retries exceeded" in str(error):
        return words("the server does not answer")
    return re.sub(r"//[^/@\s]*@", "//", str(error).splitlines()[0])


def is_disk_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind an error, however many layers wrapped it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return True
        if any(sign in str(error) for sign in ("database or disk is full", "No space left on device")):
            return True
        error = error.__cause__ or error.__context__
    return False
