"""Measures the ledger: what checking and appending cost, whether tampering is found, what a kill loses."""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evaluation.audit.live import check_home
from evaluation.audit.verify import Checker, Evidence
from evaluation.audit.words import read_words
from evaluation.energy.factors import carbon_g, find_factor
from evaluation.energy.reading import Kind, Reading
from evaluation.goals import Goals
from evaluation.home import home_path
from evaluation.records import items
from evaluation.records.entries import (
    closed_entry,
    goals_entry,
    machine_entry,
    opened_entry,
    reading_entry,
    run_entry,
)
from evaluation.records.ledger import NOTHING, Content, Entry, Head, Ledger, ledger_path
from evaluation.records.store import open_store
from evaluation.run import Campaign
from poc.request_classification import TASK
from tests.benchmarks.energy import kill_campaign, own_home
from tests.ledgers import lines_of, sealed, write_lines
from tests.records import STARTED, make_campaign, make_reading, make_run

Row = tuple[str, str, str]

PYTHON = sys.executable
MOST_RATIO_CHECKING, MOST_RATIO_APPENDING, MOST_MEMORY_MIB = 2.5, 1.5, 200
SHORT, LONG, PAIRS = 250_000, 1_000_000, 3
# Of a campaign in these ledgers.
RUNS = 8
KINDS: tuple[Kind, ...] = ("rehearsal", "fit", "warm-up", "latency", "inference", "inference", "inference")
# So many records are appended at once: one `fsync` each would take longer than all the rest.
AT_ONCE = 2000
BLOCKS, BLOCK = 30, 30
CASES = 1000
KILLS = int(os.environ.get("BENCH_LEDGER_KILLS", "50"))

# What nobody can do without, and the check; both tell their CPU seconds and the most memory of this very program (not `ru_maxrss`,
# which a child takes over from the program that started it).
TELL = """
memory = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(time.process_time(), int(memory) / 1024, len(found))
"""
BARE = f"""
import hashlib, json, sys, time
found = []
for line in open(sys.argv[1] + "/ledger.jsonl", "rb"):
    json.loads(line)
    hashlib.sha256(line[:-78] + b"}}").hexdigest()
{TELL}"""
CHECK = f"""
import sys, time
from pathlib import Path
from evaluation.audit.verify import Checker, Evidence
from evaluation.audit.words import read_words
told = Checker(Evidence(Path(sys.argv[1])), []).check().as_dict(read_words(), "en")
found = told["findings"] + [each for each in told["notices"] if each["code"] != "absent"]
{TELL}"""


def _readings(kinds: Sequence[Kind], shortest_s: float, chance: random.Random) -> tuple[Reading, ...]:
    """Windows on 20 W of memory and a few of CPU, from this duration on to twice as long."""
    made: list[Reading] = []
    for kind in kinds:
        duration_s = chance.uniform(shortest_s, 2 * shortest_s)
        reading = make_reading(
            kind,
            cpu_wh=duration_s * chance.uniform(3, 9) / 3600,
            ram_wh=duration_s * 20 / 3600,
            duration_s=duration_s,
            cpu_seconds=duration_s * chance.uniform(0.9, 1.0),
            longest_gap_s=chance.uniform(0.95, 0.97),
            round_number=1 + sum(each.kind == kind for each in made) if kind == "inference" else None,
        )
        made.append(reading)
    return tuple(made)


def _pattern() -> Campaign:
    """One campaign, of which those in a ledger are variations."""
    chance = random.Random(0)
    runs = [
        make_run(
            f"candidate-{number}", readings=_readings(KINDS, 5.0, chance), latency_p50_ms=chance.uniform(0.1, 9),
            latency_p95_ms=chance.uniform(9, 20), peak_memory_mib=chance.uniform(10, 900),
            scores={"macro_f1": chance.random(), "accuracy": chance.random()},
        )
        for number in range(RUNS)
    ]  # fmt: skip
    return make_campaign(*runs, readings=_readings(["idle"], 5.0, chance), ended=STARTED, goals_sha256=Goals({}, "").sha256)


class Writer:
    """Writes a ledger in which everything fits together, as fast as the disk takes it."""

    def __init__(self, folder: Path) -> None:
        campaign, self.factor = _pattern(), find_factor()
        declared = campaign.machine.declared
        self.pue = declared.pue.value
        self.embodied_g_per_s = declared.embodied_g(1.0)
        self.entries = list(self._entries(campaign))
        self.ledger, self.campaigns = Ledger(folder / "ledger.jsonl"), 0
        self.ledger.append(machine_entry(campaign.machine, None), goals_entry(campaign.task, Goals({}, ""), None))

    def write(self, records: int) -> None:
        """Go on until there are so many records, and the campaign is closed."""
        written = self.ledger.head
        assert written
        left = records - written.number
        while left > 0:
            entries: list[Entry] = []
            while len(entries) < min(left, AT_ONCE):
                entries += self._campaign()
            self.ledger.append(*entries)
            left -= len(entries)

    def _entries(self, campaign: Campaign) -> Iterator[Entry]:
        ids = {None: "f" * 32} | {run.name: f"{number:032x}" for number, run in enumerate(campaign.runs)}
        machine, window = campaign.machine, 0
        yield opened_entry(campaign, ids, campaign.runs, "", self.factor)
        of_runs: list[tuple[str | None, tuple[Reading, ...]]] = [(run.name, run.readings) for run in campaign.runs]
        for name, readings in [(None, campaign.readings), *of_runs]:
            for reading in readings:
                window += 1
                yield reading_entry(
                    reading, machine, self.factor, window=window, samples_sha256=None, campaign=campaign.id, run=name,
                    mlflow_run=ids[name],
                )  # fmt: skip
        for run in campaign.runs:
            metrics, params = items.metric_rows(items.run_metrics(campaign, run)), items.run_params(campaign, run)
            tags = items.recorded_tags(items.common_tags(campaign) | items.run_tags(run))
            files = items.run_files(run)
            yield run_entry(campaign, run, ids[run.name], files=files, metrics=metrics, params=params, tags=tags)
        metrics, params = items.metric_rows(items.campaign_metrics(campaign)), items.campaign_params(campaign)
        tags = items.recorded_tags(items.common_tags(campaign) | items.campaign_tags(campaign))
        files = items.campaign_files(campaign)
        yield closed_entry(campaign, ids[None], self.factor, files=files, metrics=metrics, params=params, tags=tags)

    def _campaign(self) -> Iterator[Entry]:
        """The next one: other ids, other energies, and all that follows from them."""
        self.campaigns += 1
        mark, scale = f"{self.campaigns:08x}", 1 + self.campaigns * 7919 % 10007 / 10007
        energy_wh: dict[str | None, float] = {}
        total_g = duration_s = 0.0
        for kind, pattern in self.entries:
            content = {**pattern, "campaign": f"20261123-{mark}", "mlflow_run": mark + pattern["mlflow_run"][8:]}
            if kind == "campaign-opened":
                content["runs"] = [{**run, "mlflow_run": mark + run["mlflow_run"][8:]} for run in content["runs"]]
            elif kind == "reading":
                content |= self._reading(content["reading"], scale)
                energy_wh[content["run"]] = energy_wh.get(content["run"], 0.0) + content["energy_wh"]
                total_g, duration_s = total_g + content["carbon_g"], duration_s + content["reading"]["duration_s"]
            elif kind == "run-ended":
                content["energy_wh"] = energy_wh[content["run"]]
            else:
                content |= {"energy_wh": sum(energy_wh.values()), "carbon_g": total_g, "duration_s": duration_s}
                content["embodied_g"] = self.embodied_g_per_s * duration_s
            yield Entry(kind, content)

    def _reading(self, window: Content, scale: float) -> Content:
        names = ("energy_wh", "low_wh", "high_wh")
        parts = [part | {name: part[name] * scale for name in names} for part in window["components"]]
        sums = {name: sum(part[name] for part in parts) for name in names}
        carbon = carbon_g(sums["energy_wh"], self.factor, self.pue)
        return sums | {"carbon_g": carbon, "reading": window | {"components": parts, "duration_s": window["duration_s"] * scale}}


class Used(NamedTuple):
    """What a program took, and how much it found."""

    cpu_s: float
    memory_mib: float
    found: int


def _used(program: str, folder: Path) -> Used:
    told = subprocess.run([PYTHON, "-c", program, str(folder)], check=True, capture_output=True, text=True).stdout.split()
    return Used(float(told[0]), float(told[1]), int(told[2]))


def verify() -> Iterator[Row]:
    """The check of a long ledger, against reading its JSON and computing its hashes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = Writer(folder)
        writer.write(SHORT)
        pairs = [(_used(BARE, folder), _used(CHECK, folder)) for _ in range(PAIRS)]
        ratios = [check.cpu_s / bare.cpu_s for bare, check in pairs]
        writer.write(LONG)
        bare, check = _used(BARE, folder), _used(CHECK, folder)
        size = (folder / "ledger.jsonl").stat().st_size
    yield (
        f"check of {SHORT} records over json.loads and SHA-256 of each: CPU seconds",
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}, {PAIRS} pairs)",
        f"at most {MOST_RATIO_CHECKING}",
    )
    yield (
        f"check of {LONG} records over the same: CPU seconds",
        f"{check.cpu_s / bare.cpu_s:.2f} ({check.cpu_s:.1f} over {bare.cpu_s:.1f} s, {size / 1e9:.2f} GB)",
        f"at most {MOST_RATIO_CHECKING}",
    )
    short_mib = max(each.memory_mib for _, each in pairs)
    yield (
        f"its peak memory, {SHORT} and {LONG} records",
        f"{short_mib:.0f} and {check.memory_mib:.0f} MiB",
        f"less than {MOST_MEMORY_MIB} MiB",
    )
    yield "what it found in them", f"{pairs[-1][1].found} and {check.found}", "nothing"


def append() -> Iterator[Row]:
    """Appending a reading, against writing the same bytes to the same disk."""
    chance, machine, factor = random.Random(0), make_campaign().machine, find_factor()
    for words, shortest_s in (("of seconds", 5.0), ("of milliseconds", 0.001)):
        readings = [reading for _ in range(BLOCK) for reading in _readings(["inference"], shortest_s, chance)]
        contents: list[Content] = [
            reading_entry(
                reading, machine, factor, window=7, samples_sha256="a" * 64, campaign="20261123-190559-3f2a",
                run="candidate seed 0", mlflow_run="b" * 32,
            ).content
            for reading in readings
        ]  # fmt: skip
        with tempfile.TemporaryDirectory() as name:
            ours, theirs = _seconds_of_appending(Path(name), contents)
        ratio = statistics.median(ours) / statistics.median(theirs)
        spread = f"{statistics.median(ours) * 1e6:.0f} over {statistics.median(theirs) * 1e6:.0f} µs"
        yield (
            f"appending a reading {words} over write and fsync of its bytes: median wall time",
            f"{ratio:.2f} ({spread}, {len(ours)} of each)",
            f"at most {MOST_RATIO_APPENDING}",
        )


def _seconds_of_appending(folder: Path, contents: Sequence[Content]) -> tuple[list[float], list[float]]:
    """Of each append, and of each bare write, by turns of a block."""
    ledger = Ledger(folder / "ledger.jsonl")
    bare = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(BLOCKS):
        for content in contents:
            began = time.perf_counter()
            ledger.append(Entry("reading", content))
            ours.append(time.perf_counter() - began)
        for line in lines_of(ledger.path)[-len(contents) :]:
            began = time.perf_counter()
            os.write(bare, line + b"\n")
            os.fsync(bare)
            theirs.append(time.perf_counter() - began)
    os.close(bare)
    return ours, theirs


# A case of tampering: the ledger's bytes afterwards, the first record that is wrong in them, and what was done.
Case = tuple[bytes, int, str]


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _a_byte(lines: Sequence[bytes], chance: random.Random) -> Case:
    content = bytearray(_joined(lines))
    place = chance.randrange(len(content))
    before = content[place]
    content[place] = chance.choice([byte for byte in range(256) if byte != before])
    number = _joined(lines).count(b"\n", 0, place) + 1
    return bytes(content), number, f"{bytes([before])!r} became {bytes([content[place]])!r} at byte {place}"


def _a_line(lines: Sequence[bytes], chance: random.Random) -> Case:
    changed, number = list(lines), chance.randint(1, len(lines))
    what = chance.choice(["deleted", "swapped", "copied", "forged", "forged as a rival"])
    if what == "deleted":
        del changed[number - 1]
        return _joined(changed), number, what
    other = chance.choice([place for place in range(1, len(lines) + 1) if place != number])
    if what == "swapped":
        changed[number - 1], changed[other - 1] = changed[other - 1], changed[number - 1]
        return _joined(changed), min(number, other), f"swapped with {max(number, other)}"
    if what == "copied":
        changed.insert(number - 1, lines[other - 1])
        return _joined(changed), number, f"copy of {other} put there"
    # By somebody who knows the format: with the number that would follow, or in rivalry with the record before.
    following = what == "forged" or number == 1
    model: Content = json.loads(lines[number - 2]) if number > 1 else {"number": 0, "sha256": NOTHING}
    changes = {"number": model["number"] + 1, "previous": model["sha256"]} if following else model
    forged = json.loads(lines[other - 1]) | {name: changes[name] for name in ("number", "previous")}
    changed.insert(number - 1, sealed(forged))
    return _joined(changed), number, f"like {other}, {what} and put there"


def _a_number(lines: Sequence[bytes], chance: random.Random) -> Case:
    changed, number = list(lines), chance.randint(1, len(lines))
    record = json.loads(lines[number - 1])
    places = list(_numbers(record["content"])) or [(record, "number")]
    holder, name = chance.choice(places)
    before = holder[name]
    holder[name] = before + chance.choice([-1, 1]) if isinstance(before, int) else before * chance.uniform(0.5, 1.5)
    changed[number - 1] = sealed(record)
    return _joined(changed), number, f"{record['kind']}: {name} {before} became {holder[name]}, own hash computed anew"


def _numbers(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where numbers are in this value: what holds each, and its name or place there."""
    for name, each in list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()):
        if isinstance(each, int | float) and not isinstance(each, bool):
            yield value, name
        yield from _numbers(each)


def tampering() -> Iterator[Row]:
    """Random changes to a valid ledger, its head beside it left as it was."""
    chance = random.Random(0)
    kinds: dict[str, Callable[[Sequence[bytes], random.Random], Case]] = {
        "single bytes changed": _a_byte,
        "lines deleted, swapped or inserted": _a_line,
        "numbers edited, own hash computed anew": _a_number,
    }
    with tempfile.TemporaryDirectory() as name:
        ledger = Path(name) / "ledger.jsonl"
        Writer(ledger.parent).write(300)
        lines = lines_of(ledger)
        assert not _found(ledger)
        for words, change in kinds.items():
            found = named = 0
            for _ in range(CASES):
                content, number, what = change(lines, chance)
                ledger.write_bytes(content)
                findings = _found(ledger)
                found, named = found + bool(findings), named + (min(findings, default=(0, ""))[0] == number)
                if min(findings, default=(0, ""))[0] != number:
                    print(f"  record {number}, {what}: {findings[:4]}", file=sys.stderr, flush=True)
            yield f"{CASES} {words} in a ledger of {len(lines)} records: found", f"{found} of {CASES}", "all"
            yield f"{words}: first wrong record named", f"{named} of {CASES}", "all"
        write_lines(ledger, lines)
        assert not _found(ledger)


def _found(ledger: Path) -> list[tuple[int, str]]:
    told = Checker(Evidence(ledger.parent), []).check().as_dict(read_words(), "en")
    return sorted((each["record"], each["code"]) for each in told["findings"])


class Kill(NamedTuple):
    """What a kill left behind.

    Attributes:
        kept: every record that was acknowledged is in the ledger after the next command.
        sound: the check finds nothing then.
        closed: no campaign is open then.
    """

    kept: bool
    sound: bool
    closed: bool


def kills() -> Iterator[Row]:
    """`kill -9` at random moments of a real campaign."""
    chance = random.Random(1)
    found: list[Kill] = []
    with own_home():
        open_store(TASK.name)
        while len(found) < KILLS:
            kill = _killed_after(chance.uniform(3.0, 24.0))
            if kill:
                found.append(kill)
                print(f"  kill {len(found)}: {kill}", file=sys.stderr, flush=True)
        records = Ledger().head
    asked = "all"
    setting = f"kill -9 at {KILLS} random moments ({records.number if records else 0} records)"
    yield f"{setting}: every acknowledged record kept", f"{sum(kill.kept for kill in found)} of {KILLS}", asked
    yield "after the next command the check finds nothing", f"{sum(kill.sound for kill in found)} of {KILLS}", asked
    yield "and no campaign is open", f"{sum(kill.closed for kill in found)} of {KILLS}", asked


def _killed_after(seconds: float) -> Kill | None:
    """Run a campaign, kill it, and look at the ledger before and after it is closed; none where it had not begun or had ended."""
    from evaluation.campaign import close_what_was_killed

    if kill_campaign(seconds) is None:
        return None
    path = ledger_path()
    content = path.read_bytes() if path.exists() else b""
    acknowledged = path.with_suffix(".head").read_text() if content else ""
    close_what_was_killed(open_store(TASK.name), lambda _: None)
    after = path.read_bytes()
    head = Head.parse(acknowledged)
    kept = after.startswith(content[: content.rfind(b"\n") + 1])
    if head:
        kept = kept and json.loads(after.split(b"\n")[head.number - 1])["sha256"] == head.sha256
    told = check_home([]).as_dict(read_words(), "en")
    if told["findings"] or not kept:
        saved = Path(tempfile.mkdtemp(prefix="killed-")) / "home"
        shutil.copytree(home_path(), saved)
        print(f"  {told['findings']} ({saved})", file=sys.stderr, flush=True)
    return Kill(kept, sound=not told["findings"], closed=all(each["code"] != "open" for each in told["notices"]))
