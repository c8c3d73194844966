-- From the dose that completes a scheme on. Begun late, another number of doses is needed.
with counted as (
    select
        rule.rule_name,
        rule.scheme,
        rule.dose_count,
        rule.late_from_months,
        rule.late_dose_count,
        rule.dose_valid_months,
        rule.season_first_month,
        rule.valid_from as rule_from_date,
        coalesce(rule.valid_to, {{ open_end() }}) as rule_to_date,
        {{ add_months('unit.birth_month_date', 'rule.age_from_months') }} as age_from_date,
        coalesce({{ add_months('unit.birth_month_date', 'rule.age_below_months') }}, {{ open_end() }}) as age_below_date,
        unit.birth_month_date,
        dose.unit_key,
        dose.dose_date,
        dose.evidence_source,
        row_number() over (
            partition by rule.rule_name, rule.scheme, dose.unit_key order by dose.dose_date nulls first
        ) as dose_number,
        min(dose.dose_date) over (partition by rule.rule_name, rule.scheme, dose.unit_key) as first_dose_date
    from {{ ref('vaccination_calendar') }} as rule
    inner join {{ ref('int_vaccination__dose') }} as dose
        on
            rule.antigen = dose.antigen
            and (rule.product is null or rule.product = dose.product)
            and (rule.product_excluded is null or dose.product is null or rule.product_excluded != dose.product)
            and (rule.counted_from_date is null or rule.counted_from_date <= dose.dose_date)
            and (
                rule.season_first_month is null
                or extract(month from dose.dose_date) >= rule.season_first_month
                or extract(month from dose.dose_date) <= rule.season_last_month
            )
    inner join {{ ref('int_indicators__unit') }} as unit on dose.unit_key = unit.unit_key
    where
        unit.birth_month_date is not null
        and dose.dose_date >= {{ add_months('unit.birth_month_date', 'coalesce(rule.counted_from_months, 0)') }}
),

completed as (
    select
        *,
        case
            when
                late_from_months is not null
                and first_dose_date >= {{ add_months('birth_month_date', 'late_from_months') }} then late_dose_count
            else dose_count
        end as needed_count
    from counted
),

spanned as (
    select
        rule_name,
        scheme,
        unit_key,
        greatest(dose_date, age_from_date, rule_from_date) as valid_from,
        least(
            age_below_date,
            rule_to_date,
            case
                when season_first_month is not null
                    then make_date(
                        cast(extract(year from dose_date) as integer)
                        + case when extract(month from dose_date) >= season_first_month then 1 else 0 end,
                        season_first_month,
                        1
                    )
                when dose_valid_months is not null then {{ window_end('dose_date', 'dose_valid_months') }}
                else {{ open_end() }}
            end
        ) as valid_to,
        dose_date as evidence_date,
        evidence_source
    from completed
    where dose_number >= needed_count
)

select rule_name, scheme, unit_key, valid_from, valid_to, evidence_date, evidence_source
from spanned
where valid_from < valid_to
