"""The GPU at the borders of a window: its work is over when the window ends, and nobody else's is in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Set as AbstractSet


def synchronize() -> Exception | None:
    """Wait until the GPU has done what was asked of it: its work goes on after the calls that asked for it return.

    Returns:
        The error with which some of that work failed, of which nobody hears before; none where all of it succeeded.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return None
    try:
        for device in range(torch.cuda.device_count()):
            torch.cuda.synchronize(device)
    except Exception as error:  # noqa: BLE001  # every version of torch has its own class for it
        return error
    return None


def is_shared() -> bool:
    """Whether processes other than this one and its children hold a GPU."""
    import psutil

    ours = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    holders = _holders()
    foreign = holders - ours
    # The driver names processes as the host numbers them. Within a container nobody recognises themselves in its list; one
    # unknown holder is then taken to be this process.
    unrecognised = _uses_gpu() and not holders & ours
    return len(foreign) > (1 if unrecognised else 0)


def _uses_gpu() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_available() and torch.cuda.is_initialized())


def _holders() -> AbstractSet[int]:
    """Numbers of the processes that compute or draw on any GPU."""
    import pynvml

    found: set[int] = set()
    try:
        pynvml.nvmlInit()
        for index in range(pynvml.nvmlDeviceGetCount()):
            device = pynvml.nvmlDeviceGetHandleByIndex(index)
            for list_processes in (pynvml.nvmlDeviceGetComputeRunningProcesses, pynvml.nvmlDeviceGetGraphicsRunningProcesses):
                found.update(process.pid for process in list_processes(device))
    except pynvml.NVMLError:
        # A driver that does not tell is as good as one that shows nobody.
        return found
    return found
