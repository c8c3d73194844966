"""Days as integers since 1970-01-01, and the months and ISO weeks they fall in."""

from __future__ import annotations

from datetime import date

import numpy as np

EPOCH = date(1970, 1, 1)


def day_number(text: str | date) -> int:
    """A calendar date as days since 1970-01-01."""
    value = text if isinstance(text, date) else date.fromisoformat(text)
    return (value - EPOCH).days


LAST_DAY = day_number("2049-12-31")


def to_date(day: int) -> date:
    """The inverse of `day_number`."""
    return date.fromordinal(EPOCH.toordinal() + int(day))


def month_index(days: np.ndarray) -> np.ndarray:
    """Months since January 1970 of each day."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)


def month_start(months: np.ndarray | int) -> np.ndarray:
    """First day of each month (months counted from January 1970)."""
    return np.asarray(months, dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)


def year_of(days: np.ndarray) -> np.ndarray:
    """Calendar year of each day."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int32) + 1970


def month_of(days: np.ndarray) -> np.ndarray:
    """Calendar month (1 to 12) of each day."""
    return month_index(days) % 12 + 1


def week_start(days: np.ndarray) -> np.ndarray:
    """The Monday of each day's ISO week (1970-01-01 was a Thursday)."""
    days = np.asarray(days)
    return days - (days + 3) % 7


def weekday(days: np.ndarray) -> np.ndarray:
    """0 = Monday … 6 = Sunday."""
    return (np.asarray(days) + 3) % 7
