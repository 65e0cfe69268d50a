"""MLflow's pages on the recorded runs, for this machine only."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from collections.abc import Callable

from evaluation.home import open_home
from evaluation.loopback import LOOPBACK, check_free, wait_until_open
from evaluation.records.store import open_store
from evaluation.records.tracking import shown_uri, tracking_uri

LOG_FILE = "mlflow-ui.log"
# MLflow opens on its pages for agents and prompts unless it is asked for those on trained models.
PAGE = "#/experiments/{}/runs?workflowType=machine_learning"


def serve(task: str, port: int, *, browser: bool, tell: Callable[[str], None]) -> int:
    """Serve MLflow until it is stopped, and return its exit status; a tracking server elsewhere is only pointed at.

    Raises:
        PreuveError: the port is taken, or MLflow does not start.
    """
    uri = tracking_uri()
    experiment_id = open_store(task).experiment_id
    if uri.startswith(("http://", "https://")):
        tell(f"The runs are on a server: {shown_uri()}/{PAGE.format(experiment_id)}")
        return 0
    check_free(port, "preuve ui")
    command = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"]
    # Through the environment: a database's password on the command line could be read by every user.
    environment = {**os.environ, "MLFLOW_BACKEND_STORE_URI": uri}
    page = f"http://{LOOPBACK}:{port}/{PAGE.format(experiment_id)}"
    home = open_home()
    # MLflow makes folders where it is started, and its log would bury the address: both belong into the home.
    with (home / LOG_FILE).open("w") as log, subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log) as server:
        try:
            wait_until_open(server, port, "MLflow's server", home / LOG_FILE)
            tell(f"MLflow is at {page} (Ctrl-C stops it)")
            if browser:
                webbrowser.open(page)
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()
