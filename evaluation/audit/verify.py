"""Checks a carbon ledger of preuve with nothing but Python 3.9 or later: python3 verify.py [FOLDER|ZIP] [--against FILE].

Records must hold their hash and that of the one before; sums and carbon, windows, MLflow and heads quoted elsewhere agree with
them. `preuve audit verify` runs this same file; words.json puts what it finds into words.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

FORMAT = 1
DECODER = json.JSONDecoder(parse_constant=lambda _: None)
HEAD = re.compile(r"(?<![\w:])(\d{1,15}):([0-9a-f]{64})(?!\w)")
ROUNDING, STOPPING_S = 1e-9, 1.0  # Of sums taken anew; of a meter, whose last sample comes with its stop.
SECONDS_PER_YEAR = 365.25 * 24 * 3600
MLFLOW_STATUS = {"finished": "FINISHED", "unavailable": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}

# What each kind of record holds: s texts, n numbers, i whole numbers, b yes or no, o objects, l lists; with ? or nothing.
SHAPES = {
    "record": "s at kind previous sha256 | o content | i format number",
    "machine": "s? before | s change machine_id machine_sha256 text",
    "goals": "s? before | s change goals_sha256 task text",
    "campaign-opened": "s campaign ghg_scope goals_sha256 machine_id machine_sha256 mlflow_run operator_role started task "
    "task_version tracking | o code data environment factor protocol pue tools unit | n development_wh | l metrics runs",
    "reading": "s? campaign evidence mlflow_run run samples_sha256 | n carbon_g energy_wh g_per_kwh high_wh low_wh pue | s "
    "factor machine_sha256 | o reading | i window",
    "run-ended": "s campaign mlflow_run run status | n energy_wh | o files metrics params scores tags | i readings | s? reason",
    "campaign-closed": "s campaign ended mlflow_run status task | n carbon_g duration_s embodied_g energy_wh | o files metrics "
    "params tags | s? over_budget reason | i readings runs",
    "recomputation": "n by_factor_g by_pue_g carbon_before_g carbon_g energy_wh | o factor pue | i readings",
    "imported": "n carbon_g energy_wh g_per_kwh high_wh low_wh | o? components source | n? duration_s | s evidence factor tool | "
    "s? reason started task",
    "repetition": "o energy quality repeated repeats",
    "note": "s? about | s text",
    "mended": "s? missing_head | i removed_bytes | s removed_sha256",
    "window": "i attempt samples | n calibrated_by cpu_estimate_wh cpu_seconds duration_s foreign_cpu_seconds longest_gap_s "
    "stolen_seconds | l components | b gpu_shared | s kind outcome started | s? reason | i? round",
    "component": "s backend evidence name | n energy_wh high_wh low_wh",
}
TYPES: dict[str, set[Any]] = {"s": {str}, "n": {int, float}, "i": {int}, "b": {bool}, "o": {dict}, "l": {list}}
TYPES.update({name + "?": {*types, type(None)} for name, types in TYPES.items()})
PARTS = {kind: [part.split() for part in shape.split("|")] for kind, shape in SHAPES.items()}
FIELDS = {kind: {name: TYPES[part[0]] for part in parts for name in part[1:]} for kind, parts in PARTS.items()}


class Evidence:
    """A folder, a zip or a ledger: `ledger.jsonl`, and where they are at hand `samples/`, `mlflow/` and `present.json`."""

    def __init__(self, place: Path) -> None:
        zipped = place.is_file() and zipfile.is_zipfile(str(place))
        self.root: Any = zipfile.Path(str(place)) if zipped else place.parent if place.is_file() else place
        self.ledger = self.root / ("ledger.jsonl" if zipped or place.is_dir() else place.name)
        self.now = json.loads(self.read("present.json") or b"{}")

    def lines(self) -> Iterator[bytes]:
        with self.ledger.open("rb") as file:
            yield from file

    def read(self, name: str) -> bytes | None:
        return found.read_bytes() if (found := self.root / name).exists() else None

    def holds(self, folder: str) -> bool:
        return folder in self.now.get("holds", ()) or bool((self.root / folder).is_dir())

    def run_ids(self) -> set[str]:
        found = self.root / "mlflow"
        return {each.name[:-5] for each in found.iterdir() if each.name.endswith(".json")} if found.is_dir() else set()

    def run(self, run_id: str) -> Any:
        return _parsed((self.read("mlflow/" + run_id + ".json") or b"").decode("utf-8", "replace"))

    def present(self, kind: str, name: str) -> Any:
        """What there is now of data, goals, code or MLflow's address; None where it is gone, False where nobody looked."""
        return self.now.get(kind, {}).get(name, False)


class Checker:
    """Goes through the evidence once, comparing it with itself and with heads quoted elsewhere: (who, number, hash)."""

    def __init__(self, evidence: Evidence, quoted: list[tuple[str, int, str]]) -> None:
        self.evidence, self.quoted = evidence, {}  # type: Evidence, dict[int, list[tuple[str, str]]]
        beside = HEAD.findall((evidence.read("ledger.head") or b"").decode("ascii", "replace"))[:1]
        self.has_samples, self.has_runs = evidence.holds("samples"), evidence.holds("mlflow")
        for who, head, sha256 in [*quoted, *(("its copy beside the ledger", number, sha256) for number, sha256 in beside)]:
            self.quoted.setdefault(int(head), []).append((who, sha256))
        self.found: list[tuple[str, int, Any, list[str]]] = []
        self.machines, self.open, self.used = {}, {}, {}  # type: dict[str, Any], dict[str, Any], dict[Any, dict[str, list[Any]]]
        self.machine_ids, self.goals, self.seen, self.shapes = set(), set(), set(), set()  # type: set[str], set[str], set[str], set[Any]
        self.samples: tuple[str, dict[str, bytes]] = ("", {})
        self.number = self.campaigns = self.readings = self.lost = 0  # Lost: a record that is missing or changed, and its sums.
        self.energy_wh = self.carbon_g = self.imported_wh = 0.0
        self.own, self.at, self.id, self.begun = "0" * 64, "", "", ""  # Hash and time of the record in hand, and of the first.

    def add(self, code: str, *details: Any, record: int | None = None, since: str | None = None) -> None:
        """Something that does not hold, or with a tilde: that is no fault, and should be known. words.json has the words."""
        self.found.append((code, record or self.number, since or self.at or "?", [str(each) for each in details]))

    def check(self) -> Checker:  # noqa: C901 - the chain is one loop
        sound, suspect, before = True, None, ""  # type: bool, tuple[int, str, str] | None, str
        for place, line in enumerate(self.evidence.lines(), start=1):
            expected, body = self.number + 1, line.rstrip(b"\n")
            record = _parsed(body.decode("utf-8", "replace"))
            if record is None and line == body:
                self.add("torn~", record=expected)
                break
            if not self._is_shaped("record", record, expected):
                self.number, self.lost, sound, suspect = expected, expected, False, None
                continue
            # The last member, `,"sha256":"..."}`, is the hash of the others.
            follows, hashed = record["previous"] == self.own, hashlib.sha256(body[:-77] + b"}").hexdigest()
            holds = hashed == record["sha256"] and body[-77:-66] == b',"sha256":"'
            if suspect:
                # Of two records that do not fit together, the next one may know the first, the second, or neither.
                for number in range(suspect[0] - (record["previous"] != suspect[2]), suspect[0] + (not follows)):
                    self.add("chain", record=number, since=suspect[1])
                sound, suspect = follows, None
            if not holds:
                self.add("altered", record=expected, since=record["at"])
            # Two that follow the same one are rivals: which of them is right, the next one tells.
            elif record["number"] != expected and (record["previous"] != before or record["sha256"] == self.own):
                self.add("order", record["number"], record=place)
            elif sound and not follows:
                suspect = (expected, self.at, self.own)
            self.number, self.own, self.at = record["number"] if holds else expected, record["sha256"], record["at"]
            self.lost = self.lost if holds and self.number == expected else max(expected, self.number)
            sound, before = holds, record["previous"]
            if self.number >= expected:
                self._record(record)
        if suspect:
            self.add("chain", record=suspect[0] - 1, since=suspect[1])
        self._end()
        return self

    def _record(self, record: dict[str, Any]) -> None:
        for who in [who for who, sha256 in self.quoted.pop(self.number, ()) if sha256 != self.own]:
            self.add("head", who)
        self.id, self.begun = self.id or self.own, self.begun or self.at
        if record["format"] != FORMAT:
            self.add("newer", record["format"], FORMAT)
        elif self._is_shaped(record["kind"], record["content"]):
            try:
                getattr(self, "_" + record["kind"].replace("-", "_"), lambda _: None)(record["content"])
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self.add("no-record", "%s: %r" % (record["kind"], error))

    def _is_shaped(self, kind: str, content: Any, record: int | None = None) -> bool:
        shape = (kind, *content, *map(type, content.values())) if type(content) is dict else None
        if shape not in self.shapes:
            fields = FIELDS.get(kind, {})
            wrong = sorted(set(fields) ^ set(content)) if shape and fields else [kind]
            wrong = wrong or [name for name, value in content.items() if type(value) not in fields[name]]
            if wrong:
                self.add("no-record", ", ".join(wrong), record=record)
                return False
            self.shapes.add(shape)
        return True

    def _sum(self, name: str, written: float, follows: float) -> None:
        if not abs(written - follows) <= ROUNDING * min(abs(written), abs(follows)) + 1e-15:  # Infinity is within nothing.
            self.add("sum", name, "%.12g" % written, "%.12g" % follows)

    def _machine(self, content: dict[str, Any]) -> None:
        if _sha256(content["text"]) != content["machine_sha256"]:
            self.add("unknown", "machine " + content["machine_sha256"])
        self.machines[content["machine_sha256"]] = json.loads(content["text"])["declared"]
        self.machine_ids.add(content["machine_id"])

    def _goals(self, content: dict[str, Any]) -> None:
        if _sha256(content["text"]) != content["goals_sha256"]:
            self.add("unknown", "goals " + content["goals_sha256"])
        self.goals.add(content["goals_sha256"])

    def _campaign_opened(self, content: dict[str, Any]) -> None:
        for what, known in (("machine", self.machines), ("goals", self.goals)):
            if content[what + "_sha256"] not in known:
                self.add("unknown", what + " " + content[what + "_sha256"])
        self.campaigns += 1
        ids = {**{run["name"]: run["mlflow_run"] for run in content["runs"]}, None: content["mlflow_run"]}  # None: of no run.
        self.open[content["campaign"]] = SimpleNamespace(
            number=self.number, at=self.at, content=content, ids=ids, energy_wh=dict.fromkeys(ids, 0.0),
            records={name: [] for name in ids}, ended={}, carbon_g=0.0, duration_s=0.0)  # fmt: skip
        data, code = content["data"], content["code"]
        used = [("data", data["source"], data["sha256"]), ("data", data["test_source"], data["test_sha256"])]
        for kind, source, sha256 in [*used, ("goals", content["task"], content["goals_sha256"]), ("code", "git", code["commit"])]:
            if source is not None and sha256 is not None:
                times = self.used.setdefault((kind, source), {}).setdefault(sha256, [0, 0])[1] + 1
                self.used[kind, source][sha256] = [self.number, times, content["campaign"], self.at]

    def _reading(self, content: dict[str, Any]) -> None:
        window, written, carbon_g = content["reading"], content["energy_wh"], content["carbon_g"]
        if not self._is_shaped("window", window) or not all(self._is_shaped("component", part) for part in window["components"]):
            return
        for part in window["components"]:
            if not 0 <= part["low_wh"] <= part["energy_wh"] <= part["high_wh"]:
                self.add("sum", part["name"], part["energy_wh"], "%s to %s" % (part["low_wh"], part["high_wh"]))
        for name in ("energy_wh", "low_wh", "high_wh"):
            self._sum(name, content[name], sum(part[name] for part in window["components"]))
        self._sum("carbon_g", carbon_g, written * content["pue"] * content["g_per_kwh"] / 1000)
        if content["machine_sha256"] not in self.machines:
            self.add("unknown", "machine " + content["machine_sha256"])
        if content["samples_sha256"] is not None and self.has_samples:
            self._samples(content["campaign"] or "self-test", content["samples_sha256"], window)
        self.readings, self.energy_wh, self.carbon_g = self.readings + 1, self.energy_wh + written, self.carbon_g + carbon_g
        campaign = self._campaign(content) if content["campaign"] is not None else None
        if campaign:
            campaign.energy_wh[content["run"]] += written
            campaign.records[content["run"]].append([self.number, self.own])
            campaign.carbon_g, campaign.duration_s = campaign.carbon_g + carbon_g, campaign.duration_s + window["duration_s"]

    def _campaign(self, content: dict[str, Any]) -> Any:
        """The campaign that a record belongs to: opened before, not closed, and with a run of this name."""
        campaign = self.open.get(content["campaign"])
        if campaign and campaign.ids.get(content.get("run")) == content["mlflow_run"]:
            return campaign
        self.add("unknown", "campaign %s, %s" % (content["campaign"], content.get("run")))
        return None

    def _samples(self, name: str, sha256: str, window: dict[str, Any]) -> None:
        if self.samples[0] != name:
            lines = (self.evidence.read("samples/" + name + ".jsonl") or b"").splitlines()
            self.samples = (name, {hashlib.sha256(line).hexdigest(): line for line in lines})
        if sha256 not in self.samples[1]:
            self.add("samples", "missing or altered")
            return
        times, duration_s = [row[0] for row in json.loads(self.samples[1][sha256])["samples"]], window["duration_s"]
        gap_s = max(after - before for before, after in zip([0.0, *times], [*times, duration_s]))
        if times != sorted(times) or duration_s - times[-1] > STOPPING_S or abs(gap_s - window["longest_gap_s"]) > 1e-6:
            self.add("samples", "%.3f / %.3f s, %.3f / %.3f s" % (times[-1], duration_s, gap_s, window["longest_gap_s"]))

    def _run_ended(self, content: dict[str, Any]) -> None:
        campaign, run = self._campaign(content), content["run"]
        if campaign and campaign.number > self.lost:
            self._sum("energy_wh", content["energy_wh"], campaign.energy_wh[run])
            self._sum("readings", content["readings"], len(campaign.records[run]))
        if campaign:
            campaign.ended[run] = (self.number, self.at, self.own, content)

    def _campaign_closed(self, content: dict[str, Any]) -> None:
        campaign = self._campaign(content) and self.open.pop(content["campaign"])
        if not campaign:
            return
        declared, tracking = self.machines.get(campaign.content["machine_sha256"]), campaign.content["tracking"]
        if campaign.number > self.lost and declared:
            years = campaign.duration_s / SECONDS_PER_YEAR / declared["lifetime_years"]["value"]
            sums = {"energy_wh": sum(campaign.energy_wh.values()), "carbon_g": campaign.carbon_g, "duration_s": campaign.duration_s,
                    "embodied_g": declared["embodied_kg_co2e"]["value"] * 1000 * years, "runs": len(campaign.ended),
                    "readings": sum(map(len, campaign.records.values()))}  # fmt: skip
            for name, follows in sums.items():
                self._sum(name, content[name], follows)
        campaign.ended[""] = (self.number, self.at, self.own, content)
        if self.has_runs and self.evidence.present("tracking", "") not in (tracking, False):
            self.add("elsewhere~", len(campaign.ids), "%s, %s" % (content["campaign"], tracking or "PREUVE_HOME"))
            self.seen.update(campaign.ids.values())
        for name in sorted(campaign.ended) if self.has_runs and content["mlflow_run"] not in self.seen else ():
            self._run(campaign.content, name, campaign.records[name or None], *campaign.ended[name])

    def _run(self, opened: Any, name: str, records: Any, number: int, at: str, own: str, content: dict[str, Any]) -> None:
        """A run in MLflow against its record."""
        self.seen.add(content["mlflow_run"])
        run = self.evidence.run(content["mlflow_run"])
        if run is None or run["lifecycle_stage"] == "deleted":
            self.add("missing", content["mlflow_run"], "deleted" if run else "gone", record=number, since=at)
            return
        tags = {**content["tags"], "status": content["status"], "ledger_head": "%d:%s" % (number, own)}
        files = {**run["hashes"], **{key: _sha256(text) for key, text in run["files"].items() if key != "ledger.json"}}
        for kind, found, known in (
            ("", {"status": run["status"], "name": run["name"]},
             {"status": MLFLOW_STATUS[content["status"]], "name": name or opened["campaign"]}),
            ("", {"records": (_parsed(run["files"].get("ledger.json", "")) or {}).get("records")}, {"records": records}),
            ("tag ", {key: run["tags"].get(key) for key in tags}, tags), ("file ", files, content["files"]),
            ("parameter ", run["params"], content["params"]), ("metric ", run["metrics"], content["metrics"]),
            ("latest ", run["latest"], {key: rows[-1][1] for key, rows in content["metrics"].items()})):  # fmt: skip
            for key in sorted(key for key in {**found, **known} if found.get(key) != known.get(key)):
                both = [each if isinstance(each, str) else json.dumps(each) for each in (found.get(key), known.get(key))]
                # As text, from where they begin to differ, short enough for a line.
                start = max(0, next((place for place, (one, other) in enumerate(zip(*both)) if one != other), 0) - 20)
                short = [text[start : start + 80] for text in both]
                self.add("edited", content["mlflow_run"], kind + key, *short, record=number, since=at)

    def _recomputation(self, content: dict[str, Any]) -> None:
        self._sum("energy_wh", content["energy_wh"], self.energy_wh)
        self._sum("carbon_before_g", content["carbon_before_g"], self.carbon_g)
        self._sum("carbon_g", content["carbon_g"], content["carbon_before_g"] + content["by_factor_g"] + content["by_pue_g"])
        per_kwh = content["pue"]["value"] * content["factor"]["g_per_kwh"]
        self._sum("carbon_g", content["carbon_g"], content["energy_wh"] / 1000 * per_kwh)

    def _imported(self, content: dict[str, Any]) -> None:
        self.imported_wh += content["energy_wh"]
        self._sum("carbon_g", content["carbon_g"], content["energy_wh"] * content["g_per_kwh"] / 1000)
        self._sum("energy_wh", content["energy_wh"], sum((content["components"] or {"": content["energy_wh"]}).values()))

    def _mended(self, content: dict[str, Any]) -> None:
        for number, _ in HEAD.findall(content["missing_head"] or ""):
            self.add("head", "record %d" % self.number, record=int(number))
        if content["removed_bytes"]:
            self.add("torn~")

    def _end(self) -> None:
        """What can only be told when all records are known."""
        if self.has_runs:
            self._look_for_unrecorded_runs()
        for name, campaign in sorted(self.open.items()):
            self.add("open~", name, record=campaign.number, since=campaign.at)
        for number, who in sorted((number, who) for number, each in self.quoted.items() for who, _ in each if number > self.number):
            self.add("head", who, record=number)
        for (kind, source), hashes in sorted(self.used.items()):
            now = self.evidence.present(kind, source)
            old = sorted(entry for sha256, entry in hashes.items() if now is not False and sha256 != now)
            if old:
                self.add("changed~", kind, source, old[-1][2], sum(each[1] for each in old), record=old[-1][0], since=old[-1][3])
        for what in [name for name, there in (("power samples", self.has_samples), ("MLflow runs", self.has_runs)) if not there]:
            self.add("absent~", what)

    def _look_for_unrecorded_runs(self) -> None:
        alone = self.evidence.present("tracking", "") == ""  # Nobody else's ledger is in the home's own database.
        others, under_way = 0, {run_id for campaign in self.open.values() for run_id in campaign.ids.values()}
        for run in filter(None, map(self.evidence.run, sorted(self.evidence.run_ids() - self.seen))):
            tags = run["tags"]
            ours = tags.get("machine") in self.machine_ids and run["started"] >= self.begun and run["metrics"]
            if run["run_id"] in under_way:
                # MLflow may have been told of an end that is not here any more.
                for number, sha256 in HEAD.findall(tags.get("ledger_head", "")):
                    self.quoted.setdefault(int(number), []).append(("MLflow " + run["run_id"], sha256))
            elif tags.get("ledger", "") == self.id or (alone if "ledger" in tags else ours):
                self.add("no-readings", run["run_id"], since=run["started"])
            else:
                others += 1
        if others:
            self.add("elsewhere~", others, "other ledgers', or older")

    def as_dict(self, words: dict[str, Any], language: str) -> dict[str, Any]:
        """For `--json`; `words` are those of words.json."""
        told: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
        for code, record, since, found in self.found:
            details = [words["details"].get(detail, detail) if words and language == "fr" else detail for detail in found]
            known = words["findings"][code.rstrip("~")][language] if words else {"what": code, "means": ", ".join(details)}
            texts = {key: text.format(record, *details) if words else text for key, text in known.items()}
            told["~" in code].append({"code": code.rstrip("~"), "record": record, "since": since, **texts})
        return {"ledger_head": "%d:%s" % (self.number, self.own), "records": self.number, "campaigns": self.campaigns,
                "readings": self.readings, "energy_wh": self.energy_wh, "carbon_g": self.carbon_g, "imported_wh": self.imported_wh,
                "findings": told[False], "notices": told[True]}  # fmt: skip

    def report(self, words: dict[str, Any], language: str) -> str:
        """The same, a line each."""
        told, known = self.as_dict(words, language), words["report"][language]
        energy = ("%.6g" % told["energy_wh"]).replace(".", "," if language == "fr" else ".")
        lines = [known[kind].format(**each) for kind in ("notices", "findings") for each in told[kind]]
        return "\n".join([known["first"].format(energy=energy, **told), *lines, known["last"].format(len(told["findings"]))])


def _parsed(text: str) -> Any:
    """JSON, in which infinity and its like have no place; None for what is none."""
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def quoted_heads(path: Path) -> list[tuple[str, int, str]]:
    """The heads that a report or an export quotes, whatever its format."""
    text = path.read_bytes().decode("utf-8", "replace")
    return sorted({(path.name, int(number), sha256) for number, sha256 in HEAD.findall(text)})


def main() -> int:
    """As the command line asks; 1 where something does not hold."""
    here, locale = Path(__file__).resolve().parent, os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    parser = argparse.ArgumentParser(description="Checks a carbon ledger of preuve.")
    parser.add_argument("place", nargs="?", type=Path, default=here, help="folder, zip or ledger")
    parser.add_argument("--against", action="append", default=[], type=Path, metavar="FILE", help="report that quotes a head")
    parser.add_argument("--lang", choices=("en", "fr"), default="fr" if locale.startswith("fr") else "en")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    evidence, beside = Evidence(chosen.place), here / "words.json"
    words = json.loads(beside.read_bytes() if beside.exists() else evidence.read("words.json") or b"{}")
    checker = Checker(evidence, [head for path in chosen.against for head in quoted_heads(path)]).check()
    told = checker.as_dict(words, chosen.lang)
    print(json.dumps(told, ensure_ascii=False, indent=2) if chosen.json or not words else checker.report(words, chosen.lang))
    return 1 if told["findings"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        sys.exit("cannot be read: %s" % error)
