"""Parameter names: the published ones (R packages) are accepted beside ours."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """`pastWeeksNotIncluded` → `past_weeks_not_included`, `i.type.other` → `i_type_other`."""
    return _WORD.sub("_", name.replace(".", "_")).lower()


def accept_aliases(function: Callable[P, R]) -> Callable[P, R]:
    """Let a method be called with the parameter names of the software it reproduces.

    Dots become underscores and camelCase becomes snake_case. A name that still is
    no parameter raises TypeError, as does one parameter given under two names.
    """
    known = frozenset(inspect.signature(function).parameters)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        renamed: dict[str, Any] = {}
        for name, value in kwargs.items():
            target = name if name in known else snake_case(name)
            if target in renamed:
                raise TypeError(f"{function.__name__}() got {target!r} under two names")
            renamed[target] = value
        return function(*args, **renamed)

    return wrapper
