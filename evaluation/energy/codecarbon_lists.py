"""What CodeCarbon would take for a machine of which nobody declares anything; `machine.toml` begins with it."""

from __future__ import annotations

import logging


def listed_tdp_w(cpu: str) -> float | None:
    """The TDP in watts that CodeCarbon's list has for one CPU of this name; none where it is not in it."""
    logging.getLogger("codecarbon").disabled = True
    from codecarbon.core.cpu import TDP
    from codecarbon.input import DataSource

    powers = DataSource().get_cpu_power_data()
    # Its constructor looks at this machine's CPU; the name is known already.
    matching = TDP._get_matching_cpu(TDP.__new__(TDP), cpu, powers)  # noqa: SLF001
    return float(powers.loc[powers["Name"] == matching, "TDP"].iloc[0]) if matching else None


def estimated_ram_w(ram_gib: float) -> float:
    """CodeCarbon's estimate of the power of so much memory, in watts: 5 W a module, less for each beyond the fourth."""
    logging.getLogger("codecarbon").disabled = True
    from codecarbon.external.ram import RAM

    return float(RAM(tracking_mode="machine")._calculate_ram_power(ram_gib))  # noqa: SLF001
