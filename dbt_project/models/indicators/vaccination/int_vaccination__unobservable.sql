-- Where a missing dose says nothing: the practice does not record these vaccines, the kind of a recorded vaccine is not known, the
-- dose may be older than what was observed, or it may have been given at school.
with rule as (
    select
        rule_name,
        max(antigen) as antigen,
        max(product) as product,
        max(module) as module,
        max(case when is_in_claims then 1 else 0 end) as is_in_claims,
        max(case when dose_valid_months is null and season_first_month is null then 1 else 0 end) as is_for_life,
        min(coalesce(counted_from_months, 0)) as counted_from_months,
        min(coalesce(counted_from_date, cast('1900-01-01' as date))) as counted_from_date
    from {{ ref('vaccination_calendar') }}
    group by rule_name
),

observed as (
    select
        unit.unit_key,
        unit.basis,
        unit.practice_key,
        unit.person_key,
        unit.birth_month_date,
        observation.claims_from_date is not null as has_claims,
        least(
            coalesce(observation.ehr_from_date, {{ open_end() }}), coalesce(observation.claims_from_date, {{ open_end() }})
        ) as observed_from_date
    from {{ ref('int_indicators__unit') }} as unit
    left join {{ ref('int_indicators__observation') }} as observation on unit.unit_key = observation.unit_key
    where unit.birth_month_date is not null
)

select
    rule.rule_name,
    observed.unit_key,
    cast('1900-01-01' as date) as valid_from,
    {{ open_end() }} as valid_to,
    'older_doses_unknown' as reason_code
from rule
cross join observed
where
    rule.is_for_life = 1
    and observed.observed_from_date
    > greatest({{ add_months('observed.birth_month_date', 'rule.counted_from_months') }}, rule.counted_from_date)
union all
select
    rule.rule_name,
    observed.unit_key,
    coalesce(module.valid_from, cast('1900-01-01' as date)) as valid_from,
    coalesce(module.valid_to, {{ open_end() }}) as valid_to,
    'vaccines_not_recorded_here' as reason_code
from rule
cross join observed
left join {{ ref('int_indicators__vaccine_module') }} as module
    on
        observed.practice_key = module.practice_key
        and rule.module = module.population
        and case rule.module when 'child' then 'any' else rule.antigen end = module.antigen
where observed.basis = 'record' and not coalesce(module.is_in_use, false)
union all
-- What claims do not show, or nobody's claims are at hand for, may have been given in a practice of the
-- person that does not record it.
select distinct
    rule.rule_name,
    linked.unit_key,
    coalesce(module.valid_from, cast('1900-01-01' as date)) as valid_from,
    coalesce(module.valid_to, {{ open_end() }}) as valid_to,
    'vaccines_not_recorded_here' as reason_code
from rule
cross join observed as linked
inner join observed on linked.person_key = observed.person_key and observed.basis = 'record'
left join {{ ref('int_indicators__vaccine_module') }} as module
    on
        observed.practice_key = module.practice_key
        and rule.module = module.population
        and case rule.module when 'child' then 'any' else rule.antigen end = module.antigen
where
    linked.basis = 'linked'
    and (rule.is_in_claims = 0 or not linked.has_claims)
    and not coalesce(module.is_in_use, false)
union all
select
    rule.rule_name,
    dose.unit_key,
    dose.dose_date as valid_from,
    {{ open_end() }} as valid_to,
    'vaccine_type_unknown' as reason_code
from rule
inner join {{ ref('int_vaccination__dose') }} as dose on rule.antigen = dose.antigen
where rule.product is not null and dose.product is null
union all
-- School campaigns since September 2023 reach those born since 2010; they are in no source.
select
    rule.rule_name,
    observed.unit_key,
    cast('2023-09-01' as date) as valid_from,
    {{ open_end() }} as valid_to,
    'school_doses_unknown' as reason_code
from rule
cross join observed
where rule.antigen = 'hpv' and observed.birth_month_date >= cast('2010-01-01' as date)
