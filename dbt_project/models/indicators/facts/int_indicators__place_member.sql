-- Who counts where, and while: in a practice for its members; at home each record of a member, or each person once linked.
with member as (
    select
        basis.basis,
        membership.population_basis,
        membership.person_key,
        membership.practice_key,
        membership.valid_from,
        membership.valid_to
    from {{ ref('int_indicators__membership') }} as membership
    inner join (
        select 'record' as basis
        union all
        select 'linked' as basis
    ) as basis
        on membership.basis = basis.basis or membership.basis = 'both'
    where
        membership.population_basis in ('active', 'declared')
        and {{ is_in_work('membership.person_key') }}
),

practice_member as (
    select
        member.basis, member.population_basis, 'practice' as place_kind, member.practice_key, member.person_key,
        unit.unit_key, member.valid_from, member.valid_to
    from member
    inner join {{ ref('int_indicators__unit') }} as unit
        on member.person_key = unit.person_key and member.practice_key = unit.practice_key
    where member.basis = 'record'
    union all
    select
        basis, population_basis, 'practice' as place_kind, practice_key, person_key,
        cast(-person_key as bigint) as unit_key, valid_from, valid_to
    from member
    where basis = 'linked'
),

anywhere as (
    {{ merged_intervals("(select * from member where basis = 'linked')", ['population_basis', 'person_key']) }}
)

select
    basis, population_basis, place_kind, practice_key, person_key, unit_key, valid_from, valid_to
from practice_member
union all
select
    basis, population_basis, 'area' as place_kind, cast(null as bigint) as practice_key, person_key, unit_key,
    valid_from, valid_to
from practice_member
where basis = 'record'
union all
select
    'linked' as basis, population_basis, 'area' as place_kind, cast(null as bigint) as practice_key, person_key,
    cast(-person_key as bigint) as unit_key, valid_from, valid_to
from anywhere
union all
select
    'linked' as basis, population_basis, 'area' as place_kind, practice_key, person_key,
    cast(-person_key as bigint) as unit_key, valid_from, valid_to
from {{ ref('int_indicators__membership') }}
where
    population_basis = 'resident'
    and {{ is_in_work('person_key') }}
