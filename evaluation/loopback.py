"""Servers that this machine alone reaches: whether a port is free, and when a server listens to it."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from evaluation.exceptions import PreuveError

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0


def check_free(port: int, command: str) -> None:
    """Make sure that a port can be listened to.

    Args:
        port: of the loopback address.
        command: that wants it, for the remedy.

    Raises:
        PreuveError: it is taken; the next free one is offered.
    """
    reason = _why_taken(port)
    if reason:
        free = next((other for other in range(port + 1, 65536) if _why_taken(other) is None), port)
        raise PreuveError(expected="a free port", found=reason, where=f"{LOOPBACK}:{port}", remedy=f"{command} --port {free}")


def _why_taken(port: int) -> str | None:
    """Why nothing can listen to a port; none where it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def wait_until_open(server: subprocess.Popen[bytes], port: int, what: str, log: Path) -> None:
    """Wait until a server listens to a port.

    Args:
        server: its process.
        port: of the loopback address.
        what: it is, for the error.
        log: where its messages are.

    Raises:
        PreuveError: it ended, or did not listen within a minute.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.2)
    raise PreuveError(expected=what, found="it did not start", where=f"{LOOPBACK}:{port}", remedy=f"its messages are in {log}")
