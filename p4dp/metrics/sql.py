"""From a metric, groups and filters to one SQL statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from p4dp.errors import P4dpError
from p4dp.metrics.definitions import Definitions, Metric, Model, load

DIGITS = 12
"""Shares are rounded as the marts round them."""


def compile_metric(
    names: str | Sequence[str],
    by: Sequence[str] = (),
    where: Mapping[str, str] | None = None,
    definitions: Definitions | None = None,
) -> str:
    """The SQL that answers a metric, or several metrics of one table.

    `by`: dimensions to group by, or a territory level (`region`), which then is the grouping.
    `where`: dimension → value, or several values separated by commas. Figures of different
    measures, bases, populations… do not add up: what `where` does not fix to one value is
    grouped by as well. A stock (people at a date) is taken at its last date unless `by` or
    `where` names the date. Where a count is hidden, the figure is null.
    """
    definitions = definitions or load()
    metrics = [definitions.metric(n) for n in ([names] if isinstance(names, str) else names)]
    models = list(dict.fromkeys(definitions.model_of(metric).name for metric in metrics))
    if len(models) > 1:
        raise P4dpError(
            f"these metrics count over different tables: {', '.join(models)}",
            remedy="ask for each by itself",
        )
    query = _Query(definitions, definitions.models[models[0]])
    query.restrict(by, where or {})
    return query.sql(metrics)


@dataclass(frozen=True)
class _Column:
    """A column of the answer: its name and where it comes from."""

    name: str
    expression: str


class _Query:
    def __init__(self, definitions: Definitions, model: Model) -> None:
        self._definitions = definitions
        self._model = model
        self._joins: list[str] = []
        self._columns: dict[str, _Column] = {}
        self._conditions: list[str] = []
        self._named: set[str] = set()

    def restrict(self, by: Sequence[str], where: Mapping[str, str]) -> None:
        """Groups and filters, completed by what must not be added up."""
        model, fixed = self._model, set()
        levels = model.levels
        wanted: list[str] = []
        for name in by:
            if levels and name not in model.dimensions and name in ("country", *_LEVELS):
                if levels.level in where:
                    raise P4dpError(f"both {levels.level} and {name} say the level")
                where = {**where, levels.level: name}
                wanted.append(levels.code)
            else:
                wanted.append(name)
        if levels and levels.level not in where and levels.level not in wanted:
            # A place has one level; without either, the default.
            place = where.get(levels.code)
            if place is None and levels.code not in wanted:
                where = {**where, levels.level: levels.default}
        for name, value in where.items():
            values = [v.strip() for v in value.split(",")]
            if len(values) == 1:
                fixed.add(name)
            self._named.add(name)
            listed = ", ".join(_literal(v) for v in values)
            self._conditions.append(f"cast({self._expression(name)} as varchar) in ({listed})")
        for name in dict.fromkeys([*wanted, *(k for k in model.keys if k not in fixed)]):
            self._named.add(name)
            self._columns[name] = _Column(name, self._expression(name))

    def sql(self, metrics: Sequence[Metric]) -> str:
        """The statement; the columns are the groups and the metrics."""
        groups = list(self._columns.values())
        last_dates = {date for metric in metrics for date in self._last_dates(metric)}
        for date_name in sorted(last_dates - self._named):
            # A stock has no sum over dates: the last one, which the answer names.
            date = self._model.dimensions[date_name]
            self._conditions.append(
                f"figure.{date.expression} = "
                f"(select max({date.expression}) from {self._model.table})"
            )
            groups.append(_Column(date_name, f"figure.{date.expression}"))
        selected = [f"{c.expression} as {c.name}" for c in groups]
        selected += [f"{self._value(metric)} as {metric.name}" for metric in metrics]
        lines = ["select", "    " + ",\n    ".join(selected), f"from {self._model.table} as figure"]
        lines += self._joins
        if self._conditions:
            lines.append("where\n    " + "\n    and ".join(self._conditions))
        if groups:
            lines.append("group by " + ", ".join(str(i + 1) for i in range(len(groups))))
            lines.append("order by " + ", ".join(str(i + 1) for i in range(len(groups))))
        return "\n".join(lines)

    def _value(self, metric: Metric) -> str:
        if metric.measure:
            measure = self._model.measures[metric.measure]
            value = _qualified("figure", measure.expression)
            # One hidden count makes the sum unknown, not smaller.
            return f"case when count(*) = count({value}) then cast(sum({value}) as bigint) end"
        if metric.terms:
            parts = (self._value(self._definitions.metric(term)) for term in metric.terms)
            return " + ".join(parts)
        assert metric.numerator and metric.denominator
        numerator = self._value(self._definitions.metric(metric.numerator))
        denominator = self._value(self._definitions.metric(metric.denominator))
        return (
            f"round(cast({numerator} as double)"
            f" / nullif(cast({denominator} as double), 0), {DIGITS})"
        )

    def _last_dates(self, metric: Metric) -> set[str]:
        parts = [metric.numerator, metric.denominator, *metric.terms]
        dates = {d for p in parts if p for d in self._last_dates(self._definitions.metric(p))}
        if metric.measure and (last := self._model.measures[metric.measure].at_last):
            dates.add(last)
        return dates

    def _expression(self, name: str) -> str:
        """A dimension of the table, or of a table one entity away (`vendor`,
        `practice__vendor`), which is joined then."""
        if name in self._model.dimensions:
            return _qualified("figure", self._model.dimensions[name].expression)
        entity, _, bare = name.rpartition("__")
        for other in self._definitions.models.values():
            for key in set(other.primary) & set(self._model.foreign):
                if bare in other.dimensions and entity in ("", key):
                    join = (
                        f"left join {other.table} as {key}"
                        f" on figure.{self._model.foreign[key]} = {key}.{other.primary[key]}"
                    )
                    if join not in self._joins:
                        self._joins.append(join)
                    return _qualified(key, other.dimensions[bare].expression)
        raise P4dpError(
            f"{self._model.name} knows no dimension {name!r}",
            expected=f"one of: {', '.join(self.dimensions())}",
        )

    def dimensions(self) -> list[str]:
        """Everything the model can be grouped or filtered by."""
        own = list(self._model.dimensions)
        if self._model.levels:
            own += list(_LEVELS)
        for other in self._definitions.models.values():
            if set(other.primary) & set(self._model.foreign):
                own += [d for d in other.dimensions if d not in own]
        return own


_LEVELS = ("region", "departement", "epci")


def dimensions_of(name: str, definitions: Definitions | None = None) -> list[str]:
    """What a metric can be grouped or filtered by."""
    definitions = definitions or load()
    return _Query(definitions, definitions.model_of(definitions.metric(name))).dimensions()


def _qualified(table: str, expression: str) -> str:
    return f"{table}.{expression}" if expression.isidentifier() else f"({expression})"


def _literal(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"
