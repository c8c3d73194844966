"""Deterministic tiers: identities that share a certified key, or all strict traits.

Every tier attaches identities to *hubs* (one number, one set of traits). A hub is a key only if
nothing speaks against it: sex and birth must agree, no practice may hold it for too many charts,
and a hub that stands for several people is refused as a whole; its identities stay apart until
better evidence arrives. Who shares a hub, directly or through others, is one person.

The order of trust follows the INS rules (a certified number is stronger than traits) and the known
weakness of the SNDS chaining: a number made from the insured person's NIR is the same for
same-sex twins, so it is a key only where the claims hold one beneficiary under it: a second rank
alone tells of a twin whose row did not come.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# A number found on more charts than this in one practice, or with more different sets of traits,
# or on more identities altogether, is a placeholder or a test number, not a person.
MAX_CHARTS_PER_PRACTICE = 3
MAX_TRAITS_PER_NUMBER = 4
MAX_IDENTITIES_PER_NUMBER = 24

TIERS = ("nir", "traits", "snds_direct")


def link_deterministically(con: duckdb.DuckDBPyConnection) -> None:
    """Fill the temporary table `membership` from the tables `identity` and `override`.

    `membership`: one row per identity: identity_no, component (the smallest identity_no of its
    person), link_method (`nir`, `traits`, `snds_direct`, or `single` when nobody else was found).
    """
    _number_hubs(con)
    _traits_hubs(con)
    attached = "select identity_no, hub_key, is_waiting from number_hub"
    _components(con, f"{attached} union all select identity_no, hub_key, false from traits_hub")
    # A waiting number (NIA) may tie two certified people together: certified numbers win.
    con.execute(
        """
        create or replace temp table torn as
        select component
        from (
            select m.component, m.identity_no
            from component_of as m
        ) as m
        join identity using (identity_no)
        where identity.nir_status = 'certified'
        group by component
        having count(distinct identity.nir_pseudo) > 1
        """
    )
    if _count(con, "torn"):
        con.execute(
            """
            delete from number_hub
            where is_waiting and identity_no in (
                select identity_no from component_of join torn using (component)
            )
            """
        )
        _components(con, f"{attached} union all select identity_no, hub_key, false from traits_hub")
    _insured_hubs(con)
    everything = (
        f"{attached} union all select identity_no, hub_key, false from traits_hub "
        "union all select identity_no, hub_key, false from insured_hub"
    )
    _components(con, everything)
    _obey_readers(con, everything)
    con.execute(
        """
        create or replace temp table membership as
        with size as (
            select component, count(*) as member_count from component_of group by component
        ),
        shared_number as (
            select hub_key from number_hub group by hub_key having count(*) > 1
        ),
        by_number as (
            select distinct identity_no from number_hub semi join shared_number using (hub_key)
        )
        select
            c.identity_no,
            c.component,
            case
                when size.member_count = 1 then 'single'
                when i.source = 'snds' then 'snds_direct'
                when n.identity_no is not null then 'nir'
                when t.identity_no is not null then 'traits'
                else 'snds_direct'
            end as link_method
        from component_of as c
        join size using (component)
        join identity as i using (identity_no)
        left join by_number as n using (identity_no)
        left join (
            select identity_no
            from traits_hub
            where hub_key in (select hub_key from traits_hub group by hub_key having count(*) > 1)
        ) as t using (identity_no)
        """
    )


def _obey_readers(con: duckdb.DuckDBPyConnection, everything: str) -> None:
    """Two identities that readers found to be different people: the second leaves every hub."""
    con.execute(
        """
        create or replace temp table torn_pair as
        select o.identity_no_r as identity_no
        from override as o
        join component_of as l on l.identity_no = o.identity_no_l
        join component_of as r on r.identity_no = o.identity_no_r
        where not o.is_same and l.component = r.component
        """
    )
    if not _count(con, "torn_pair"):
        return
    for hub in ("number_hub", "traits_hub", "insured_hub"):
        con.execute(f"delete from {hub} where identity_no in (select identity_no from torn_pair)")
    _components(con, everything)


def _number_hubs(con: duckdb.DuckDBPyConnection) -> None:
    """Certified and waiting numbers, and the numbers the trusted third party gave for claims."""
    con.execute(
        f"""
        create or replace temp table number_hub as
        with bearer as (
            select
                identity_no,
                nir_pseudo,
                source,
                coalesce(practice_pseudo, source) as place,
                traits_pseudo,
                birth_year,
                birth_month,
                nullif(sex, 'U') as sex,
                -- twins under one insured number differ by their rank only
                case when source = 'snds'
                    then regexp_replace(patient_pseudo, '-[^-]*$', '') end as beneficiary,
                coalesce(nir_status = 'waiting', false) as is_waiting
            from identity
            where nir_pseudo is not null
                and (nir_status in ('certified', 'waiting') or source = 'snds')
        ),
        place as (
            select
                nir_pseudo,
                place,
                count(*) as chart_count,
                count(distinct traits_pseudo) as traits_count
            from bearer
            group by nir_pseudo, place
        ),
        refused as (
            select nir_pseudo
            from bearer
            group by nir_pseudo
            having count(distinct birth_year) > 1
                or count(distinct birth_month) > 1
                or count(distinct sex) > 1
                or count(distinct traits_pseudo) > {MAX_TRAITS_PER_NUMBER}
                or count(*) > {MAX_IDENTITIES_PER_NUMBER}
                or count(beneficiary) > count(distinct beneficiary)
            union
            -- two charts of one practice, one number, other names or birth days: twins or a
            -- mistyped name; the number alone cannot tell
            select nir_pseudo
            from place
            where chart_count > {MAX_CHARTS_PER_PRACTICE} or traits_count > 1
        )
        select identity_no, 'n' || nir_pseudo as hub_key, is_waiting
        from bearer
        anti join refused using (nir_pseudo)
        """
    )


def _traits_hubs(con: duckdb.DuckDBPyConnection) -> None:
    """Equal birth name, first name, birth date and sex; never across two certified numbers."""
    con.execute(
        f"""
        create or replace temp table traits_hub as
        with bearer as (
            select
                identity_no,
                traits_pseudo,
                coalesce(practice_pseudo, source) as place,
                case when nir_status = 'certified' then nir_pseudo end as certified_number,
                birth_year,
                birth_month,
                nullif(sex, 'U') as sex
            from identity
            where traits_pseudo is not null
        ),
        refused as (
            select traits_pseudo
            from bearer
            group by traits_pseudo
            having count(distinct certified_number) > 1
                or count(distinct birth_year) > 1
                or count(distinct birth_month) > 1
                or count(distinct sex) > 1
                or count(*) > {MAX_IDENTITIES_PER_NUMBER}
            union
            select traits_pseudo
            from bearer
            group by traits_pseudo, place
            having count(*) > {MAX_CHARTS_PER_PRACTICE}
        )
        select identity_no, 't' || traits_pseudo as hub_key
        from bearer
        anti join refused using (traits_pseudo)
        """
    )


def _insured_hubs(con: duckdb.DuckDBPyConnection) -> None:
    """An insured person's number: a key to claims when it means one person on both sides."""
    con.execute(
        """
        create or replace temp table insured_hub as
        with bearer as (
            select
                identity_no,
                nir_pseudo,
                source = 'snds' as is_claims,
                component,
                -- as in staging: the highest rank counts the people who share the number
                case when source = 'snds'
                    then try_cast(regexp_extract(patient_pseudo, '[^-]*$') as integer) end as rank
            from identity
            join component_of using (identity_no)
            where nir_pseudo is not null and (nir_status = 'insured' or source = 'snds')
        ),
        usable as (
            select nir_pseudo
            from bearer
            group by nir_pseudo
            having count(*) filter (is_claims) = 1
                and coalesce(max(rank), 1) <= 1
                and count(*) filter (not is_claims) > 0
                and count(distinct component) filter (not is_claims) = 1
        )
        select identity_no, 'i' || nir_pseudo as hub_key
        from bearer
        semi join usable using (nir_pseudo)
        """
    )


def _components(con: duckdb.DuckDBPyConnection, attached: str) -> None:
    """Connected components of identities through hubs, into `component_of`."""
    total = _count(con, "identity")
    edges = con.execute(
        f"select identity_no, dense_rank() over (order by hub_key) - 1 as hub_no from ({attached})"
    ).fetchnumpy()
    hub = np.asarray(edges["hub_no"]) + total
    component = components(total, np.asarray(edges["identity_no"]), hub)
    con.register(
        "component_frame", pa.table({"identity_no": np.arange(total), "component": component})
    )
    con.execute("create or replace temp table component_of as from component_frame")
    con.unregister("component_frame")


def components(total: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The smallest node of the connected component of each of the nodes 0..total-1.

    `left` and `right` are the ends of undirected edges; ends numbered `total` or more are
    helpers (hubs) that get no answer of their own.
    """
    left = np.asarray(left, dtype=np.int64)
    right = np.asarray(right, dtype=np.int64)
    nodes = int(max(total, left.max(initial=-1) + 1, right.max(initial=-1) + 1))
    graph = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    label = label[:total]
    smallest = np.full(nodes, nodes, dtype=np.int64)
    np.minimum.at(smallest, label, np.arange(total))
    return smallest[label]


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])
