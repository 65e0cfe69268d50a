"""Where MLflow is, and what it and its database mean when they fail."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from evaluation.exceptions import RecordError
from evaluation.home import home_path


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, by default an SQLite file in the home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home_path() / 'mlflow.db'}"


def shown_uri() -> str:
    """The tracking address without a user's name or password, for messages."""
    return re.sub(r"//[^/@]*@", "//", tracking_uri())


def named_uri() -> str:
    """The address that `MLFLOW_TRACKING_URI` names, without a user's name or password; empty where it names none."""
    return shown_uri() if os.environ.get("MLFLOW_TRACKING_URI") else ""


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn what MLflow and its database say into an error that a user can act on."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (OSError, MlflowException, SQLAlchemyError) as error:
        if is_disk_full(error):
            raise RecordError(
                expected="room to record the campaign",
                found="the disk is full",
                where=shown_uri().removeprefix("sqlite:///"),
                remedy="free some space and run again; the next command closes this campaign as interrupted",
            ) from error
        raise RecordError(
            expected="a tracking store that can be read and written",
            found=re.sub(r"//[^/@\s]*@", "//", str(error).splitlines()[0]),
            where=shown_uri(),
            remedy="check MLFLOW_TRACKING_URI; for a database made by another version of MLflow: mlflow db upgrade",
        ) from error


def is_disk_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind an error, however many layers wrapped it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return True
        if any(words in str(error) for words in ("database or disk is full", "No space left on device")):
            return True
        error = error.__cause__ or error.__context__
    return False
