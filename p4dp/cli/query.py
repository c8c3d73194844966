"""Commands of readers and of those who keep the accounts: query, account, trail."""

from __future__ import annotations

import enum
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from p4dp.cli.console import JsonOption, err, out, print_json, print_table

if TYPE_CHECKING:
    import pyarrow as pa

    from p4dp.governance import Trail
    from p4dp.vault import WarehouseKeys

TABLE_ROWS = 200
PIPED_WIDTH = 240


class Format(enum.StrEnum):
    """How the rows of an answer are written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("query")(query)
    app.command("metrics")(metrics)
    app.command("person")(person)
    trail = typer.Typer(help="The audit trail of accesses.", no_args_is_help=True)
    trail.command("verify")(trail_verify)
    app.add_typer(trail, name="trail")
    account = typer.Typer(help="Accounts that may ask questions.", no_args_is_help=True)
    account.command("list")(account_list)
    account.command("grant")(account_grant)
    account.command("revoke")(account_revoke)
    app.add_typer(account, name="account")


def query(
    sql: Annotated[
        str | None, typer.Argument(help="One statement that reads.", metavar="SQL")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A metric instead (`p4dp metrics`); repeatable."),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="DIM", help="Group the metric by this; repeatable.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="DIM=VALUE", help="Keep these values (a,b for several); repeatable."),
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="ID", help="A release other than the current one.")
    ] = None,
    as_user: Annotated[
        str | None,
        typer.Option("--as", metavar="USER", help="Account to ask with (default: your login)."),
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="Why you ask; goes into the audit trail.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", "-f")] = Format.table,
    to: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a release one question, in SQL or for a metric by name.

    Tables: linked.*, indicators.*, statistics.*, published.*, vocabulary.*; DESCRIBE and
    SHOW ALL TABLES tell their columns. What you see depends on the role of your account;
    every question is recorded.

    Example: p4dp query "select sex, count(*) from linked.dim_patient group by all"

    Example: p4dp query --metric indicator_share --by region --where indicator_id=CV-BP
    """
    if (sql is None) == (not metric):
        raise typer.BadParameter("ask either in SQL or for a --metric")
    if not metric and (by or where):
        raise typer.BadParameter("--by and --where belong to a --metric")
    if metric:
        from p4dp.metrics import compile_metric

        sql = compile_metric(metric, by or (), _conditions(where))
    assert sql is not None
    from p4dp import governance
    from p4dp.release import release_folder
    from p4dp.settings import Home

    home = Home.from_environment()
    release_folder(home)
    keys, trail = _keys_and_trail()
    answer = governance.query(
        home,
        sql,
        trail,
        user=as_user,
        release_id=release,
        release_key=keys.release,
        purpose=purpose,
    )
    _write(answer.table, Format.json if as_json else format, to)


def person(
    key: Annotated[int, typer.Argument(metavar="KEY", help="person_key of the marts.")],
    release: Annotated[
        str | None, typer.Option(metavar="ID", help="A release other than the current one.")
    ] = None,
    as_user: Annotated[
        str | None,
        typer.Option("--as", metavar="USER", help="Account to ask with (default: your login)."),
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="Why you ask; goes into the audit trail.")
    ] = None,
    english: Annotated[bool, typer.Option("--en", help="English labels.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show all statuses of one person, with reasons and evidence. The access is recorded.

    Example: p4dp person 4711 --purpose "check of a figure"
    """
    from p4dp import governance
    from p4dp.settings import Home

    keys, trail = _keys_and_trail()
    page = governance.person_page(
        Home.from_environment(),
        key,
        trail,
        user=as_user,
        release_id=release,
        release_key=keys.release,
        purpose=purpose,
    )
    if as_json:
        print_json(
            {
                "release_id": page.release_id,
                "person": {k: _plain(v) for k, v in page.person.items()},
                "statuses": [{k: _plain(v) for k, v in row.items()} for row in page.statuses],
            }
        )
        return
    language = "en" if english else "fr"
    who = page.person
    facts = {
        "personne": who["person_key"],
        "naissance": f"{who['birth_year']}-{who['birth_month'] or 0:02d}",
        "sexe": who["sex"],
        "décès": who["death_date"],
        "SNDS": "oui" if who["is_linked_snds"] else "non",
        "risque cardiovasculaire": _risk(who, language),
        "parcours de soins": who[f"pathway_state_{language}"],
        "release": page.release_id,
    }
    for name, value in facts.items():
        if value is not None:
            out.print(f"{name}: {value}", highlight=False, soft_wrap=True)
    print_table(
        "",
        ("indicateur", "", "cabinet", "dossier", "", "le", "toutes sources", "", "le", "source"),
        [
            (
                row["indicator_id"],
                row[f"title_{language}"],
                row["practice_key"],
                row[f"record_status_{language}"],
                row[f"record_reason_{language}"],
                row["record_evidence_date"],
                row[f"linked_status_{language}"],
                row[f"linked_reason_{language}"],
                row["linked_evidence_date"],
                row[f"linked_evidence_source_{language}"],
            )
            for row in page.statuses
        ],
    )


def _risk(who: dict[str, Any], language: str) -> str | None:
    """Model, bounds, class and what is missing, on one line."""
    if who["risk_model"] is None and who["risk_category"] is None:
        return None
    low, high = who["risk_low_share"], who["risk_high_share"]
    parts = [
        who["risk_model"],
        None if low is None else f"{low:.1%}" if low == high else f"{low:.1%} – {high:.1%}",
        who[f"risk_category_{language}"] or who["risk_category"],
        f"({who['missing_inputs']} ?)" if who["missing_inputs"] else None,
    ]
    return " ".join(part for part in parts if part)


def metrics(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Show what this one stands for.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="DIM", help="Group by this; repeatable.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="DIM=VALUE", help="Keep this; repeatable.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page of all metrics there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the metrics, or show the SQL of one.

    Example: p4dp metrics indicator_share --by region
    """
    from p4dp.metrics import compile_metric, dimensions_of, load, write_metrics_page

    if page is not None:
        out.print(f"written: {write_metrics_page(page)}", soft_wrap=True)
        return
    definitions = load()
    if name is None:
        rows = [
            (m.name, definitions.model_of(m).table, m.label, m.description)
            for m in definitions.metrics.values()
        ]
        if as_json:
            keys = ("name", "table", "label", "description")
            print_json([dict(zip(keys, row, strict=True)) for row in rows])
        else:
            print_table("Metrics", ("metric", "table", "", "what"), rows)
        return
    sql = compile_metric(name, by or (), _conditions(where))
    if as_json:
        print_json({"name": name, "sql": sql, "dimensions": dimensions_of(name)})
    else:
        sys.stdout.write(sql + "\n")


def _conditions(where: list[str] | None) -> dict[str, str]:
    """`DIM=VALUE` options as a mapping."""
    conditions = {}
    for item in where or []:
        name, sign, value = item.partition("=")
        if not sign or not name or not value:
            raise typer.BadParameter(f"--where {item}: write DIM=VALUE")
        if name in conditions:
            raise typer.BadParameter(f"--where names {name} twice: write {name}=a,b")
        conditions[name] = value
    return conditions


def trail_verify(as_json: JsonOption = False) -> None:
    """Check that no line of the audit trail was changed, removed or added.

    Keep the head it prints elsewhere: a trail cut back to an earlier state has another head.

    Example: p4dp trail verify
    """
    _, trail = _keys_and_trail()
    state = trail.verify()
    if as_json:
        print_json(
            {
                "is_intact": state.is_intact,
                "lines": state.lines,
                "head": state.head,
                "problem": state.problem,
                "file": state.file,
                "line": state.line,
            }
        )
    elif state.is_intact:
        out.print(f"intact: {state.lines} events, head {state.head}", soft_wrap=True)
    else:
        where = f" ({state.file}, line {state.line})" if state.file else ""
        err.print(f"p4dp: the trail is broken: {state.problem}{where}", soft_wrap=True)
    if not state.is_intact:
        raise typer.Exit(1)


def account_list(as_json: JsonOption = False) -> None:
    """List accounts with their role and end.

    Example: p4dp account list
    """
    from datetime import UTC
    from datetime import datetime as clock

    from p4dp.governance import load_accounts
    from p4dp.settings import Home

    today = clock.now(UTC).date()
    accounts = sorted(load_accounts(Home.from_environment()).values(), key=lambda a: a.user)
    if as_json:
        print_json([vars(a) | {"is_expired": a.is_expired(today)} for a in accounts])
        return
    print_table(
        "Accounts",
        ("user", "role", "until", "granted", "by", ""),
        [
            (
                a.user,
                a.role,
                a.expires_on,
                a.granted_on,
                a.granted_by,
                "ended" if a.is_expired(today) else "",
            )
            for a in accounts
        ],
    )


def account_grant(
    user: Annotated[str, typer.Argument(help="Name of one person.")],
    role: Annotated[str, typer.Option(help="analyst, epidemiologist or public.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day of the account.")],
) -> None:
    """Give a person an account, or renew or change the one they have.

    Example: p4dp account grant marie --role epidemiologist --until 2027-06-30
    """
    from p4dp.governance import grant, os_user
    from p4dp.settings import Home

    _, trail = _keys_and_trail()
    actor = os_user()
    account = grant(Home.from_environment(), user, role, until.date(), granted_by=actor)
    trail.append(
        "account.grant",
        actor=actor,
        outcome="done",
        details={"user": user, "role": role, "expires_on": account.expires_on},
    )
    out.print(f"{user} is {role} until {account.expires_on}")


def account_revoke(user: Annotated[str, typer.Argument(help="Name of one person.")]) -> None:
    """Take an account away, at once.

    Example: p4dp account revoke marie
    """
    from p4dp.governance import os_user, revoke
    from p4dp.settings import Home

    _, trail = _keys_and_trail()
    account = revoke(Home.from_environment(), user)
    trail.append(
        "account.revoke",
        actor=os_user(),
        outcome="done",
        details={"user": user, "role": account.role},
    )
    out.print(f"{user} has no account any more")


def _keys_and_trail() -> tuple[WarehouseKeys, Trail]:
    from p4dp.governance import Trail
    from p4dp.settings import Home, keys_dir
    from p4dp.vault import warehouse_keys

    home = Home.from_environment()
    keys = warehouse_keys(keys_dir(), home)
    return keys, Trail(home, keys.trail)


def _write(table: pa.Table, format: Format, to: Path | None) -> None:
    if format is Format.table and to is None:
        _print_rows(table)
    elif format is Format.table:
        raise typer.BadParameter("--out needs --format csv, json or parquet")
    elif format is Format.json:
        _write_json(table, to)
    elif format is Format.csv:
        import pyarrow.csv

        pyarrow.csv.write_csv(_flat(table), str(to) if to else sys.stdout.buffer)
    else:
        import pyarrow.parquet

        if to is None and sys.stdout.isatty():
            raise typer.BadParameter("a Parquet file is not for the screen: add --out FILE")
        pyarrow.parquet.write_table(table, str(to) if to else sys.stdout.buffer)


def _print_rows(table: pa.Table) -> None:
    """Rows as a plain table; one line a value where they are too wide for the screen."""
    names = table.column_names
    columns = [
        ["" if v is None else _text(v) for v in column.to_pylist()]
        for column in table.slice(0, TABLE_ROWS).columns
    ]
    widths = [
        max(len(name), *map(len, cells), 0) for name, cells in zip(names, columns, strict=True)
    ]
    rows = list(zip(*columns, strict=True))
    limit = out.width if out.is_terminal else PIPED_WIDTH
    if sum(widths) + 2 * (len(widths) - 1) <= limit:
        right = [_is_number(field.type) for field in table.schema]
        for cells in (tuple(names), tuple("-" * w for w in widths), *rows):
            line = "  ".join(
                cell.rjust(w) if r else cell.ljust(w)
                for cell, w, r in zip(cells, widths, right, strict=True)
            )
            sys.stdout.write(line.rstrip() + "\n")
    else:
        widest = max(map(len, names))
        for number, cells in enumerate(rows, start=1):
            sys.stdout.write(f"-- row {number}\n")
            for name, cell in zip(names, cells, strict=True):
                sys.stdout.write(f"{name.ljust(widest)}  {cell}".rstrip() + "\n")
    count = f"{table.num_rows:,} row{'' if table.num_rows == 1 else 's'}"
    if table.num_rows > TABLE_ROWS:
        count += f", the first {TABLE_ROWS} shown; --format csv writes all"
    err.print(count, highlight=False)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    return " ".join(str(value).split())


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _write_json(table: pa.Table, to: Path | None) -> None:
    import json

    names = table.column_names
    columns = [[_plain(v) for v in column.to_pylist()] for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if to is None:
        print_json(rows)
    else:
        to.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """A value as JSON knows it: dates as ISO text, decimals as numbers, NaN as null."""
    import math
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _flat(table: pa.Table) -> pa.Table:
    """Lists and structures as JSON text: CSV has no place for them."""
    import json

    import pyarrow as pa

    for i, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            texts = [
                None if v is None else json.dumps(_plain(v), ensure_ascii=False)
                for v in table.column(i).to_pylist()
            ]
            table = table.set_column(i, field.name, pa.array(texts, pa.string()))
    return table
