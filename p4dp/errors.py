"""The one error a user sees: what is wrong, where, what was expected, what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class P4dpError(Exception):
    """A refusal or a failure that a user can act on.

    Raised by the domain library; the command line prints it without a traceback
    and exits with code 1. `message` says what is wrong; the other fields, where
    known, say in which file, row (1-based, header not counted) and column, what
    was expected there, and the remedy.
    """

    message: str
    file: str | Path | None = None
    row: int | None = None
    column: str | None = None
    expected: str | None = None
    remedy: str | None = None

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def __str__(self) -> str:
        where = ", ".join(
            part
            for part in (
                f"file {self.file}" if self.file is not None else "",
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column}" if self.column is not None else "",
            )
            if part
        )
        lines = [f"{self.message} ({where})" if where else self.message]
        if self.expected:
            lines.append(f"Expected: {self.expected}")
        if self.remedy:
            lines.append(f"Remedy: {self.remedy}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, object]:
        """The same content for `--json`."""
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}
