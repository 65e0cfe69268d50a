"""MLflow's pages on the recorded runs, for this machine only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable

from evaluation.exceptions import RecordError
from evaluation.home import home_path, open_home
from evaluation.records.store import open_store
from evaluation.records.tracking import shown_uri, tracking_uri

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0
LOG_FILE = "mlflow-ui.log"
# MLflow opens on its pages for agents and prompts unless it is asked for those on trained models.
PAGE = "#/experiments/{}/runs?workflowType=machine_learning"


def serve(task: str, port: int, *, browser: bool, tell: Callable[[str], None]) -> int:
    """Serve MLflow until it is stopped, and return its exit status; a tracking server elsewhere is only pointed at.

    Raises:
        RecordError: the port is taken, or MLflow does not start.
    """
    uri = tracking_uri()
    experiment_id = open_store(task).experiment_id
    if uri.startswith(("http://", "https://")):
        tell(f"The runs are on a server: {shown_uri()}/{PAGE.format(experiment_id)}")
        return 0
    _check_free(port)
    command = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"]
    # Through the environment: a database's password on the command line could be read by every user.
    environment = {**os.environ, "MLFLOW_BACKEND_STORE_URI": uri}
    page = f"http://{LOOPBACK}:{port}/{PAGE.format(experiment_id)}"
    home = open_home()
    # MLflow makes folders where it is started, and its log would bury the address: both belong into the home.
    with (home / LOG_FILE).open("w") as log, subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log) as server:
        try:
            _wait_until_open(server, port)
            tell(f"MLflow is at {page} (Ctrl-C stops it)")
            if browser:
                webbrowser.open(page)
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise RecordError(
                expected="a free port",
                found=error.strerror or str(error),
                where=f"{LOOPBACK}:{port}",
                remedy=f"preuve ui --port {port + 1}",
            ) from error


def _wait_until_open(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.2)
    raise RecordError(
        expected="MLflow's server",
        found="it did not start",
        where=f"{LOOPBACK}:{port}",
        remedy=f"its messages are in {home_path() / LOG_FILE}",
    )
