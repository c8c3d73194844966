-- Days covered by each supply of a substance. Claims: boxes dispensed times the days of a pack, or units of a hospital
-- pharmacy times the days of a unit; practices: the duration
-- prescribed, else boxes. The two bases are never mixed. Days in hospital use up no supply: everything is reckoned in
-- outpatient days (positions) and brought back to the calendar at the end. What is left of a supply at an early refill is
-- carried forward, up to the cap of its class.
with classes as (
    select
        code.atc_code,
        max(class.carry_cap_days) as carry_cap_days,
        max(class.pack_days) as pack_days,
        min(class.line_gap_days) as line_gap_days
    from {{ ref('drug_class_code') }} as code
    inner join {{ ref('drug_class') }} as class
        on code.drug_class = class.drug_class
    where code.role = 'case'
    group by code.atc_code
),

dispensings as (
    select
        person_key,
        source,
        practice_key,
        dispensing_date as supply_date,
        dispensing_code as product_code,
        atc_code,
        quantity as box_count,
        cast(null as integer) as duration_days
    from {{ ref('fct_dispensing') }}
    where {{ is_due_person() }}
),

prescriptions as (
    select
        person_key,
        source,
        practice_key,
        prescription_date as supply_date,
        prescription_code as product_code,
        atc_code,
        box_count,
        duration_days
    from {{ ref('fct_prescription') }}
    where {{ is_due_person() }}
),

given as (
    select
        person_key, source, practice_key, supply_date, product_code, atc_code, cast(box_count as double) as box_count,
        duration_days
    from dispensings
    union all
    select
        person_key, source, practice_key, supply_date, product_code, atc_code, cast(box_count as double) as box_count,
        duration_days
    from prescriptions
),

packed as (
    select
        given.person_key,
        given.source,
        given.practice_key,
        given.supply_date,
        given.product_code,
        given.box_count,
        given.duration_days,
        coalesce(given.atc_code, pack.atc_code) as atc_code,
        coalesce(pack.pack_days, hospital_drug.unit_days) as pack_days,
        coalesce(pack.is_large_pack, false) as is_large_pack
    from given
    left join {{ ref('cip_pack') }} as pack
        on given.product_code = pack.cip13
    left join {{ ref('ucd_atc') }} as hospital_drug
        on given.product_code = hospital_drug.ucd_code
    where given.supply_date > cast('1900-01-01' as date)
),

seen_drugs as (
    select distinct atc_code
    from packed
    where length(atc_code) = 7
),

-- The longest class prefix of a substance tells its cap, gap and default pack.
followed as (
    select
        seen_drugs.atc_code,
        cast(dense_rank() over (order by seen_drugs.atc_code nulls first) as integer) as substance_number,
        classes.carry_cap_days,
        classes.pack_days,
        classes.line_gap_days
    from seen_drugs
    inner join classes
        on starts_with(seen_drugs.atc_code, classes.atc_code)
    qualify
        row_number() over (
            partition by seen_drugs.atc_code order by length(classes.atc_code) desc nulls last
        ) = 1
),

-- Boxes of one product add up; two products of one substance on one day (75 and 25 micrograms) are taken together.
products as (
    select
        packed.person_key,
        coalesce(packed.practice_key, 0) as holder_key,
        followed.substance_number,
        packed.supply_date,
        packed.product_code,
        max(packed.is_large_pack) as is_large_pack,
        max(followed.carry_cap_days) as carry_cap_days,
        max(packed.duration_days) as longest_duration_days,
        sum(coalesce(packed.box_count, 1) * coalesce(packed.pack_days, followed.pack_days)) as box_days
    from packed
    inner join followed
        on packed.atc_code = followed.atc_code
    where
        coalesce(packed.box_count, 1) > 0
    group by
        packed.person_key, coalesce(packed.practice_key, 0), followed.substance_number, packed.supply_date,
        packed.product_code
),

-- More than a year at once is a typing error: it counts as a year.
supplies as (
    select
        person_key,
        holder_key,
        substance_number,
        supply_date,
        max(carry_cap_days) as carry_cap_days,
        max(is_large_pack) as is_large_pack,
        least(
            max(
                case
                    when longest_duration_days > 0 then longest_duration_days
                    else cast(round(least(box_days, 365)) as integer)
                end
            ), 365
        ) as supplied_days
    from products
    group by person_key, holder_key, substance_number, supply_date
),

stay_nights as (
    select
        person_key,
        start_date as valid_from,
        end_date as valid_to
    from {{ ref('fct_hospital_stay') }}
    where
        {{ is_due_person() }}
        and end_date > start_date
),

stays as (
    {{ merged_intervals('stay_nights', ['person_key']) }}
),

-- Where a stay lies on the axis of outpatient days: it has no length there.
stay_axis as (
    select
        person_key,
        valid_from,
        valid_to,
        {{ days_between('valid_from', 'valid_to') }} as night_count,
        {{ days_between("cast('1900-01-01' as date)", 'valid_from') }} - coalesce(
            sum({{ days_between('valid_from', 'valid_to') }}) over (
                partition by person_key order by valid_from nulls first
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as position
    from stays
),

nights_before as (
    select
        supplies.person_key,
        supplies.holder_key,
        supplies.substance_number,
        supplies.supply_date,
        sum({{ days_between('stay_axis.valid_from', 'least(stay_axis.valid_to, supplies.supply_date)') }}) as night_count
    from supplies
    inner join stay_axis
        on
            supplies.person_key = stay_axis.person_key
            and supplies.supply_date > stay_axis.valid_from
    group by supplies.person_key, supplies.holder_key, supplies.substance_number, supplies.supply_date
),

placed as (
    select
        supplies.*,
        cast(
            {{ days_between("cast('1900-01-01' as date)", 'supplies.supply_date') }}
            - coalesce(nights_before.night_count, 0) as bigint
        ) as position
    from supplies
    left join nights_before
        on
            supplies.person_key = nights_before.person_key
            and supplies.holder_key = nights_before.holder_key
            and supplies.substance_number = nights_before.substance_number
            and supplies.supply_date = nights_before.supply_date
),

{{ carried_supplies('placed', ['person_key', 'holder_key', 'substance_number']) }},

-- Back to the calendar: a start on the day of admission is the day of discharge, an end there is the admission.
covered as (
    select
        carried.person_key,
        carried.holder_key,
        carried.substance_number,
        carried.supply_date,
        sum(case when stay_axis.position <= carried.from_position then stay_axis.night_count else 0 end)
            as nights_before_start,
        sum(case when stay_axis.position < carried.to_position then stay_axis.night_count else 0 end)
            as nights_before_end
    from carried
    inner join stay_axis
        on
            carried.person_key = stay_axis.person_key
            and carried.to_position >= stay_axis.position
    group by carried.person_key, carried.holder_key, carried.substance_number, carried.supply_date
),

holders as (
    select distinct
        coalesce(practice_key, 0) as holder_key,
        practice_key,
        source
    from packed
)

select
    carried.person_key,
    holders.source,
    case when holders.source = 'snds' then 'claims' else 'record' end as basis,
    holders.practice_key,
    followed.atc_code,
    carried.supply_date,
    cast(carried.supplied_days as integer) as supplied_days,
    carried.is_large_pack,
    {{ add_days("cast('1900-01-01' as date)", 'carried.from_position + coalesce(covered.nights_before_start, 0)') }}
        as covered_from_date,
    {{ add_days(
        "cast('1900-01-01' as date)",
        'case when carried.to_position = carried.from_position then '
        ~ 'carried.from_position + coalesce(covered.nights_before_start, 0) '
        ~ 'else carried.to_position + coalesce(covered.nights_before_end, 0) end'
    ) }} as covered_to_date,
    cast(carried.to_position - carried.from_position as integer) as covered_days,
    cast(carried.from_position as integer) as from_position,
    cast(carried.to_position as integer) as to_position
from carried
inner join holders
    on carried.holder_key = holders.holder_key
inner join followed
    on carried.substance_number = followed.substance_number
left join covered
    on
        carried.person_key = covered.person_key
        and carried.holder_key = covered.holder_key
        and carried.substance_number = covered.substance_number
        and carried.supply_date = covered.supply_date
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, practice_key nulls first, atc_code nulls first, supply_date nulls first
