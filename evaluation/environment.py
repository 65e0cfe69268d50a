"""On what and with what a campaign ran: enough to repeat it, nothing that names the machine's owner."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import subprocess
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evaluation.home import PROJECT

GIB = 1024**3
RAPL_DOMAIN = Path("/sys/class/powercap/intel-rapl:0/energy_uj")


class Environment(BaseModel):
    """The machine, the code and the packages of a campaign.

    Attributes:
        machine_id: a hash; it tells machines apart without naming them.
        virtualised: the hypervisor's name where there is one.
        code_commit: of the project; none outside a git checkout.
        code_dirty: whether anything in the checkout differed from that commit.
        packages: `name==version`, sorted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine_id: str
    python: str
    system: str
    cpu: str
    cores: int
    ram_gib: float
    virtualised: str | None
    code_commit: str | None
    code_dirty: bool | None
    packages: tuple[str, ...]
    packages_sha256: str


def describe_environment() -> Environment:
    """The environment of this process."""
    packages = installed_packages()
    return Environment(
        machine_id=machine_id(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu=cpu_model(),
        cores=os.cpu_count() or 1,
        ram_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        virtualised=hypervisor(),
        code_commit=_git("rev-parse", "HEAD") or None,
        code_dirty=code_is_dirty(),
        packages=packages,
        packages_sha256=hashlib.sha256("\n".join(packages).encode()).hexdigest(),
    )


def installed_packages() -> tuple[str, ...]:
    """Every installed distribution as `name==version`, sorted, once."""
    found = {f"{d.metadata['Name'].lower().replace('_', '-')}=={d.version}" for d in importlib.metadata.distributions()}
    return tuple(sorted(found))


@cache
def machine_id() -> str:
    """Sixteen hexadecimal digits that stay the same on one machine and do not name it."""
    try:
        name = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except OSError:
        name = ""
    return hashlib.sha256(f"preuve {name or platform.node()}".encode()).hexdigest()[:16]


def cpu_model() -> str:
    """The CPU's name as the kernel gives it."""
    return _cpuinfo("model name") or platform.processor() or "unknown"


def hypervisor() -> str | None:
    """What virtualises this machine, where something does."""
    if "hypervisor" not in _cpuinfo("flags").split():
        return None
    try:
        return Path("/sys/class/dmi/id/sys_vendor").read_text(encoding="utf-8").strip() or "unnamed hypervisor"
    except OSError:
        return "unnamed hypervisor"


@cache
def _cpuinfo(field: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "")


def rapl_state() -> str:
    """Whether the CPU's energy counter can be read, or why not."""
    if not RAPL_DOMAIN.exists():
        return "absent: this CPU or virtual machine offers no energy counter"
    if not os.access(RAPL_DOMAIN, os.R_OK):
        return f"present but not readable: sudo chmod a+r {RAPL_DOMAIN} (until the next start)"
    return "readable"


def code_is_dirty() -> bool | None:
    """Whether the checkout differs from its commit; none outside a checkout."""
    status = _git("status", "--porcelain")
    return None if status is None else bool(status)


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(PROJECT), *arguments], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
