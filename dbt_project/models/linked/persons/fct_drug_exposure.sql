-- Treatment lines: supplies of a substance, or of any substance of a class, with no more than the class's gap between them.
-- Days are outpatient days; a switch inside a class goes on with the line, an added substance too.
with supplies as (
    select
        person_key,
        source,
        basis,
        practice_key,
        atc_code,
        supply_date,
        supplied_days,
        is_large_pack,
        covered_from_date,
        covered_to_date,
        from_position,
        to_position
    from {{ ref('fct_drug_supply') }}
    where {{ is_due_person() }}
),

seen_drugs as (
    select distinct atc_code
    from supplies
),

matched_classes as (
    select
        seen_drugs.atc_code,
        code.drug_class,
        code.role
    from seen_drugs
    inner join {{ ref('drug_class_code') }} as code
        on starts_with(seen_drugs.atc_code, code.atc_code)
    qualify
        row_number() over (
            partition by seen_drugs.atc_code, code.drug_class order by length(code.atc_code) desc nulls last
        ) = 1
),

exposures as (
    select
        'class' as exposure_level,
        matched_classes.drug_class as exposure_code,
        matched_classes.atc_code,
        class.line_gap_days
    from matched_classes
    inner join {{ ref('drug_class') }} as class
        on matched_classes.drug_class = class.drug_class
    where matched_classes.role = 'case'
    union all
    select
        'substance' as exposure_level,
        matched_classes.atc_code as exposure_code,
        matched_classes.atc_code,
        min(class.line_gap_days) as line_gap_days
    from matched_classes
    inner join {{ ref('drug_class') }} as class
        on matched_classes.drug_class = class.drug_class
    where matched_classes.role = 'case'
    group by matched_classes.atc_code
),

-- Windows over numbers: levels, codes and substances are named again at the end.
levels as (
    select
        exposures.*,
        cast(dense_rank() over (order by exposure_level nulls first, exposure_code nulls first) as integer)
            as exposure_number,
        cast(dense_rank() over (order by atc_code nulls first) as integer) as substance_number
    from exposures
),

placed as (
    select
        supplies.person_key,
        coalesce(supplies.practice_key, 0) as holder_key,
        levels.exposure_number,
        levels.substance_number,
        levels.line_gap_days,
        supplies.supply_date,
        supplies.supplied_days,
        supplies.is_large_pack,
        supplies.covered_to_date,
        supplies.from_position,
        supplies.to_position,
        max(supplies.to_position) over (
            partition by supplies.person_key, coalesce(supplies.practice_key, 0), levels.exposure_number
            order by
                supplies.from_position nulls first, supplies.to_position nulls first,
                levels.substance_number nulls first, supplies.supply_date nulls first
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from supplies
    inner join levels
        on supplies.atc_code = levels.atc_code
),

numbered as (
    select
        placed.*,
        cast(
            sum(case when covered_until is null or from_position - covered_until > line_gap_days then 1 else 0 end) over (
                partition by person_key, holder_key, exposure_number
                order by
                    from_position nulls first, to_position nulls first, substance_number nulls first,
                    supply_date nulls first
                rows between unbounded preceding and current row
            ) as integer
        ) as line_number
    from placed
),

-- Per line and substance first, then per line: most lines hold one.
substances as (
    select
        person_key,
        holder_key,
        exposure_number,
        line_number,
        substance_number,
        min(supply_date) as first_date,
        max(supply_date) as last_date,
        max(covered_to_date) as covered_to_date,
        count(*) as supply_count,
        sum(supplied_days) as supplied_days,
        sum(greatest(0, to_position - greatest(from_position, coalesce(covered_until, from_position)))) as covered_days,
        min(from_position) as first_position,
        max(to_position) as last_position,
        count(case when is_large_pack then 1 end) as large_pack_count
    from numbered
    group by person_key, holder_key, exposure_number, line_number, substance_number
),

-- A new substance is a switch where the one started before it is never supplied again in the line, else an addition.
followed as (
    select
        substances.*,
        lag(last_date) over first_supplies as last_date_before,
        row_number() over first_supplies as first_rank,
        row_number() over last_supplies as last_rank
    from substances
    window
        first_supplies as (
            partition by person_key, holder_key, exposure_number, line_number
            order by first_date nulls first, substance_number nulls first
        ),
        last_supplies as (
            partition by person_key, holder_key, exposure_number, line_number
            order by last_date desc nulls last, first_date desc nulls last, substance_number desc nulls last
        )
),

lines as (
    select
        person_key,
        holder_key,
        exposure_number,
        line_number,
        min(first_date) as start_date,
        max(last_date) as last_supply_date,
        max(covered_to_date) as covered_to_date,
        cast(sum(supply_count) as bigint) as supply_count,
        cast(sum(supplied_days) as bigint) as supplied_days,
        cast(sum(covered_days) as bigint) as covered_days,
        cast(max(last_position) - min(first_position) as bigint) as line_days,
        min(first_position) as first_position,
        max(last_position) as last_position,
        cast(sum(large_pack_count) as bigint) as large_pack_count,
        cast(count(*) as bigint) as substance_count,
        cast(count(case when last_date_before <= first_date then 1 end) as bigint) as switch_count,
        max(case when first_rank = 1 then substance_number end) as first_substance,
        max(case when last_rank = 1 then substance_number end) as last_substance
    from followed
    group by person_key, holder_key, exposure_number, line_number
),

codes as (
    select distinct exposure_number, exposure_level, exposure_code
    from levels
),

named as (
    select distinct substance_number, atc_code
    from levels
),

holders as (
    select distinct
        coalesce(practice_key, 0) as holder_key,
        practice_key,
        source,
        basis
    from supplies
)

select
    lines.person_key,
    holders.source,
    holders.basis,
    holders.practice_key,
    codes.exposure_level,
    codes.exposure_code,
    case when codes.exposure_level = 'class' then codes.exposure_code end as drug_class,
    case when codes.exposure_level = 'substance' then codes.exposure_code end as atc_code,
    lines.line_number,
    lines.start_date,
    lines.last_supply_date,
    lines.covered_to_date,
    lines.supply_count,
    lines.supplied_days,
    lines.covered_days,
    lines.line_days,
    {{ ratio('lines.covered_days', 'lines.line_days') }} as covered_share,
    {{ days_between('lines.start_date', 'lines.covered_to_date') }} - lines.line_days as hospital_days,
    cast(
        lines.first_position - lag(lines.last_position) over (
            partition by lines.person_key, lines.holder_key, lines.exposure_number
            order by lines.line_number nulls first
        ) as bigint
    ) as gap_before_days,
    lines.substance_count,
    lines.switch_count,
    first_named.atc_code as first_atc_code,
    last_named.atc_code as last_atc_code,
    lines.large_pack_count
from lines
inner join holders
    on lines.holder_key = holders.holder_key
inner join codes
    on lines.exposure_number = codes.exposure_number
inner join named as first_named
    on lines.first_substance = first_named.substance_number
inner join named as last_named
    on lines.last_substance = last_named.substance_number
