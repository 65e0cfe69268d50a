"""`preuve lab`: JupyterLab on the notebooks, for this machine and this user only."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from evaluation.lab import _end_all, write_config
from tests.conftest import Preuve
from tests.evaluation.test_ui import CLI, ended, free_port, listening_addresses

# What a user may have set up for JupyterLab of their own, on a machine where they trust everybody.
OPEN = {
    "ServerApp": {"ip": "0.0.0.0", "token": "", "password": "", "allow_remote_access": True, "allow_origin": "*"},  # noqa: S104
    "IdentityProvider": {"token": ""},
}


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs."""

    port: int
    page: str
    token: str
    process: subprocess.Popen[str]

    def ask(self, path: str, *, method: str = "GET", token: bool = True) -> Any:
        """What its server answers."""
        headers = {"Authorization": f"token {self.token}"} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", headers=headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read()) if "json" in answer.headers["Content-Type"] else answer.read().decode()

    def children(self) -> list[psutil.Process]:
        """All that it started."""
        return list(psutil.Process(self.process.pid).children(recursive=True))


@contextmanager
def running_lab(notebooks: Path, end: signal.Signals = signal.SIGINT) -> Iterator[Lab]:
    """JupyterLab on a folder; ended as a user ends it, it leaves no process behind."""
    port = free_port()
    command = [*CLI, "lab", "--no-browser", "--port", str(port), "--notebooks", str(notebooks)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, ended(process):
        assert process.stdout
        told = process.stdout.readline()
        found = re.search(rf"http://127\.0\.0\.1:{port}/lab\?token=(\w+)", told)
        assert found, told
        lab = Lab(port, found[0], found[1], process)
        yield lab
        started = lab.children()
        process.send_signal(end)
        assert process.wait(timeout=60) == 0
    assert not list(Path(os.environ["PREUVE_HOME"]).rglob("jpserver-*"))
    assert [name for child in started if (name := name_if_alive(child))] == []
    assert listening_addresses(port) == set()


def name_if_alive(process: psutil.Process) -> str | None:
    """A process that runs; none for one that has ended, whether or not somebody has asked how."""
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process)
    except psutil.NoSuchProcess:
        return None


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    return folder


@pytest.fixture
def open_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the user's that let everybody in, wherever Jupyter looks for them."""
    monkeypatch.setenv("JUPYTER_TOKEN", "")
    for folder, variable in (("jupyter-path", "JUPYTER_CONFIG_PATH"), ("user/.jupyter", "JUPYTER_CONFIG_DIR")):
        place = home.parent / folder
        place.mkdir()
        monkeypatch.setenv(variable, str(place))
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_lab_config"):
            (place / f"{name}.json").write_text(json.dumps(OPEN), encoding="utf-8")


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_nobody_else_gets_in_and_nothing_outlives_it(notebooks: Path, home: Path, open_settings: None, end: signal.Signals) -> None:
    with running_lab(notebooks, end) as lab:
        with pytest.raises(urllib.error.HTTPError) as refused:
            lab.ask("api/contents", token=False)
        with refused.value as answer:
            assert answer.code == 403
        assert lab.ask("api/contents")["content"] == []
        assert listening_addresses(lab.port) == {"0100007F"}

        lab.ask("api/kernels", method="POST")
        (kernel,) = [child for child in lab.children() if "ipykernel_launcher" in child.cmdline()]
        assert kernel.cmdline()[0] == sys.executable
        assert kernel.environ()["PREUVE_HOME"] == str(home)
        assert kernel.environ()["MLFLOW_TRACKING_URI"] == f"sqlite:///{home}/mlflow.db"
        assert not [word for child in lab.children() for word in child.cmdline() if lab.token in word]


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_it_fetches_neither_news_nor_updates_nor_extensions(notebooks: Path) -> None:
    with running_lab(notebooks) as lab:
        schema = lab.ask("lab/api/settings/@jupyterlab/apputils-extension:notification")["schema"]["properties"]
        assert (schema["fetchNews"]["default"], schema["checkForUpdates"]["default"]) == ("false", False)
        found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', lab.ask("lab"), re.DOTALL)
        assert found
        page = json.loads(found[1])
        assert page["news"] == {"disabled": True}
        assert page["extensionManager"]["can_install"] is False
        assert list(lab.ask("api/kernelspecs")["kernelspecs"]) == ["python3"]
        assert lab.ask("lab/api/update") == {"notification": None}


def test_only_its_owner_reads_the_token(tmp_path: Path) -> None:
    path = write_config(tmp_path / "jupyter", tmp_path, "secret")
    config = json.loads(path.read_text(encoding="utf-8"))
    assert config["IdentityProvider"]["token"] == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(config["ServerProxy"]["servers"]) == ["mlflow"]


def test_a_server_elsewhere_has_no_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    path = write_config(tmp_path / "jupyter", tmp_path, "secret")
    assert json.loads(path.read_text(encoding="utf-8"))["ServerProxy"]["servers"] == {}


def test_a_folder_that_is_not_there_is_named(preuve: Preuve, tmp_path: Path) -> None:
    done = preuve("lab", "--no-browser", "--notebooks", tmp_path / "nowhere")
    assert done.status == 2
    assert str(tmp_path / "nowhere") in done.err
    assert "preuve lab --notebooks DIR" in done.err


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_port_that_is_taken_is_named_and_a_free_one_too(preuve: Preuve, notebooks: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = preuve("lab", "--no-browser", "--port", str(port), "--notebooks", notebooks)
    assert done.status == 2
    assert f"127.0.0.1:{port}" in done.err
    found = re.search(r"preuve lab --port (\d+)", done.err)
    assert found
    with socket.socket() as free:
        free.bind(("127.0.0.1", int(found[1])))


# A kernel that has a session of its own, and no ear for being asked to end.
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
SERVER = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}], start_new_session=True)"


def test_what_does_not_end_by_itself_is_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE) as server:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        (kernel,) = psutil.Process(server.pid).children(recursive=True)
        _end_all(server)
    assert name_if_alive(kernel) is None
