"""The ledger: one form for each record, one chain for all of them, whoever appends, whatever ends it, and on any disk."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.exceptions import RecordError
from evaluation.records.ledger import NOTHING, Entry, Head, Ledger, canonical, find_last, ledger_path, plain
from tests.ledgers import edit, lines_of, sealed, write_lines
from tests.machines import PROJECT

# Where the writing of numbers changes: subnormal ones, whole ones with and without a point, the first with an exponent.
TURNS = [5e-324, 2.2250738585072014e-308, 1e-7, 9.999999999999997e-7, 1e-6, 1e-5, 1e-4, 0.1, 2.0**53, 1.7976931348623157e308]
TURNS += [float(f"{digits}e{power}") for power in range(15, 24) for digits in ("1", "9.5", "9.999999999999999")]
NUMBERS = (
    st.floats()
    | st.sampled_from([*TURNS, *(-number for number in TURNS), -0.0])
    | st.floats(-1e23, 1e23).map(round).map(float)
    | st.integers(-(2**53) - 2, 2**53 + 2)
    | st.integers(min_value=10**15)
    | st.just(10**400)
)
# Half characters, control characters, and signs whose order differs by 16-bit units and by code points.
TEXTS = st.text(st.characters() | st.sampled_from('\x00\x1f\x7f\u2028\ud83d\ude00\ufb33\uffff😀𐀀"\\/\b'), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=12,
)
CONTENTS = st.dictionaries(TEXTS, VALUES, max_size=4)
# Each example appends to one file.
on_one_ledger = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "carbon" / "ledger.jsonl"


def note(text: str) -> Entry:
    return Entry("note", {"about": None, "text": text})


def whole(path: Path) -> list[dict[str, Any]]:
    """The records of a ledger in which every line is canonical, has its own hash and follows the one before."""
    *lines, behind = path.read_bytes().split(b"\n")
    assert behind == b""
    records: list[dict[str, Any]] = []
    previous = NOTHING
    for number, line in enumerate(lines, start=1):
        # All numbers of JSON are of one kind, to RFC 8785.
        record = json.loads(line, parse_int=float)
        assert rfc8785.dumps(record) == line
        assert list(record) == sorted(record)
        own = record.pop("sha256")
        assert hashlib.sha256(rfc8785.dumps(record)).hexdigest() == own
        assert (record["number"], record["previous"]) == (number, previous)
        previous = own
        records.append(json.loads(line))
    return records


def texts(path: Path) -> list[str]:
    """Of the notes in a whole ledger."""
    return [record["content"]["text"] for record in whole(path) if record["kind"] == "note"]


def mended(path: Path) -> list[dict[str, Any]]:
    return [record["content"] for record in whole(path) if record["kind"] == "mended"]


def head_file(path: Path) -> Path:
    return path.with_name("ledger.head")


# The form of a record.


@given(VALUES)
@settings(max_examples=1000, deadline=None)
def test_the_form_is_rfc_8785s_and_reads_back_equal(value: Any) -> None:
    value = plain(value)
    written = canonical(value)
    assert written == rfc8785.dumps(value)
    assert json.loads(written, parse_int=float) == value


# RFC 8785, appendix B: a number's bits, and how it is written.
@pytest.mark.parametrize(
    ("bits", "written"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_in_the_rfcs_own_examples(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(plain(number)).decode() == written
    assert canonical(plain({"wh": [number, number]})).decode() == f'{{"wh":[{written},{written}]}}'


def test_names_are_ordered_as_in_the_rfcs_own_example() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(names)))) == ordered


def test_what_json_has_no_word_for_is_text() -> None:
    given = {"a": float("nan"), "b": float("inf"), "c": -float("inf"), "d": 2**53, "e": -(2**60), "f": "\ud83d", "g": 2**53 - 1}
    told = {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": "9007199254740992", "e": "-1152921504606846976", "f": "\\ud83d"}
    assert plain(given) == told | {"g": 2**53 - 1}


# The chain.


@given(st.lists(CONTENTS, min_size=1, max_size=4))
@on_one_ledger
def test_whatever_is_appended_each_line_is_canonical_and_follows_the_one_before(path: Path, contents: list[dict[str, Any]]) -> None:
    entries = [Entry("note", plain(content)) for content in contents]
    heads = Ledger(path).append(*entries)
    last = whole(path)[-len(entries) :]
    assert [str(Head(record["number"], record["sha256"])) for record in last] == [str(head) for head in heads]
    read = [json.loads(line, parse_int=float)["content"] for line in lines_of(path)[-len(entries) :]]
    assert read == [entry.content for entry in entries]


def test_records_say_when_and_of_which_format_and_kind(path: Path) -> None:
    Ledger(path).append(note("a"), Entry("machine", {"text": "é"}))
    first, second = whole(path)
    assert [(each["number"], each["kind"], each["format"]) for each in (first, second)] == [(1, "note", 1), (2, "machine", 1)]
    assert first["at"] == second["at"]
    assert first["at"].endswith("+00:00")
    assert second["content"] == {"text": "é"}


def test_it_is_in_the_home_with_its_head_beside(home: Path) -> None:
    (head,) = Ledger().append(note("a"))
    assert ledger_path() == home / "carbon" / "ledger.jsonl"
    assert texts(ledger_path()) == ["a"]
    assert Head.parse(head_file(ledger_path()).read_text()) == head


def test_records_appended_together_are_one_write_and_on_the_disk_before_the_head(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(path)
    ledger.append(note("a"))
    calls: list[object] = []
    write, fsync = os.write, os.fsync

    def written(descriptor: int, data: bytes) -> int:
        calls.append(data.count(b"\n"))
        return write(descriptor, data)

    def synchronized(descriptor: int) -> None:
        fsync(descriptor)
        calls.append(str(Head.parse(head_file(path).read_text())).partition(":")[0])

    monkeypatch.setattr(os, "write", written)
    monkeypatch.setattr(os, "fsync", synchronized)
    ledger.append(note("b"), note("c"))
    assert calls == [2, "1"]


# Several processes, and what ends them.

APPEND = """
import sys
from pathlib import Path
from evaluation.records.ledger import Entry, Ledger
ledger = Ledger(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    (head,) = ledger.append(Entry("note", {"about": None, "text": f"{sys.argv[2]} {number}"}))
    print(head, flush=True)
"""


@contextmanager
def appending(path: Path, who: str, records: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that appends notes when it is told to, and prints what each is known by."""
    command = [sys.executable, "-c", APPEND, str(path), who, str(records)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def begin(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


def test_four_processes_append_at_once_and_every_record_is_in_one_chain(path: Path) -> None:
    with ExitStack() as together:
        processes = [together.enter_context(appending(path, who, 200)) for who in "abcd"]
        begin(*processes)
        reported = [process.communicate()[0].split() for process in processes]
    records = whole(path)
    in_file = [(record["content"]["text"].split(), f"{record['number']}:{record['sha256']}") for record in records]
    assert len(records) == 800
    for who, heads in zip("abcd", reported, strict=True):
        own = [(int(text[1]), head) for text, head in in_file if text[0] == who]
        assert own == list(enumerate(heads))
    assert Head.parse(head_file(path).read_text()) == Ledger(path).head


@pytest.mark.parametrize("records", [1, 5, 60])
def test_a_killed_process_loses_no_record_that_it_was_told_of(path: Path, records: int) -> None:
    with appending(path, "killed", 10**6) as process:
        begin(process)
        assert process.stdout
        told = [process.stdout.readline().strip() for _ in range(records)]
        process.kill()
        told += [line.strip() for line in process.stdout if line.endswith("\n")]
    Ledger(path).append(note("later"))
    there = [f"{record['number']}:{record['sha256']}" for record in whole(path)]
    assert there[: len(told)] == told
    assert texts(path)[-1] == "later"


FORKED = """
import os, sys, time
from pathlib import Path
from evaluation.records.ledger import Entry, Ledger
ledger = Ledger(Path(sys.argv[1]))
ledger.append(Entry("note", {"about": None, "text": "parent"}))
with ledger._locked():
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
        os._exit(0)
    sys.stdin.read()
"""


def test_a_child_that_outlives_a_killed_process_does_not_hold_the_ledger(path: Path) -> None:
    command = [sys.executable, "-c", FORKED, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        try:
            process.kill()
            process.wait()
            os.kill(child, 0)
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.kill(child, signal.SIGKILL)


FORKED_AND_APPENDING = """
import os, sys
from pathlib import Path
from evaluation.records.ledger import Entry, Ledger
ledger = Ledger(Path(sys.argv[1]))
append = lambda text: ledger.append(Entry("note", {"about": None, "text": text}))
append("parent")
if os.fork() == 0:
    # It gets the number that the ledger had in the parent.
    other = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT)
    append("child")
    os.write(other, b"still open")
    os._exit(0)
os.wait()
append("parent again")
"""


def test_a_forked_child_opens_it_anew(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKED_AND_APPENDING, str(path), str(tmp_path / "other")]
    subprocess.run(command, cwd=PROJECT, check=True)
    assert texts(path) == ["parent", "child", "parent again"]
    assert (tmp_path / "other").read_bytes() == b"still open"


# Disks.


@contextmanager
def files_no_longer_than(most: int) -> Iterator[None]:
    """Like a disk with so much room: what does not fit in is cut off without an error, as the kernel does it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_half_a_record_is_told_and_keeps_none_of_it(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(note("a"))
    before = path.read_bytes()
    with files_no_longer_than(len(before) + 100), pytest.raises(RecordError, match="File too large") as caught:
        ledger.append(note("b"), note("c"))
    assert (caught.value.where, path.read_bytes()) == (str(path), before)
    ledger.append(note("d"))
    assert texts(path) == ["a", "d"]
    assert mended(path) == []


def on_a_disk(folder: Path, mount: str, script: str) -> str:
    """What a script printed in a namespace of its own, where something is mounted over a folder; skips where nobody may do that.

    The disk is gone afterwards: the script puts what is to be looked at into `folder / "seen"`.
    """
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    try:
        subprocess.run([*alone, mount, "sh", str(disk)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    script = f"import os, shutil\nfrom pathlib import Path\nfrom tests.evaluation.records.test_ledger import *\n{script}"
    command = [*alone, f'{mount}; exec "$2" -c "$3" "$1" "$4"', "sh", str(disk), sys.executable, script, str(folder / "seen")]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


SMALL = 'mount -t tmpfs -o size=64k none "$1"'

FILL_UP = """
path = Path(sys.argv[1]) / "ledger.jsonl"
ledger, filling = Ledger(path), path.with_name("filling")
filling.write_bytes(bytes(20_000))
try:
    for number in range(1000):
        ledger.append(note(f"{number} {'x' * 500}"), note("and"))
except RecordError as error:
    print(error.found, error.where == str(path), sep=chr(10))
assert len(whole(path)) == 2 * number
try:
    Ledger(path).append(note("x" * 500), note("in another process"))
except RecordError as error:
    print(error.found)
assert len(whole(path)) == 2 * number
filling.unlink()
ledger.append(note("later"))
Ledger(path).append(note("x" * 500), note("in another process"))
shutil.copy(path, sys.argv[2])
"""


def test_a_full_disk_is_told_and_the_chain_goes_on_when_there_is_room(tmp_path: Path) -> None:
    told = on_a_disk(tmp_path, SMALL, FILL_UP).splitlines()
    assert told == ["No space left on device", "True", "No space left on device"]
    notes = texts(tmp_path / "seen")
    assert notes[-4:] == ["and", "later", "x" * 500, "in another process"]
    assert mended(tmp_path / "seen") == []


LITTLE_ROOM = """
path = Path(sys.argv[1]) / "ledger.jsonl"
ledger, filling = Ledger(path), path.with_name("filling")
room = os.statvfs(sys.argv[1])
filling.write_bytes(bytes(room.f_bsize * (room.f_bavail - 1)))
ledger.append(note("a"))
assert not Path(sys.argv[1], "ledger.head").read_bytes()
filling.unlink()
ledger.append(note("b"))
# By whoever restores a backup, or empties it.
os.truncate(path.with_name("ledger.head"), 0)
ledger.append(note("c"))
print(Path(sys.argv[1], "ledger.head").read_text().partition(":")[0])
shutil.copy(path, sys.argv[2])
"""


def test_a_disk_without_room_for_the_head_does_not_end_the_process(tmp_path: Path) -> None:
    assert on_a_disk(tmp_path, SMALL, LITTLE_ROOM) == "3\n"
    assert texts(tmp_path / "seen") == ["a", "b", "c"]


def test_a_full_disk_is_told_where_only_the_end_of_a_line_is_to_be_written(path: Path) -> None:
    Ledger(path).append(note("a"))
    cut = path.read_bytes()[:-1]
    path.write_bytes(cut)
    with files_no_longer_than(len(cut)), pytest.raises(RecordError) as caught:
        Ledger(path).append(note("b"))
    assert (caught.value.where, path.read_bytes()) == (str(path), cut)
    Ledger(path).append(note("b"))
    assert texts(path) == ["a", "b"]


AS_IT_IS = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"'

READ_ONLY = """
path = Path(sys.argv[1]) / "ledger.jsonl"
try:
    Ledger(path).append(note("b"))
except RecordError as error:
    print(error.found, error.where == str(path), bool(error.expected and error.remedy), sep=chr(10))
print(Ledger(path).head.number, [each["content"]["text"] for each in Ledger(path).of_kind("note")], sep=chr(10))
"""


def test_a_read_only_disk_is_told_and_can_be_read(tmp_path: Path) -> None:
    Ledger(tmp_path / "disk" / "ledger.jsonl").append(note("a"))
    told = on_a_disk(tmp_path, AS_IT_IS, READ_ONLY).splitlines()
    assert told == ["Read-only file system", "True", "True", "1", "['a']"]


def test_a_ledger_that_must_not_be_written_to_is_told_and_can_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger(path).append(note("a"))
    before = path.read_bytes()

    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(RecordError, match="Permission denied") as caught:
        Ledger(path).append(note("b"))
    error = caught.value
    assert error.where == str(path)
    assert "can be appended to" in error.expected
    assert "writable" in error.remedy
    assert [record["content"]["text"] for record in Ledger(path).of_kind("note")] == ["a"]
    assert path.read_bytes() == before


def test_a_head_that_cannot_be_written_does_not_keep_records_out(path: Path) -> None:
    path.parent.mkdir()
    head_file(path).mkdir()
    ledger = Ledger(path)
    ledger.append(note("a"))
    ledger.append(note("b"))
    assert texts(path) == ["a", "b"]


LOOKS: list[Callable[[Ledger], object]] = [
    lambda ledger: ledger.head,
    lambda ledger: ledger.id,
    lambda ledger: list(ledger.records()),
    lambda ledger: list(ledger.of_kind("note")),
    lambda ledger: ledger.append(note("a")),
]


@pytest.mark.parametrize("act", LOOKS)
def test_a_folder_in_its_place_is_told(path: Path, act: Callable[[Ledger], object]) -> None:
    path.mkdir(parents=True)
    with pytest.raises(RecordError, match="Is a directory") as caught:
        act(Ledger(path))
    assert caught.value.where == str(path)


def test_a_file_in_place_of_its_folder_is_told(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(note("a"))
    path.parent.rename(path.parent.with_name("moved"))
    path.parent.write_text("")
    with pytest.raises(RecordError) as caught:
        ledger.append(note("b"))
    assert caught.value.where == str(path)


def test_a_disk_that_knows_no_locks_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("evaluation.records.ledger.fcntl.flock", unknown)
    with pytest.raises(RecordError, match="No locks available"):
        Ledger(path).append(note("a"))


# Other versions, and last lines that are no records.


def test_a_newer_versions_ledger_is_refused_and_left_as_it_is(path: Path) -> None:
    Ledger(path).append(note("a"), note("b"))
    first, second = lines_of(path)
    write_lines(path, [first, sealed(json.loads(second) | {"format": 2, "new": 1})])
    before = path.read_bytes()
    with pytest.raises(RecordError) as caught:
        Ledger(path).append(note("c"))
    error = caught.value
    assert error.found == "record 2 of format 2: a newer version of preuve wrote it"
    assert (error.expected, error.where) == ("a ledger of format 1", str(path))
    assert "PREUVE_HOME" in error.remedy
    with pytest.raises(RecordError, match="a newer version"):
        Ledger(path).head  # noqa: B018  # it is looked up
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "last", [b"", b"17", b"{}", b"[]", b"\xff", b'{"number":"x"}', b"[" * 100_000, b'{"format":1,"number":1e999,"sha256":""}']
)
def test_a_last_line_that_is_no_record_is_refused_and_left_as_it_is(path: Path, last: bytes) -> None:
    Ledger(path).append(note("a"))
    before = path.read_bytes() + last + b"\n"
    path.write_bytes(before)
    with pytest.raises(RecordError) as caught:
        Ledger(path).append(note("b"))
    assert caught.value.where == str(path)
    assert "preuve audit verify" in caught.value.remedy
    assert path.read_bytes() == before


# What a crash, or somebody, took away.


@pytest.mark.parametrize("told", [False, True], ids=["nobody was told of it", "its head is beside"])
@pytest.mark.parametrize("before", [0, 2])
def test_a_last_line_cut_off_anywhere_is_mended(path: Path, before: int, told: bool) -> None:
    ledger = Ledger(path)
    earlier = [ledger.append(note(f"earlier {number}"))[0] for number in range(before)]
    kept = path.read_bytes() if before else b""
    head = ledger.append(note("dernière \U0001f600"))[0]
    line = path.read_bytes()[len(kept) :]
    for length in range(len(line)):
        path.write_bytes(kept + line[:length])
        head_file(path).write_text(f"{head if told else earlier[-1] if earlier else ''}\n")
        Ledger(path).append(note("later"))
        whole_record = length == len(line) - 1
        assert texts(path) == [f"earlier {number}" for number in range(before)] + ["dernière \U0001f600"] * whole_record + ["later"]
        expected = {
            "missing_head": str(head) if told else None,
            "removed_bytes": length,
            "removed_sha256": hashlib.sha256(line[:length]).hexdigest(),
        }
        assert mended(path) == ([] if whole_record or not (length or told) else [expected])


def test_a_process_that_goes_on_mends_what_another_left(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(note("a"))
    with path.open("ab") as file:
        file.write(b'{"at":')
    ledger.append(note("b"))
    assert texts(path) == ["a", "b"]
    assert [each["removed_bytes"] for each in mended(path)] == [6]


@pytest.mark.parametrize("altered", [False, True])
def test_a_line_that_only_looks_whole_is_no_record(path: Path, altered: bool) -> None:
    Ledger(path).append(note("a"), note("b"))
    first, second = lines_of(path)
    torn = second[:-10] + b"0" * 8 + b'"}' if altered else first
    path.write_bytes(first + b"\n" + torn)
    head_file(path).unlink()
    Ledger(path).append(note("c"))
    assert texts(path) == ["a", "c"]
    assert mended(path) == [{"missing_head": None, "removed_bytes": len(torn), "removed_sha256": hashlib.sha256(torn).hexdigest()}]


@pytest.mark.parametrize("left", range(3))
def test_last_records_that_were_taken_away_are_missed(path: Path, left: int) -> None:
    *_, last = Ledger(path).append(*map(note, "abc"))
    write_lines(path, lines_of(path)[:left])
    Ledger(path).append(note("later"))
    assert texts(path) == [*"abc"[:left], "later"]
    assert mended(path) == [{"missing_head": str(last), "removed_bytes": 0, "removed_sha256": hashlib.sha256().hexdigest()}]
    # Once.
    Ledger(path).append(note("still later"))
    assert len(mended(path)) == 1


def test_a_ledger_that_was_deleted_is_missed(path: Path) -> None:
    ledger = Ledger(path)
    *_, last = ledger.append(*map(note, "abc"))
    path.unlink()
    ledger.append(note("later"))
    assert [record["kind"] for record in whole(path)] == ["mended", "note"]
    assert mended(path)[0]["missing_head"] == str(last)


@pytest.mark.parametrize("more", [0, 1])
def test_a_last_record_that_another_took_the_place_of_is_missed(path: Path, more: int) -> None:
    *_, last = Ledger(path).append(*map(note, "abc"))
    edit(path, 3, lambda content: content.update(text="forged"))
    forged = lines_of(path)
    if more:
        record = json.loads(forged[-1])
        forged.append(sealed(record | {"number": 4, "previous": record["sha256"]}))
        write_lines(path, forged)
    Ledger(path).append(note("later"))
    assert [each["missing_head"] for each in mended(path)] == [str(last)]


@pytest.mark.parametrize("text", ["", "17", "x" * 96, "\0" * 96, "9:" + "a" * 63])
def test_a_head_beside_that_is_none_says_nothing(path: Path, text: str) -> None:
    Ledger(path).append(note("a"))
    head_file(path).write_text(text)
    Ledger(path).append(note("b"))
    assert [record["kind"] for record in whole(path)] == ["note", "note"]
    assert Head.parse(head_file(path).read_text()) == Ledger(path).head


def test_a_head_that_is_behind_says_nothing(path: Path) -> None:
    ledger = Ledger(path)
    (first,) = ledger.append(note("a"))
    ledger.append(note("b"))
    head_file(path).write_text(str(first))
    Ledger(path).append(note("c"))
    assert texts(path) == ["a", "b", "c"]
    assert mended(path) == []


def test_another_file_in_its_place_is_followed(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(note("a"))
    backup = Path(shutil.copy(path, path.with_name("backup")))
    *_, last = ledger.append(note("b"), note("c"))
    backup.replace(path)
    (head,) = ledger.append(note("d"))
    assert texts(path) == ["a", "d"]
    assert [each["missing_head"] for each in mended(path)] == [str(last)]
    assert Head.parse(head_file(path).read_text()) == head == ledger.head


def test_what_others_appended_is_gone_on_from(path: Path) -> None:
    one, other = Ledger(path), Ledger(path)
    for number in range(3):
        one.append(note(f"one {number}"))
        other.append(note(f"other {number}"), note("and"))
    assert len(texts(path)) == 9


def test_nothing_is_appended_where_the_ledger_has_gone_on_meanwhile(path: Path) -> None:
    ledger = Ledger(path)
    (head,) = ledger.append(note("a"))
    (next_head,) = Ledger(path).append(note("b"), only_after=head)
    assert ledger.append(note("c"), note("d"), only_after=head) == []
    assert ledger.append(only_after=next_head) == []
    assert texts(path) == ["a", "b"]
    assert len(ledger.append(note("c"), only_after=next_head)) == 1


# Looking things up.


@pytest.mark.parametrize("empty", [False, True])
def test_a_new_ledger_has_nothing(path: Path, empty: bool) -> None:
    if empty:
        path.parent.mkdir()
        path.touch()
    ledger = Ledger(path)
    assert (ledger.head, ledger.id, list(ledger.records()), list(ledger.of_kind("note"))) == (None, None, [], [])
    assert list(ledger.since("note", lambda _: True)) == []
    assert find_last(ledger, "note", lambda _: True) is None
    assert path.exists() == empty


def test_it_is_known_by_its_first_record_and_its_head_by_its_last(path: Path) -> None:
    first, *_, last = Ledger(path).append(*map(note, "abc"))
    assert (Ledger(path).id, Ledger(path).head) == (first.sha256, last)
    with path.open("ab") as file:
        file.write(b'{"at":"2026')
    assert (Ledger(path).id, Ledger(path).head) == (first.sha256, last)


def test_a_torn_first_line_is_no_first_record(path: Path) -> None:
    Ledger(path).append(note("a"))
    path.write_bytes(path.read_bytes()[:-20])
    assert (Ledger(path).id, Ledger(path).head) == (None, None)


def test_records_of_a_kind_come_latest_first_and_no_others(path: Path) -> None:
    inside = '"format":1,"kind":"note","number":7'
    entries = [
        note("first"),
        Entry("not", {"text": "a shorter kind"}),
        Entry("note-of-hand", {"text": "a longer kind"}),
        Entry("run", {"text": inside, "\n" + inside: inside, "params": {"format": 1, "kind": "note", "number": 1}}),
        note(inside),
        Entry("run", {"format": 1, "kind": "run", "number": 1}),
        note("last, \U0001f600"),
    ]
    Ledger(path).append(*entries)
    assert [record["number"] for record in Ledger(path).of_kind("note")] == [7, 5, 1]
    assert [record["content"]["text"] for record in Ledger(path).of_kind("note")] == ["last, \U0001f600", inside, "first"]
    assert [record["number"] for record in Ledger(path).of_kind("run")] == [6, 4]
    assert [record["number"] for record in Ledger(path).of_kind("not")] == [2]
    assert list(Ledger(path).of_kind("no")) == []


def test_the_latest_that_fits_is_found_and_all_that_follow(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(*map(note, "abab"), Entry("run", {}), note("c"))
    found = find_last(ledger, "note", lambda content: content["text"] == "a")
    assert found
    assert found["number"] == 3
    assert [record["number"] for record in ledger.since("note", lambda content: content["text"] == "a")] == [3, 4, 5, 6]
    assert [record["number"] for record in ledger.since("run", lambda _: True)] == [5, 6]
    assert [record["number"] for record in ledger.since("note", lambda content: content["text"] == "b")] == [4, 5, 6]
    assert list(ledger.since("note", lambda content: content["text"] == "z")) == []
    assert find_last(ledger, "note", lambda content: content["text"] == "z") is None


def test_lines_that_are_no_records_are_passed_over(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(*map(note, "abc"))
    first, second, third = lines_of(path)
    write_lines(path, [first, second[:-30], b"\xff", third])
    assert [record["number"] for record in ledger.records()] == [1, 3]
    assert [record["number"] for record in ledger.of_kind("note")] == [3, 1]
    assert [record["number"] for record in ledger.since("note", lambda content: content["text"] == "a")] == [1, 3]


@pytest.mark.parametrize("number", [1, 21, 10**9])
def test_a_head_reads_back(number: int) -> None:
    head = Head(number, hashlib.sha256(b"").hexdigest())
    assert Head.parse(f" {head}\n\0".rstrip("\0")) == head
    assert Head.parse(f"{head}0") is None
    assert Head.parse(f"head {head}") is None
