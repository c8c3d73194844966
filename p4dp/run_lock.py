"""One writer at a time: the lock of a home, and what to do after a holder that died.

The lock is a `flock` on `P4DP_HOME/run.lock`, so the kernel frees it whatever happens to the
holder. The file names the holder while it works and is emptied when it ends: a lock that can be
taken on a file that is not empty was held by a process that died. Its descendants may still be
writing (a killed parent does not take its children along); they carry the holder's mark in their
environment and are ended before the lock is handed over.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TextIO

from p4dp.errors import P4dpError
from p4dp.processes import end_processes, marked_processes
from p4dp.settings import Home

MARK_VARIABLE = "P4DP_RUN_MARK"

_mark: tuple[int, str] | None = None


@dataclass(frozen=True)
class Holder:
    """Who holds, or held, the lock."""

    activity: str
    pid: int
    process_group: int
    mark: str
    since: str

    def __str__(self) -> str:
        return f"{self.activity} (process {self.pid}, since {self.since})"


def process_mark() -> str:
    """The mark of this process, put into its environment so that its descendants inherit it."""
    global _mark
    if _mark is None or _mark[0] != os.getpid():
        _mark = (os.getpid(), uuid.uuid4().hex)
        os.environ[MARK_VARIABLE] = _mark[1]
    return _mark[1]


def holder(home: Home) -> Holder | None:
    """Who holds the lock now; None when it is free (whatever a dead holder left in the file)."""
    try:
        with home.lock.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file.read()) or Holder("another run", 0, 0, "", "a moment ago")
            return None
    except FileNotFoundError:
        return None


@contextmanager
def hold(home: Home, activity: str) -> Iterator[Holder | None]:
    """Hold the lock of a home; yields the dead holder whose leftovers were ended, else None.

    Raises P4dpError when someone else is at work.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with open(home.lock, "a+", encoding="utf-8") as file:
        if not _take(file):
            file.seek(0)
            raise refusal(_read(file.read()))
        file.seek(0)
        dead = _read(file.read())
        if dead is not None and dead.mark:
            end_processes(lambda: marked_processes(MARK_VARIABLE, dead.mark))
        _write(file, Holder(activity, os.getpid(), os.getpgid(0), process_mark(), _now()))
        try:
            yield dead
        finally:
            _write(file, None)


def refusal(current: Holder | None) -> P4dpError:
    """What a second writer is told."""
    return P4dpError(
        f"Another process is writing to this home: {current or 'a run that has just started'}.",
        expected="one run, or one receive, at a time",
        remedy="wait for it to end (`p4dp status` shows it), then start again",
    )


def _take(file: TextIO, patience_seconds: float = 0.5) -> bool:
    """Take the lock; the short patience is for those who only look (`holder`)."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _read(text: str) -> Holder | None:
    if not text.strip():
        return None
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):  # killed while writing the line: nobody to end is known
        return None


def _write(file: TextIO, record: Holder | None) -> None:
    file.seek(0)
    file.truncate()
    if record is not None:
        file.write(json.dumps(asdict(record)))
    file.flush()
