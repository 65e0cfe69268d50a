"""POCs that live elsewhere: installed packages that offer the entry point `preuve.pocs`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

GROUP = "preuve.pocs"


def poc_entry_points() -> list[EntryPoint]:
    """What installed packages offer, by name; each value is the package that holds `TASK` and `CANDIDATES`.

    The same offer is counted once, though a package may be found twice: installed, and beside the program that is started.
    """
    found = {(point.name, point.value): point for point in entry_points(group=GROUP)}
    return [found[key] for key in sorted(found)]


def poc_packages() -> frozenset[str]:
    """Names of the packages, without what lies in them."""
    return frozenset(point.module.partition(".")[0] for point in poc_entry_points())
