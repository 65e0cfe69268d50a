"""Servers of this machine: a port that is taken, and a server that does not start."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation.exceptions import PreuveError
from evaluation.loopback import LOOPBACK, check_free, wait_until_open
from tests.evaluation.test_ui import free_port

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts([LOOPBACK])]


def test_a_port_that_is_taken_offers_the_next_one_that_is_free() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PreuveError) as caught:
            check_free(port, "preuve ui")
        assert caught.value.found == "Address already in use"
        command, free = caught.value.remedy.rsplit(" ", 1)
        assert command == "preuve ui --port"
        assert int(free) > port
        check_free(int(free), "preuve ui")


def test_what_does_not_start_says_where_its_messages_are(tmp_path: Path) -> None:
    with subprocess.Popen(["false"]) as server, pytest.raises(PreuveError) as caught:
        wait_until_open(server, free_port(), "MLflow's server", tmp_path / "its.log")
    assert (caught.value.expected, caught.value.remedy) == ("MLflow's server", f"its messages are in {tmp_path / 'its.log'}")


def test_a_server_is_waited_for() -> None:
    port = free_port()
    program = f"import socket, time; time.sleep(0.5); s = socket.create_server(('{LOOPBACK}', {port})); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program]) as server:
        wait_until_open(server, port, "a server", Path("its.log"))
        with socket.create_connection((LOOPBACK, port)):
            server.kill()
