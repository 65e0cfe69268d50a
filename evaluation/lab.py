"""JupyterLab on the notebooks, for this machine only, with MLflow's pages reachable from its launcher."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

import psutil

from evaluation.exceptions import PreuveError
from evaluation.home import PROJECT, open_home
from evaluation.loopback import LOOPBACK, check_free, wait_until_open
from evaluation.records.tracking import SQLITE, check_address, shown_uri, tracking_uri

NOTEBOOKS = PROJECT / "notebooks"
LOG_FILE = "jupyter-lab.log"
MLFLOW_PATIENCE_S = 120.0
# JupyterLab gives its kernels five seconds to end; what is left then is ended without further questions.
GRACE_S, LAST_GRACE_S = 10.0, 3.0
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# MLflow opens on its pages for agents and prompts unless it is asked for those on trained models.
MLFLOW_PAGE = "mlflow/#/experiments?workflowType=machine_learning"
ICON = """<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 24 24">
  <g fill="none" stroke="#1f6f8b" stroke-width="2"><path d="M3 3v18h18"/><path d="M7 16l4-5 4 3 5-8"/></g>
</svg>
"""


def serve(port: int, notebooks: Path, *, browser: bool, tell: Callable[[str], None]) -> int:
    """Serve JupyterLab until it is stopped, and return its exit status; nothing that it started outlives it.

    Raises:
        PreuveError: there are no notebooks, the port is taken, or JupyterLab does not start.
    """
    _check_notebooks(notebooks)
    check_free(port, "preuve lab")
    check_address()
    home, token = open_home(), secrets.token_hex(24)
    with TemporaryDirectory(prefix="preuve-") as sockets, (home / LOG_FILE).open("w") as log, suppress(KeyboardInterrupt):
        config = write_config(home / "jupyter", Path(sockets), token)
        with _started(_command(config, port, notebooks), home, log) as server:
            wait_until_open(server, port, "JupyterLab's server", home / LOG_FILE)
            page = f"http://{LOOPBACK}:{port}/lab?token={token}"
            tell(f"JupyterLab is at {page} (Ctrl-C stops it)")
            if _is_elsewhere():
                tell(f"The runs are on a server, which its launcher does not show: {shown_uri()}")
            if browser:
                webbrowser.open(page)
            return server.wait()
    return 0


def write_config(folder: Path, sockets: Path, token: str) -> Path:
    """Write what JupyterLab needs to be told into a folder that it reads instead of the user's own settings.

    Args:
        folder: made if need be, open to its owner only: a token lets whoever reads it run programs as that user.
        sockets: another such folder, whose name is short: a socket's may have 107 bytes.
        token: without which nobody gets in.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    # Jupyter's own news are asked for by the page; the server does not fetch them either.
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (folder / "labconfig").mkdir(exist_ok=True)
    (folder / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(quiet), encoding="utf-8")
    icon = folder / "mlflow.svg"
    icon.write_text(ICON, encoding="utf-8")
    config = {
        "IdentityProvider": {"token": token},
        "PasswordIdentityProvider": {"hashed_password": "", "password_required": False},
        "LabApp": {
            "news_url": None,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
            "extension_manager": "readonly",
        },
        # A kernel of another Python would not find the packages that the notebooks call.
        "KernelSpecManager": {"allowed_kernelspecs": ["python3"]},
        "ServerProxy": {"servers": {} if _is_elsewhere() else {"mlflow": _mlflow(icon, sockets)}},
    }
    path = folder / "lab_config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return path


def _mlflow(icon: Path, sockets: Path) -> dict[str, object]:
    """MLflow as the launcher's card starts it.

    It has no port, where other users of this machine would find it without a password, but a socket that JupyterLab asks.
    """
    socket_path = sockets / "mlflow"
    server = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--workers", "1", "--uvicorn-opts"]
    return {
        "command": [*server, f"--uds {socket_path}"],
        "unix_socket": str(socket_path),
        "timeout": MLFLOW_PATIENCE_S,
        "new_browser_tab": True,
        # Only cards of this category show a picture.
        "launcher_entry": {"title": "MLflow", "category": "Notebook", "path_info": MLFLOW_PAGE, "icon_path": str(icon)},
    }


def _command(config: Path, port: int, notebooks: Path) -> list[str]:
    """JupyterLab's command line: on it stands what no settings of the machine may change."""
    fixed = {
        "ServerApp.ip": LOOPBACK,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.allow_remote_access": False,
        "ServerApp.allow_origin": "",
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": notebooks.resolve(),
        # In a container the only user there is.
        "ServerApp.allow_root": os.geteuid() == 0,
    }
    return [sys.executable, "-m", "jupyterlab", f"--config={config}", *(f"--{name}={value}" for name, value in fixed.items())]


def _environment(home: Path) -> dict[str, str]:
    """This process's environment without the user's settings of Jupyter, and with the records wherever a kernel is started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    uri = tracking_uri()
    if uri.startswith(SQLITE):
        uri = f"{SQLITE}{Path(uri.removeprefix(SQLITE)).resolve()}"
    jupyter = str(home / "jupyter")
    return kept | {
        "PREUVE_HOME": str(home),
        "MLFLOW_TRACKING_URI": uri,
        # Through the environment: a database's password on the command line could be read by every user.
        "MLFLOW_BACKEND_STORE_URI": uri,
        "JUPYTER_CONFIG_DIR": jupyter,
        "JUPYTER_DATA_DIR": f"{jupyter}/data",
        "JUPYTER_RUNTIME_DIR": f"{jupyter}/runtime",
        # The folder above comes before what a machine's administrator or this project's packages bring along.
        "JUPYTER_PREFER_ENV_PATH": "0",
    }


def _is_elsewhere() -> bool:
    """Whether a tracking server holds the runs: it has pages of its own."""
    return tracking_uri().startswith(("http://", "https://"))


@contextmanager
def _started(command: list[str], home: Path, log: TextIO) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a session of its own, so that Ctrl-C reaches this process alone; it ends with all that it started."""
    # MLflow makes folders where it is started: they belong into the home.
    server = subprocess.Popen(
        command, cwd=home, env=_environment(home), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    try:
        yield server
    finally:
        with _undisturbed():
            _end_all(server)
            # Where MLflow was started JupyterLab ends at once, without removing what names its token.
            for note in (home / "jupyter" / "runtime").glob(f"jpserver-{server.pid}[.-]*"):
                note.unlink(missing_ok=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Nobody's second Ctrl-C keeps the first from being carried out."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_all(server: subprocess.Popen[bytes]) -> None:
    """End a server and what it started: kernels and terminals have sessions of their own, so that no signal reaches all."""
    with suppress(psutil.NoSuchProcess):
        left = psutil.Process(server.pid).children(recursive=True)
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(GRACE_S)
        server.kill()
        for end in (psutil.Process.terminate, psutil.Process.kill):
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    end(process)
            _, left = psutil.wait_procs(left, LAST_GRACE_S)
    server.wait()


def _check_notebooks(folder: Path) -> None:
    if not folder.is_dir():
        raise PreuveError(
            expected="a folder of notebooks",
            found="it is not a folder" if folder.exists() else "there is none",
            where=str(folder),
            remedy="run the command where preuve was cloned, or name another folder: preuve lab --notebooks DIR",
        )
