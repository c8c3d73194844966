"""The audit trail: who did what, when, with which outcome; changes to it are noticed.

One JSON line per event in `trail/<year>-<month>.jsonl`. Each line carries the HMAC of
itself and of the line before it, under `trail.key`, across files: a changed, inserted,
removed or reordered line breaks the chain there. `trail/head.json` holds the last number
and HMAC, so that lines cut off the end are noticed too, unless the head is restored from
an older copy; keep a copy of what `p4dp trail verify` prints elsewhere.

Persons appear as tokens under a key derived for this purpose alone, never as warehouse
pseudonyms: an erasure in the warehouse leaves the trail readable and unlinkable.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from p4dp.errors import P4dpError
from p4dp.settings import Home

GENESIS = "0" * 64
_PSEUDONYM = re.compile(r"l[12]-[0-9a-f]{4}-[0-9a-f]{32}")
_MEMBERS = re.compile(r"\d{4}-\d{2}\.jsonl")


@dataclass(frozen=True)
class Verification:
    """The state of a trail: `head` identifies its last line."""

    lines: int
    head: str
    problem: str | None = None
    file: Path | None = None
    line: int | None = None

    @property
    def is_intact(self) -> bool:
        return self.problem is None


class Trail:
    """Append to and verify the trail of a home; safe with several processes at once."""

    def __init__(self, home: Home, key: bytes) -> None:
        self._folder = home.trail
        self._chain_key = hmac.digest(key, b"p4dp trail chain", "sha256")
        self._token_key = hmac.digest(key, b"p4dp trail person", "sha256")

    def append(
        self,
        action: str,
        *,
        actor: str,
        outcome: str,
        purpose: str | None = None,
        row_count: int | None = None,
        details: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> int:
        """Record one event and return its number, counted from 1.

        `outcome` is `done`, `refused` or `failed`. Pseudonyms in `purpose` and `details` are
        replaced by tokens. `at` (default: now) must carry a time zone.
        """
        moment = at or datetime.now(UTC)
        if moment.tzinfo is None:
            raise ValueError("the time of an event needs a time zone")
        moment = moment.astimezone(UTC)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            number, previous = self._head_after_repair()
            event = {
                "number": number + 1,
                "at": moment.isoformat(timespec="milliseconds"),
                "actor": actor,
                "os_user": os_user(),
                "action": action,
                "outcome": outcome,
                "purpose": purpose,
                "row_count": row_count,
                "details": dict(details or {}),
            }
            body = json.loads(_PSEUDONYM.sub(self._masked, json.dumps(event, default=str)))
            mac = self._mac(previous, body)
            line = json.dumps(body | {"mac": mac}, separators=(",", ":"))
            self._write_line(self._folder / f"{moment:%Y-%m}.jsonl", line)
            self._write_head(number + 1, mac)
            return number + 1

    def token(self, pseudonym: str) -> str:
        """How a person appears in this trail."""
        return "t-" + hmac.new(self._token_key, pseudonym.encode(), "sha256").hexdigest()[:32]

    def events(self) -> Iterator[dict[str, Any]]:
        """All events, oldest first, unverified."""
        for _, _, text in self._lines():
            yield json.loads(text)

    def verify(self) -> Verification:
        """Walk the whole chain; the first line that does not fit is named."""
        if not self._folder.is_dir():
            return Verification(0, GENESIS)
        with self._locked():
            number, previous = 0, GENESIS
            for file, position, text in self._lines():
                problem = None
                try:
                    event = json.loads(text)
                    mac = event.pop("mac")
                except (ValueError, KeyError, AttributeError):
                    problem = "the line cannot be read"
                else:
                    if event.get("number") != number + 1:
                        problem = f"event {number + 1} was expected here"
                    elif not hmac.compare_digest(str(mac), self._mac(previous, event)):
                        problem = "the line, or one before it, was changed"
                if problem is not None:
                    return Verification(number, previous, problem, file, position)
                number, previous = number + 1, str(mac)
            problem = self._head_problem(number, previous)
            return Verification(number, previous, problem)

    def _masked(self, match: re.Match[str]) -> str:
        return self.token(match.group())

    def _mac(self, previous: str, event: Mapping[str, Any]) -> str:
        body = json.dumps(event, sort_keys=True, separators=(",", ":"))
        return hmac.new(self._chain_key, f"{previous}\n{body}".encode(), "sha256").hexdigest()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _files(self) -> list[Path]:
        return sorted(p for p in self._folder.iterdir() if _MEMBERS.fullmatch(p.name))

    def _lines(self) -> Iterator[tuple[Path, int, str]]:
        if not self._folder.is_dir():
            return
        for file in self._files():
            with open(file, encoding="utf-8", newline="\n") as lines:
                for position, text in enumerate(lines, start=1):
                    yield file, position, text

    def _head_after_repair(self) -> tuple[int, str]:
        """Number and HMAC of the last whole line; a line torn by a crash is set aside."""
        files = self._files()
        if not files:
            if (problem := self._head_problem(0, GENESIS)) is not None:
                raise self._broken(problem)
            return 0, GENESIS
        last = files[-1]
        content = last.read_bytes()
        whole, newline, torn = content.rpartition(b"\n")
        if torn:
            (self._folder / f"torn-{hashlib.sha256(torn).hexdigest()[:16]}").write_bytes(torn)
            with open(last, "r+b") as file:
                file.truncate(len(whole) + len(newline))
            if not whole:
                last.unlink()
                return self._head_after_repair()
        try:
            event = json.loads(whole.rpartition(b"\n")[2])
            number, mac = int(event["number"]), str(event["mac"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken(f"the last line of {last.name} cannot be read") from error
        if (problem := self._head_problem(number, mac)) is not None:
            raise self._broken(problem)
        return number, mac

    def _head_problem(self, number: int, mac: str) -> str | None:
        """What the head says against `number` lines of which `mac` is the last.

        A crash between line and head leaves the head one line behind.
        """
        head = self._read_head()
        if head == (-1, ""):
            return "the head file was changed"
        last, last_mac = head or (0, GENESIS)
        if last > number:
            return f"events {number + 1} to {last} are missing from the end"
        if last < number - 1:
            return f"the head file is missing, or older than event {number - 1}"
        if last == number and last_mac != mac:
            return "the head file belongs to another trail"
        return None

    def _broken(self, why: str) -> P4dpError:
        return P4dpError(
            f"the audit trail is damaged: {why}",
            file=self._folder,
            expected="an unbroken chain",
            remedy="look at `p4dp trail verify`, restore the folder from its copy",
        )

    def _write_line(self, path: Path, line: str) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _write_head(self, number: int, mac: str) -> None:
        seal = hmac.new(self._chain_key, f"head {number} {mac}".encode(), "sha256").hexdigest()
        temporary = self._folder / ".head"
        temporary.write_text(json.dumps({"number": number, "mac": mac, "seal": seal}))
        os.replace(temporary, self._folder / "head.json")

    def _read_head(self) -> tuple[int, str] | None:
        """Number and HMAC; None if there is no head, (-1, "") if it is not genuine."""
        try:
            head = json.loads((self._folder / "head.json").read_text())
            number, mac, seal = int(head["number"]), str(head["mac"]), str(head["seal"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return -1, ""
        expected = hmac.new(self._chain_key, f"head {number} {mac}".encode(), "sha256")
        return (number, mac) if hmac.compare_digest(seal, expected.hexdigest()) else (-1, "")


def os_user() -> str:
    """Name of the operating-system user, or the number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
