"""The person register: one lasting key per person, and the whole story of every key.

Files under `register/`:

- `person_link/person_link.parquet`: the current link of every identity in the last input. Its
  key-value metadata holds the committed version: writing it is the commit.
- `history/version=NNNNNN.parquet`: the events of one version, never changed afterwards. A file
  newer than the committed version is the rest of a crash and is removed at the next start.

A version is the number of the register run that changed something; no clock is read. A
`person_key` is minted once. When keys merge the oldest survives and the others become aliases of
it; when a key splits it stays with the part that holds most of its identities. An identity that
leaves the input (`retire`) keeps its key in the history and gets it back when it returns.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from p4dp.errors import P4dpError
from p4dp.linkage.claims import keep_model, link_claims
from p4dp.linkage.deterministic import link_deterministically
from p4dp.linkage.identity import connect, load_identities
from p4dp.linkage.model import load_model, match_weight_table
from p4dp.linkage.overrides import (
    candidate_file,
    load_overrides,
    override_file,
    write_candidates,
)
from p4dp.linkage.practices import join_persons, keep_scores, score_practices
from p4dp.linkage.practices import model_file as sealed_model_file
from p4dp.linkage.quality import write_quality

PERSON_LINK_COLUMNS = (
    ("source", "string"),
    ("patient_pseudo", "string"),
    ("person_key", "bigint"),
    ("link_method", "string"),
    ("match_probability", "double"),
    ("register_version", "bigint"),
)
HISTORY_COLUMNS = (
    ("register_version", "bigint"),
    ("event", "string"),
    ("person_key", "bigint"),
    ("other_person_key", "bigint"),
    ("source", "string"),
    ("patient_pseudo", "string"),
    ("link_method", "string"),
    ("match_probability", "double"),
)
# mint: person_key is new. merge: other_person_key becomes an alias of person_key. split: person_key
# takes identities that other_person_key held. link: the identity joins person_key (coming from
# other_person_key, if it was elsewhere). evidence: same key, other method or probability.
# retire / return: the identity is absent from / back in the input.
EVENTS = ("mint", "merge", "split", "link", "evidence", "retire", "return")

_VERSION_KEY = "p4dp_register_version"


@dataclass(frozen=True)
class LinkReport:
    """What one register run found and changed. Counts are numbers of identities or of keys."""

    register_version: int
    is_changed: bool
    identity_count: int
    person_count: int
    minted_count: int = 0
    merged_count: int = 0
    split_count: int = 0
    linked_count: int = 0
    retired_count: int = 0
    changed_identity_count: int = 0
    by_source_and_method: dict[str, dict[str, int]] = field(default_factory=dict)
    probabilistic: dict[str, object] = field(default_factory=dict)
    indirect: dict[str, object] = field(default_factory=dict)
    messages: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The same content as plain values (JSON, Dagster metadata)."""
        return asdict(self)


def update_register(
    warehouse: Path,
    register: Path,
    *,
    with_snds: bool = True,
    tokens: pa.Table | None = None,
) -> LinkReport:
    """Link `staging.lnk_identity` of `warehouse` and bring the register up to date.

    Tiers: certified and waiting numbers, strict traits, sealed `tokens` (see
    `p4dp.vault.sealed_tokens`) by the register's own probabilistic model, then the claims by number
    and by days of care (`staging.lnk_care_day`, where it exists). Reads the warehouse read-only and
    writes only under `register`. Without change in the input nothing is written. A crash at any
    point leaves the previous register in force.
    """
    scratch = register / ".scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    with connect(scratch) as con:
        total = load_identities(con, warehouse, with_snds=with_snds)
        version = recover(register)
        _load_previous(con, register)
        load_overrides(con, register)
        link_deterministically(con)
        pairs = score_practices(con, register, tokens)
        join_persons(con, has_tokens=pairs.is_run)
        claims = link_claims(con, register)
        con.execute("create or replace temp table resolved as from membership")
        report = commit(con, register, version)
        keep_scores(con, register, pairs)
        keep_model(register, claims)
        scores_file = sealed_model_file(register)
        write_candidates(con, register)
        report = replace(report, probabilistic=asdict(pairs), indirect=asdict(claims))
        file = register / "quality" / "quality.json"
        if report.is_changed or not file.exists():
            weights = match_weight_table(load_model(scores_file)) if scores_file.exists() else []
            write_quality(con, register, report.register_version, report.as_dict(), weights)
    messages = []
    if not total:
        messages.append("no identity to link: staging.lnk_identity is empty")
    elif report.identity_count and len(report.by_source_and_method) == 1:
        messages.append(f"one source only: {next(iter(report.by_source_and_method))}")
    return replace(report, messages=tuple(messages))


def forget(register: Path, identities: Iterable[tuple[str, str]]) -> int:
    """Remove every trace of identities (source, patient_pseudo) from the register.

    For an opposition or an erasure: their rows leave the current links, the whole history, the
    stored scores, the readers' decisions and the review sheets; keys once minted stay used. Returns
    how many were known. Each file is replaced at once; after a crash, the same call finishes.
    """
    recover(register)
    listed = sorted(set(identities))
    wanted = pa.table(
        {
            "source": pa.array([source for source, _ in listed], pa.string()),
            "patient_pseudo": pa.array([pseudo for _, pseudo in listed], pa.string()),
        }
    )
    one = "using (source, patient_pseudo)"
    pair = (
        "where not exists (select 1 from gone where (gone.source = source_l and "
        "gone.patient_pseudo = patient_pseudo_l) or (gone.source = source_r and "
        "gone.patient_pseudo = patient_pseudo_r))"
    )
    with connect() as con:
        con.register("gone_arrow", wanted)
        con.execute("create temp table gone as from gone_arrow")
        read_history(con, register)
        known = con.execute(
            f"select count(distinct (source, patient_pseudo)) from history semi join gone {one}"
        ).fetchall()[0][0]
        for file in sorted((register / "history").glob("version=*.parquet")):
            version = int(file.stem.partition("=")[2])
            _write_atomically(con, f"from '{file}' anti join gone {one}", file, version)
        link = person_link_file(register)
        if link.exists():
            version = committed_version(register)
            query = f"from '{link}' anti join gone {one} order by source, patient_pseudo"
            _write_atomically(con, query, link, version)
        files = [
            (register / "scored" / "record.parquet", f"anti join gone {one}"),
            (register / "scored" / "pair.parquet", pair),
            (override_file(register), pair),
            (candidate_file(register), pair),
        ]
        for file, without in files:
            if file.exists():
                _write_atomically(con, f"from '{file}' {without}", file, 0)
    dropped = set(listed)
    for file in (register / "review").glob("sheet-*.json"):
        sheet = json.loads(file.read_text())
        sheet["pairs"] = [
            row
            for row in sheet["pairs"]
            if (row["source_l"], row["patient_pseudo_l"]) not in dropped
            and (row["source_r"], row["patient_pseudo_r"]) not in dropped
        ]
        temporary = file.with_name(f".{file.name}.tmp")
        temporary.write_text(json.dumps(sheet, ensure_ascii=False, indent=1))
        temporary.replace(file)
    return int(known)


def recover(register: Path) -> int:
    """The committed version (0 for a new register), after removing what a crash left behind."""
    link = person_link_file(register)
    history = register / "history"
    version = committed_version(register)
    for leftover in (*link.parent.glob(".*.tmp"), *history.glob(".*.tmp")):
        leftover.unlink()
    for path in history.glob("version=*.parquet"):
        if int(path.stem.partition("=")[2]) > version:
            path.unlink()
    if version and not (history / _history_name(version)).exists():
        raise P4dpError(
            f"The register says it is at version {version} but that version's history is missing",
            file=history / _history_name(version),
            remedy="restore the folder register/ from its last copy; keys cannot be re-made",
        )
    return version


def committed_version(register: Path) -> int:
    """The version of the register in force; 0 when there is none yet."""
    link = person_link_file(register)
    if not link.exists():
        return 0
    try:
        with duckdb.connect() as con:
            rows = con.execute(
                "select decode(value) from parquet_kv_metadata(?) where decode(key) = ?",
                [str(link), _VERSION_KEY],
            ).fetchall()
        return int(rows[0][0])
    except (duckdb.Error, IndexError, ValueError) as error:
        raise P4dpError(
            "The person register cannot be read",
            file=link,
            expected=f"a Parquet file with the metadata {_VERSION_KEY}",
            remedy="restore the folder register/ from its last copy; keys cannot be re-made",
        ) from error


def person_link_file(register: Path) -> Path:
    """Where the current links are."""
    return register / "person_link" / "person_link.parquet"


def commit(con: duckdb.DuckDBPyConnection, register: Path, version: int) -> LinkReport:
    """Reconcile the table `resolved` with the register at `version`, and write the next version.

    `resolved`: one row per row of `identity`: identity_no, component, link_method,
    match_probability. Needs `previous` and the history (`_load_previous`). Persons are components;
    keys already given are kept as the module says.
    """
    _assign_keys(con)
    _collect_events(con, version + 1)
    counts = dict(con.execute("select event, count(*) from event group by event").fetchall())
    changed = bool(counts) or not person_link_file(register).exists()
    if changed:
        target = version + 1 if counts else version
        if counts:
            _write_atomically(
                con,
                f"select {', '.join(name for name, _ in HISTORY_COLUMNS)} from event "
                "order by event, person_key, other_person_key, source, patient_pseudo",
                register / "history" / _history_name(target),
                target,
            )
        _write_atomically(
            con,
            f"select {', '.join(name for name, _ in PERSON_LINK_COLUMNS)} from person_link "
            "order by source, patient_pseudo",
            person_link_file(register),
            target,
        )
        version = target
    identities, persons, moved = con.execute(
        "select count(*), count(distinct person_key), count(*) filter (is_changed) from person_link"
    ).fetchall()[0]
    methods: dict[str, dict[str, int]] = {}
    for source, method, count in con.execute(
        "select source, link_method, count(*) from person_link group by all order by all"
    ).fetchall():
        methods.setdefault(source, {})[method] = count
    return LinkReport(
        register_version=version,
        is_changed=bool(counts),
        identity_count=identities,
        person_count=persons,
        minted_count=counts.get("mint", 0),
        merged_count=counts.get("merge", 0),
        split_count=counts.get("split", 0),
        linked_count=counts.get("link", 0),
        retired_count=counts.get("retire", 0),
        changed_identity_count=moved,
        by_source_and_method=methods,
    )


def read_history(con: duckdb.DuckDBPyConnection, register: Path, name: str = "history") -> None:
    """Make the view `name` over all committed events."""
    pattern = register / "history" / "version=*.parquet"
    if any(pattern.parent.glob(pattern.name)):
        con.execute(
            f"create or replace temp view {name} as from read_parquet('{pattern}', "
            "hive_partitioning = false)"
        )
    else:
        columns = ", ".join(f"null::{kind} as {column}" for column, kind in HISTORY_COLUMNS)
        con.execute(f"create or replace temp view {name} as select {columns} where false")


def read_aliases(con: duckdb.DuckDBPyConnection, name: str = "alias") -> None:
    """Make the table `name` (absorbed_key, person_key): every dead key and who bears it now.

    Needs the view `history`. A surviving key is always older, hence smaller, than the one it
    absorbs, so the chain ends.
    """
    con.execute(
        f"""
        create or replace temp table {name} as
        with recursive merged as materialized (
            select other_person_key as absorbed_key, person_key from history where event = 'merge'
        ),
        chain as (
            select absorbed_key, person_key from merged
            union all
            select chain.absorbed_key, merged.person_key
            from chain
            join merged on merged.absorbed_key = chain.person_key
        )
        select absorbed_key, min(person_key) as person_key from chain group by absorbed_key
        """
    )


def replay(con: duckdb.DuckDBPyConnection, name: str = "replayed") -> None:
    """Make the table `name` (source, patient_pseudo, person_key, is_present) from the history.

    Needs the view `history` and the table `alias`. The current register is its present part.
    """
    con.execute(
        f"""
        create or replace temp table {name} as
        with last as (
            select
                source,
                patient_pseudo,
                arg_max(person_key, register_version) filter (event in ('link', 'return'))
                    as given_key,
                arg_max(event, register_version) filter (event in ('link', 'retire', 'return'))
                    as last_event
            from history
            where source is not null
            group by source, patient_pseudo
        )
        select
            source,
            patient_pseudo,
            coalesce(alias.person_key, given_key) as person_key,
            last_event <> 'retire' as is_present
        from last
        left join alias on alias.absorbed_key = given_key
        """
    )


def _load_previous(con: duckdb.DuckDBPyConnection, register: Path) -> None:
    """Table `previous`: what the register knows of each identity, present or retired."""
    link = person_link_file(register)
    if link.exists():
        con.execute(f"create or replace temp table old_link as from read_parquet('{link}')")
    else:
        columns = ", ".join(f"null::{kind} as {name}" for name, kind in PERSON_LINK_COLUMNS)
        con.execute(f"create or replace temp table old_link as select {columns} where false")
    read_history(con, register)
    read_aliases(con)
    con.execute(
        """
        create or replace temp table unseen as
        select identity_no, source, patient_pseudo
        from identity
        anti join old_link using (source, patient_pseudo)
        """
    )
    con.execute(
        """
        create or replace temp table previous as
        select i.identity_no, o.person_key, o.link_method, o.match_probability,
            o.register_version, false as is_returning
        from identity as i
        join old_link as o using (source, patient_pseudo)
        union all
        select u.identity_no, coalesce(alias.person_key, h.person_key), null, null, null, true
        from unseen as u
        join (
            select source, patient_pseudo, arg_max(person_key, register_version) as person_key
            from history
            where event in ('link', 'return')
            group by source, patient_pseudo
        ) as h using (source, patient_pseudo)
        left join alias on alias.absorbed_key = h.person_key
        """
    )


def _assign_keys(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `holding` (which person takes which old key), `minted` and `component_key`."""
    con.execute(
        """
        create or replace temp table holding as
        with held as (
            select r.component, p.person_key, count(*) as identity_count
            from resolved as r
            join previous as p using (identity_no)
            group by r.component, p.person_key
        ),
        kept as (
            select component, person_key
            from held
            qualify row_number() over (
                partition by person_key order by identity_count desc, component
            ) = 1
        )
        select component, person_key, min(person_key) over (partition by component) as survivor_key
        from kept
        """
    )
    con.execute(
        """
        create or replace temp table minted as
        select
            component,
            (select coalesce(max(person_key), 0) from history where event = 'mint')
                + row_number() over (order by component) as person_key
        from (select distinct component from resolved)
        anti join holding using (component)
        """
    )
    con.execute(
        """
        create or replace temp table component_key as
        select distinct component, survivor_key as person_key from holding
        union all
        select component, person_key from minted
        """
    )


def _collect_events(con: duckdb.DuckDBPyConnection, version: int) -> None:
    """Tables `person_link` (the next state) and `event` (what led to it)."""
    con.execute(
        """
        create or replace temp table transition as
        select
            i.source,
            i.patient_pseudo,
            k.person_key,
            r.link_method,
            r.match_probability,
            p.person_key as previous_key,
            coalesce(absorbed.survivor_key, p.person_key) as inherited_key,
            coalesce(p.is_returning, false) as is_returning,
            p.person_key is null as is_new,
            p.link_method is distinct from r.link_method
                or p.match_probability is distinct from r.match_probability as is_other_evidence,
            p.register_version as previous_version
        from resolved as r
        join identity as i using (identity_no)
        join component_key as k using (component)
        left join previous as p using (identity_no)
        left join holding as absorbed on absorbed.person_key = p.person_key
        """
    )
    con.execute(
        f"""
        create or replace temp table person_link as
        select
            source, patient_pseudo, person_key, link_method, match_probability,
            is_new or is_returning or previous_key <> person_key or is_other_evidence as is_changed,
            case when is_changed then {version} else previous_version end as register_version
        from transition
        """
    )
    con.execute(
        f"""
        create or replace temp table event as
        with raw as (
            select 'mint' as event, person_key, null::bigint as other_person_key,
                null::varchar as source, null::varchar as patient_pseudo,
                null::varchar as link_method, null::double as match_probability
            from minted
            union all
            select 'merge', survivor_key, person_key, null, null, null, null
            from holding
            where person_key <> survivor_key
            union all
            select distinct 'split', person_key, inherited_key, null, null, null, null
            from transition
            where inherited_key <> person_key
            union all
            select
                case
                    when is_new or inherited_key <> person_key then 'link'
                    when is_returning then 'return'
                    else 'evidence'
                end,
                person_key,
                case when inherited_key <> person_key then inherited_key end,
                source, patient_pseudo, link_method, match_probability
            from transition
            where is_new or is_returning or inherited_key <> person_key or is_other_evidence
            union all
            select 'retire', person_key, null, source, patient_pseudo, link_method,
                match_probability
            from old_link
            anti join identity using (source, patient_pseudo)
        )
        select {version}::bigint as register_version, * from raw
        """
    )


def _write_atomically(con: duckdb.DuckDBPyConnection, query: str, path: Path, version: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    con.execute(
        f"copy ({query}) to '{temporary}' "
        f"(format parquet, compression zstd, kv_metadata {{{_VERSION_KEY}: '{version}'}})"
    )
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(temporary, path)


def _history_name(version: int) -> str:
    return f"version={version:06d}.parquet"
