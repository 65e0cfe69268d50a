"""The GPU at the borders of a window: its work is over when the window ends, and nobody else's is in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Set as AbstractSet
from contextlib import suppress

from evaluation.energy.load import running_children


def synchronize() -> Exception | None:
    """Wait until the GPU has done what was asked of it: its work goes on after the calls that asked for it return.

    Returns:
        The error with which some of that work failed, of which nobody hears before; none where all of it succeeded.
    """
    if not in_use():
        return None
    torch = sys.modules["torch"]
    try:
        for device in range(torch.cuda.device_count()):
            torch.cuda.synchronize(device)
    except Exception as error:  # noqa: BLE001  # every version of torch has its own class for it
        return error
    return None


def in_use() -> bool:
    """Whether this process computes on a GPU, or has done so: its driver then stays loaded."""
    # While another thread is importing it, it is there in part.
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    ready = (getattr(cuda, name, None) for name in ("is_available", "is_initialized"))
    return all(asked is not None and asked() for asked in ready)


def is_shared() -> bool:
    """Whether processes other than this one and its children hold a GPU."""
    holders = _holders()
    if holders <= {os.getpid()}:
        # Mostly so, and asked each second: there is no need to look for children.
        return False
    ours = {os.getpid(), *(child.pid for child in running_children())}
    foreign = holders - ours
    # The driver names processes as the host numbers them. Within a container nobody recognises themselves in its list; one
    # unknown holder is then taken to be this process.
    unrecognised = in_use() and not holders & ours
    return len(foreign) > (1 if unrecognised else 0)


def _holders() -> AbstractSet[int]:
    """Numbers of the processes that compute or draw on any GPU."""
    import pynvml

    found: set[int] = set()
    try:
        pynvml.nvmlInit()
        devices = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        # A driver that does not tell is as good as one that shows nobody.
        return found
    for device in devices:
        for list_processes in (pynvml.nvmlDeviceGetComputeRunningProcesses, pynvml.nvmlDeviceGetGraphicsRunningProcesses):
            # Some cards know no lists, or only one of them; the others are asked all the same.
            with suppress(pynvml.NVMLError):
                found.update(process.pid for process in list_processes(device))
    return found
