"""The journal: what it was given comes back, whatever ended the writing; a disk that takes no more is told."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.energy.journal import Entry, Journal, journal_folder, read_journal
from evaluation.exceptions import RecordError
from tests.machines import PROJECT

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"what": st.text(max_size=10)}, optional={"run": VALUES, "values": VALUES, "été": VALUES}), max_size=6
)
# Each example writes a file of its own into the same folder.
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)

WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from evaluation.energy.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in itertools.count():
    journal.write("sample", number=number, filling="x" * 500)
    print(number, flush=True)
"""


def write_all(path: Path, entries: list[Entry]) -> None:
    path.unlink(missing_ok=True)
    journal = Journal(path)
    for entry in entries:
        journal.write(entry["what"], **{name: value for name, value in entry.items() if name != "what"})
    journal.close()


@given(ENTRIES)
@in_one_folder
def test_entries_come_back_in_order_as_they_were_given(tmp_path: Path, entries: list[Entry]) -> None:
    write_all(tmp_path / "journal", entries)
    assert list(read_journal(tmp_path / "journal")) == entries


@given(ENTRIES, st.floats(0, 1))
@in_one_folder
def test_a_file_cut_anywhere_has_the_entries_before_the_cut(tmp_path: Path, entries: list[Entry], share: float) -> None:
    path = tmp_path / "journal"
    write_all(path, entries)
    kept = path.read_bytes()[: round(share * path.stat().st_size)]
    path.write_bytes(kept)
    assert list(read_journal(path)) == entries[: kept.count(b"\n")]


def test_a_torn_last_line_is_left_out_even_where_it_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    # The number may have been longer.
    path.write_bytes(b'{"what":"a"}\n17')
    assert list(read_journal(path)) == [{"what": "a"}]


@pytest.mark.parametrize("torn", [b'{"what":"sam', b'{"what":"\xff\xfe"}', b'{"what":"Lumi\xc3', b""])
def test_a_torn_line_in_the_middle_is_skipped(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"what":"a"}\n' + torn + b'\n{"what":"b"}\n')
    assert list(read_journal(path)) == [{"what": "a"}, {"what": "b"}]


def test_its_folder_is_made_in_the_home(home: Path) -> None:
    Journal(journal_folder() / "20261123-190559-3f2a.jsonl").close()
    assert (home / "carbon/journals/20261123-190559-3f2a.jsonl").is_file()


def test_a_journal_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    for what in ("first", "second"):
        journal = Journal(tmp_path / "journal")
        journal.write(what)
        journal.close()
    assert [entry["what"] for entry in read_journal(tmp_path / "journal")] == ["first", "second"]


def test_each_entry_is_one_write_and_is_on_the_disk_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(os, "fdatasync", lambda _: calls.append("synchronized"))
    journal = Journal(tmp_path / "journal")
    write = os.write

    def recorded(descriptor: int, data: bytes) -> int:
        calls.append(data.decode())
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", recorded)
    journal.write("a", number=1)
    journal.write("b", number=2)
    journal.close()
    assert calls == ['{"what":"a","number":1}\n', "synchronized", '{"what":"b","number":2}\n', "synchronized"]


def test_entries_of_two_threads_do_not_mix(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")

    def write(thread: int) -> None:
        for number in range(50):
            journal.write("sample", thread=thread, number=number, filling="x" * 300)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    journal.close()
    entries = list(read_journal(tmp_path / "journal"))
    for thread in range(2):
        assert [entry["number"] for entry in entries if entry["thread"] == thread] == list(range(50))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError) as caught:
        Journal(tmp_path / "file" / "journal")
    assert caught.value.where == str(tmp_path / "file" / "journal")


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="Is a directory"):
        Journal(tmp_path)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.symlink_to("/dev/full")
    journal = Journal(path)
    with pytest.raises(RecordError, match="No space left on device") as caught:
        journal.write("campaign")
    assert caught.value.where == str(path)
    journal.close()


@contextmanager
def files_no_longer_than(most: int) -> Iterator[None]:
    """Like a disk with so much room: what does not fit in is cut off without an error, as the kernel does it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_half_a_line_is_told_and_what_comes_later_is_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.write("a")
    with files_no_longer_than(20), pytest.raises(RecordError):
        journal.write("b", filling="x" * 100)
    assert (tmp_path / "journal").stat().st_size == 20
    journal.write("c")
    journal.close()
    assert [entry["what"] for entry in read_journal(tmp_path / "journal")] == ["a", "c"]


def test_a_killed_writer_loses_no_entry_that_it_reported(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as process:
        assert process.stdout
        reported = [int(process.stdout.readline()) for _ in range(20)]
        process.kill()
        reported += [int(line) for line in process.stdout if line.endswith("\n")]
    numbers = [entry["number"] for entry in read_journal(path)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= len(reported) == reported[-1] + 1


def test_an_entry_is_a_line_of_json_that_anybody_can_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.write("run", name="réverbère\nneuf")
    journal.close()
    (line,) = (tmp_path / "journal").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {"what": "run", "name": "réverbère\nneuf"}
