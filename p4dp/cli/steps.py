"""The tree of steps that `p4dp run` draws while it works."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from p4dp.cli.console import err

if TYPE_CHECKING:
    from orchestration.launch import RunResult, Step

_SIGNS = {"succeeded": ("✓", "green"), "failed": ("✗", "red")}


class StepTree:
    """Steps with their times on standard error: live on a terminal, one line each otherwise."""

    def __init__(
        self,
        quiet: bool = False,
        console: Console = err,
        counts: Callable[[], tuple[int, int] | None] = lambda: None,
    ) -> None:
        """`counts`: finished and expected nodes of the dbt call at work, where there is one."""
        self._quiet = quiet
        self._counts = counts
        self._console = console
        self._started = time.monotonic()
        self._steps: list[Step] = []
        self._printed: set[str] = set()
        self._spinner = Spinner("dots")
        self._live = (
            Live(self, console=console, refresh_per_second=8)
            if console.is_terminal and not quiet
            else None
        )

    def __enter__(self) -> StepTree:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, result: RunResult) -> None:
        """Take over the steps of a growing result."""
        self._steps = list(result.steps)
        if self._quiet or self._live is not None:
            return
        for step in self._steps:
            if step.status in _SIGNS and step.key not in self._printed:
                self._printed.add(step.key)
                self._console.print(_line(step), highlight=False)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tree = Tree(f"run · {time.monotonic() - self._started:.0f} s")
        for step in self._steps:
            if step.status in _SIGNS:
                tree.add(_line(step))
                continue
            row = Table.grid(padding=(0, 1))
            detail = f"{time.monotonic() - step.started:.0f} s"
            if step.is_dbt and (counts := self._counts()):
                detail += f"  {counts[0]} of {counts[1]}"
            row.add_row(self._spinner, Text(step.name), Text(detail, "dim"))
            tree.add(row)
        if not any(step.status not in _SIGNS for step in self._steps):
            tree.add(Text("…", "dim"))
        yield tree


def _line(step: Step) -> Text:
    sign, style = _SIGNS[step.status]
    counts = [f"{step.asset_count} assets"] if step.asset_count else []
    counts += [f"{step.check_count} checks"] if step.check_count else []
    return Text.assemble(
        (sign, style),
        " ",
        step.name,
        " ",
        (f"{step.seconds:.1f} s", "bold"),
        (f"  {', '.join(counts)}" if counts else "", "dim"),
    )
