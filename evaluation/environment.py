"""With what code and packages a campaign ran: enough to repeat it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess

from pydantic import BaseModel, ConfigDict

from evaluation.home import PROJECT


class Environment(BaseModel):
    """The code and the packages of a campaign; its machine is `energy.machine`'s matter.

    Attributes:
        code_commit: of the project; none outside a git checkout.
        code_dirty: whether anything in the checkout differed from that commit.
        packages: `name==version`, sorted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    python: str
    system: str
    code_commit: str | None
    code_dirty: bool | None
    packages: tuple[str, ...]
    packages_sha256: str


def describe_environment() -> Environment:
    """The environment of this process."""
    packages = installed_packages()
    return Environment(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        code_commit=current_commit(),
        code_dirty=code_is_dirty(),
        packages=packages,
        packages_sha256=hashlib.sha256("\n".join(packages).encode()).hexdigest(),
    )


def installed_packages() -> tuple[str, ...]:
    """Every installed distribution as `name==version`, sorted, once."""
    found = {f"{d.metadata['Name'].lower().replace('_', '-')}=={d.version}" for d in importlib.metadata.distributions()}
    return tuple(sorted(found))


def current_commit() -> str | None:
    """Of the checkout; none outside one."""
    return _git("rev-parse", "HEAD") or None


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
