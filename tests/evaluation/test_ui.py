"""`preuve ui`: MLflow at the experiment, for this machine only."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Recorded

CLI = [sys.executable, "-c", "from evaluation.cli import main; main()"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listening_addresses(port: int) -> set[str]:
    """Addresses that listen on a port, in the kernel's hexadecimal form."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Ends a server whatever fails meanwhile: nobody else would, and leaving it waits for it."""
    try:
        yield
    finally:
        process.terminate()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_experiment_on_the_loopback_address_only(at_recorded: Recorded, end: signal.Signals) -> None:
    port = free_port()
    command = [*CLI, "ui", "request-classification", "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, ended(process):
        assert process.stdout
        told = process.stdout.readline()
        found = re.search(r"http://127.0.0.1:\d+/#/experiments/(\d+)/runs", told)
        assert found, told
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert b"MLflow" in page.read()
        query = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/get?experiment_id={found[1]}"
        with urllib.request.urlopen(query) as answer:
            assert b'"request-classification"' in answer.read()
        assert listening_addresses(port) == {"0100007F"}
        process.send_signal(end)
        assert process.wait(timeout=30) == 0
    assert listening_addresses(port) == set()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([*CLI, "ui", "--no-browser", "--port", str(port)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert f"preuve ui --port {port + 1}" in done.stderr
