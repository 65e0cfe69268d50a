"""The ledger: one canonical JSON record a line, each with the hash of the one before, on the disk before anything rests on it.

A line is the RFC 8785 form of `{at, content, format, kind, number, previous, sha256}`. The names are chosen so that `sha256` comes
last: the record's own hash is that of the line's bytes without that member, and needs no JSON to be checked. What the records
hold is `entries`' work, and the check of it all `audit.verify`'s.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import mmap
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import rfc8785

from evaluation.exceptions import RecordError
from evaluation.home import carbon_folder
from evaluation.process import close, keep_from_children

# Raised when a record of an older program would be understood wrongly.
FORMAT = 1
MEMBERS = {"at", "content", "format", "kind", "number", "previous", "sha256"}
# What the first record follows.
NOTHING = "0" * 64
# What stands behind the hashed part of a line: ,"sha256":"<64 digits>"}
OWN_HASH_BYTES = 77
HEAD = re.compile(r"(\d+):([0-9a-f]{64})")
# Whole numbers beyond it are not the same to every reader of JSON (RFC 8785, 3.2.2.3).
LARGEST_INTEGER = 2**53 - 1
# Where RFC 8785 and Python's encoder differ in what `plain` leaves: small and large powers of ten, and a point before a last zero.
LIBRARYS_PART = re.compile(r"[0-9](?:e\+|e-0|\.0(?:[,}\]]|$))")
# Small numbers are frequent here, as energies of short windows: those that stand by a name are written anew. No text looks like
# that from inside: its quotation marks have a backslash before them.
SMALL_MEMBER = re.compile(r'(?<=[^\\]":)(-?)([0-9.]+)e-0([5-9])(?=[,}])')
LAST_16_BIT_SIGN = "\uffff"
# The head beside the ledger is padded to so many bytes.
HEAD_BYTES = 96

Content = dict[str, Any]


class Head(NamedTuple):
    """A record by its number, from 1, and its hash: who holds one can tell later whether anything before it was changed."""

    number: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"

    @classmethod
    def parse(cls, text: str) -> Head | None:
        """The head that is quoted in this text, where it is one and nothing else.

        >>> Head.parse("7:" + "a" * 64).number, Head.parse("7")
        (7, None)
        """
        found = HEAD.fullmatch(text.strip())
        return cls(int(found[1]), found[2]) if found else None


class Entry(NamedTuple):
    """A record that is to be appended: of which kind, and what it says."""

    kind: str
    content: Content


class _Tail(NamedTuple):
    """Where the ledger's whole records end.

    Attributes:
        head: the last one; none in a new ledger.
        size: of the file up to there, in bytes.
    """

    head: Head | None
    size: int


def ledger_path() -> Path:
    """Where this home's ledger is."""
    return carbon_folder() / "ledger.jsonl"


def canonical(content: Any) -> bytes:
    """The RFC 8785 form of something that `plain` has been through.

    >>> canonical({"b": 1e-7, "a": [1.5, "é"]}).decode()
    '{"a":[1.5,"é"],"b":1e-7}'
    """
    # The library is written in Python, and takes as long as half of what the disk does. Python's own encoder is in C and writes
    # the same bytes, but for some numbers, and for the order of names with signs beyond the 16-bit ones.
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    if "e-0" in text:
        text = SMALL_MEMBER.sub(_small_number, text)
    if LIBRARYS_PART.search(text) or (not text.isascii() and max(text) > LAST_16_BIT_SIGN):
        return rfc8785.dumps(content)
    return text.encode()


def _small_number(found: re.Match[str]) -> str:
    """As RFC 8785 writes what Python writes as 1.5e-05: without a power of ten down to a millionth, then without a leading zero."""
    sign, digits, exponent = found[1], found[2], int(found[3])
    return f"{sign}{digits}e-{exponent}" if exponent > 6 else f"{sign}0.{'0' * (exponent - 1)}{digits.replace('.', '')}"


def plain(value: Any) -> Any:
    """The same in JSON's own terms, which have no word for infinite or undefined numbers, huge integers and half characters.

    >>> plain({"score": float("nan"), "seed": 2**60, "names": ("a",), "wh": 1.0})
    {'score': 'NaN', 'seed': '1152921504606846976', 'names': ['a'], 'wh': 1}
    """
    # The most frequent first.
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return {_text(str(name)): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) <= LARGEST_INTEGER):
        return value
    # A set, a path: whatever else is given as a parameter.
    return _text(str(value))


def _number(value: float) -> float | int | str:
    if not abs(value) < float("inf"):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    # JSON knows one kind of number, and writes this one without a point.
    return int(value) if value.is_integer() and abs(value) <= LARGEST_INTEGER else value


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


class Ledger:
    """Appends records; each is on the disk when `append` returns. Any number of processes may append to one file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or ledger_path()
        self._descriptor: int | None = None
        self._opened_by = 0
        self._known: _Tail | None = None
        self._head_page: mmap.mmap | None = None

    def append(self, *entries: Entry, only_after: Head | None = None) -> list[Head]:
        """Append records, and return what each is known by from now on.

        Args:
            entries: in their order; their content has been through `plain`.
            only_after: append nothing, and return nothing, where the ledger has gone on from there meanwhile.

        Raises:
            RecordError: the disk is full, the ledger is read-only, or its last line is no record of this version.
        """
        with self._locked() as descriptor:
            tail = self._tail(descriptor)
            if only_after is not None and tail.head != only_after:
                return []
            return self._write(descriptor, tail, entries)

    @property
    def head(self) -> Head | None:
        """The last record; none in a new ledger.

        Raises:
            RecordError: the ledger cannot be read, or its last line is no record of this version.
        """
        with self._reading() as content:
            return _tail_of(content, self.path)[0].head if content else None

    @property
    def id(self) -> str | None:
        """What tells this ledger from others: the hash of its first record; none in a new one."""
        with self._reading() as content:
            line = content.readline() if content else b""
            return line[-67:-3].decode("ascii", "replace") if line.endswith(b"\n") and len(line) > OWN_HASH_BYTES else None

    def records(self, start: int = 0) -> Iterator[Content]:
        """The records from a byte offset on, in order; what is no record is left out, and is `audit.verify`'s to tell."""
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                for line in file:
                    with suppress(ValueError, RecursionError):
                        record = json.loads(line)
                        if isinstance(record, dict) and record.keys() >= MEMBERS and isinstance(record["content"], dict):
                            yield record
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def of_kind(self, kind: str) -> Iterator[Content]:
        """The records of a kind, the latest first. The others are not looked into, so that this is quick on a long ledger."""
        return (record for _, record in self._places(kind))

    def since(self, kind: str, fits: Callable[[Content], bool]) -> Iterator[Content]:
        """The latest record of a kind whose content fits, and all that follow it; none where there is none."""
        start = next((start for start, record in self._places(kind) if fits(record["content"])), None)
        return iter(()) if start is None else self.records(start)

    def _places(self, kind: str) -> Iterator[tuple[int, Content]]:
        # A quotation mark inside of a text is written with a backslash: hardly anything but records has this in it.
        wanted = f'"format":{FORMAT},"kind":"{kind}","number":'.encode()
        with self._reading() as content:
            place = content.rfind(wanted) if content else -1
            while content and place >= 0:
                start, end = content.rfind(b"\n", 0, place) + 1, content.find(b"\n", place)
                with suppress(ValueError):
                    record = json.loads(content[start : end if end >= 0 else len(content)])
                    if record["kind"] == kind:
                        yield start, record
                place = content.rfind(wanted, 0, start)

    @contextmanager
    def _reading(self) -> Iterator[mmap.mmap | None]:
        try:
            with self.path.open("rb") as file:
                if os.fstat(file.fileno()).st_size == 0:
                    yield None
                    return
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    yield content
        except FileNotFoundError:
            yield None
        except OSError as error:
            raise _unreadable(self.path, error) from error

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            descriptor = self._open()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                yield descriptor
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _open(self) -> int:
        # A forked child has it closed already.
        if self._descriptor is not None and self._opened_by == os.getpid():
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._descriptor), self.path.stat()):
                    return self._descriptor
            # Somebody has put another file in its place.
            close(self._descriptor)
        self._descriptor, self._known, self._head_page = None, None, None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._opened_by = os.getpid()
        keep_from_children(self._descriptor)
        return self._descriptor

    def _tail(self, descriptor: int) -> _Tail:
        """Where the whole records end; what a crash left behind them is mended."""
        size = os.fstat(descriptor).st_size
        if self._known and self._known.size == size:
            return self._known
        if size == 0:
            return self._mended(descriptor, _Tail(None, 0), b"")
        with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as content:
            tail, torn = _tail_of(content, self.path)
        return self._mended(descriptor, tail, torn)

    def _mended(self, descriptor: int, tail: _Tail, torn: bytes) -> _Tail:
        """Make the file end with a whole record, and record what is missing."""
        whole = _as_next(torn, tail.head) if torn else None
        if whole:
            # Only the end of its line was cut off.
            os.write(descriptor, b"\n")
            tail, torn = _Tail(whole, tail.size + len(torn) + 1), b""
        elif torn:
            os.ftruncate(descriptor, tail.size)
        quoted = self._quoted_head()
        with self._reading() as records:
            # Also one that another record has taken the place of: the next head overwrites what tells of it.
            missing = quoted if quoted and (records is None or records.rfind(quoted.sha256.encode()) < 0) else None
        if not (torn or missing):
            return tail
        content = {
            "missing_head": str(missing) if missing else None,
            "removed_bytes": len(torn),
            "removed_sha256": hashlib.sha256(torn).hexdigest(),
        }
        (head,) = self._write(descriptor, tail, (Entry("mended", content),))
        return _Tail(head, os.fstat(descriptor).st_size)

    def _write(self, descriptor: int, tail: _Tail, entries: tuple[Entry, ...]) -> list[Head]:
        number, previous = tail.head or Head(0, NOTHING)
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        heads: list[Head] = []
        lines: list[bytes] = []
        for kind, content in entries:
            number += 1
            # In the canonical order of the names; `canonical` itself sees to what is in the content.
            line = b'{"at":"%s","content":%s,"format":%d,"kind":"%s","number":%d,"previous":"%s"' % (
                at.encode(), canonical(content), FORMAT, kind.encode(), number, previous.encode(),
            )  # fmt: skip
            previous = hashlib.sha256(line + b"}").hexdigest()
            lines.append(b'%s,"sha256":"%s"}\n' % (line, previous.encode()))
            heads.append(Head(number, previous))
        written = b"".join(lines)
        self._known = None
        try:
            # A full disk takes a first part without an error; the rest tells why not.
            rest = written
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            # Nobody was told of these records: what there is of them goes again.
            with suppress(OSError):
                os.ftruncate(descriptor, tail.size)
            raise
        if heads:
            self._known = _Tail(heads[-1], tail.size + len(written))
            self._quote(heads[-1])
        return heads

    @property
    def _head_file(self) -> Path:
        """The head, beside the ledger: whoever takes away the last records has to think of this one too."""
        return self.path.with_suffix(".head")

    def _quote(self, head: Head) -> None:
        # It is no evidence of its own, and not waited for: after a power loss it may be behind, and says so by its number. As a
        # page of memory it costs nothing; another file to write would make each `fsync` of the ledger slower by a third.
        with suppress(OSError, ValueError):
            text = f"{head}\n".encode().ljust(HEAD_BYTES)
            if self._head_page is None or self._head_page.size() < HEAD_BYTES:
                descriptor = os.open(self._head_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
                try:
                    # As a file first: a page that has no room on the disk, or is not in the file, would end the program (SIGBUS).
                    os.pwrite(descriptor, text, 0)
                    self._head_page = mmap.mmap(descriptor, HEAD_BYTES)
                finally:
                    os.close(descriptor)
            self._head_page[:] = text

    def _quoted_head(self) -> Head | None:
        try:
            return Head.parse(self._head_file.read_text(encoding="ascii", errors="replace"))
        except OSError:
            return None


def line_head(line: bytes) -> Head | None:
    """What a line, without its end, is known by; none where it is no record, or its own hash does not hold."""
    own = line[-66:-2].decode("ascii", "replace")
    if line[-OWN_HASH_BYTES:-66] != b',"sha256":"' or hashlib.sha256(line[:-OWN_HASH_BYTES] + b"}").hexdigest() != own:
        return None
    try:
        return Head(int(json.loads(line)["number"]), own)
    except (ValueError, TypeError, KeyError):
        return None


def _as_next(line: bytes, head: Head | None) -> Head | None:
    found = line_head(line)
    return found if found and found.number == (head.number if head else 0) + 1 else None


def _tail_of(content: mmap.mmap, path: Path) -> tuple[_Tail, bytes]:
    """Where the whole records end, and what lies behind them: what a crash left of a record in the making."""
    end = content.rfind(b"\n") + 1
    torn = bytes(content[end:])
    if end == 0:
        return _Tail(None, 0), torn
    line = bytes(content[content.rfind(b"\n", 0, end - 1) + 1 : end - 1])
    try:
        record = json.loads(line)
        known_format, head = record["format"], Head(int(record["number"]), str(record["sha256"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise RecordError(
            expected="a ledger whose last line is a record",
            found=line[:40].decode("utf-8", "replace") + "…",
            where=str(path),
            remedy="preuve audit verify says what is wrong with it; restore the latest copy of it, or move it aside",
        ) from error
    if known_format != FORMAT:
        raise RecordError(
            expected=f"a ledger of format {FORMAT}",
            found=f"record {head.number} of format {known_format}: a newer version of preuve wrote it",
            where=str(path),
            remedy="use that version, or a PREUVE_HOME of its own for this one",
        )
    return _Tail(head, end), torn


def find_last(ledger: Ledger, kind: str, fits: Callable[[Content], bool]) -> Content | None:
    """The latest record of a kind whose content fits."""
    return next((record for record in ledger.of_kind(kind) if fits(record["content"])), None)


def _unwritable(path: Path, error: OSError) -> RecordError:
    return RecordError(
        expected="a ledger that can be appended to: nothing is measured that cannot be recorded",
        found=error.strerror or str(error),
        where=str(path),
        remedy="free some space, or make the file and its folder writable; the next command closes what was under way",
    )


def _unreadable(path: Path, error: OSError) -> RecordError:
    return RecordError(
        expected="a ledger that this user can read",
        found=error.strerror or str(error),
        where=str(path),
        remedy="give this user the right to read it, or name another home: export PREUVE_HOME=~/preuve",
    )
