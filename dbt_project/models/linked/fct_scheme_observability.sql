-- Since when, and how completely, the claims of each insurance scheme can be read: schemes join the
-- claims at different dates, and some send late. A year is observable when each of its months, up to
-- the date to which claims are complete, holds at least half the lines per beneficiary of the
-- scheme's median month, and the supplier's own date of joining (seed insurance_scheme) lies before it.
with run as (
    select claims_as_of_date
    from {{ ref('stg_run') }}
),

beneficiaries as (
    select
        scheme.patient_pseudo,
        scheme.scheme_code
    from {{ ref('stg_snds__scheme') }} as scheme
    inner join {{ ref('stg_delivery') }} as delivery
        on scheme.delivery_id = delivery.delivery_id
    where delivery.is_current
    qualify
        row_number() over (
            partition by scheme.patient_pseudo
            order by delivery.version_order desc nulls last, scheme.delivery_row desc nulls last
        ) = 1
),

sizes as (
    select
        coalesce(scheme_code, '?') as scheme_code,
        count(*) as beneficiary_count
    from beneficiaries
    group by coalesce(scheme_code, '?')
),

months as (
    select
        coalesce(beneficiaries.scheme_code, '?') as scheme_code,
        claims.month_start_date,
        sum(claims.claim_count) as claim_count
    from {{ ref('fct_claim_month') }} as claims
    inner join beneficiaries
        on claims.patient_pseudo = beneficiaries.patient_pseudo
    group by coalesce(beneficiaries.scheme_code, '?'), claims.month_start_date
),

usual as (
    select
        scheme_code,
        {{ median('claim_count') }} as usual_claim_count,
        min(month_start_date) as first_month_date
    from months
    group by scheme_code
),

years as (
    select
        months.scheme_code,
        cast(extract(year from months.month_start_date) as integer) as care_year,
        cast(sum(months.claim_count) as bigint) as claim_count,
        min(months.month_start_date) as first_month_date,
        max(months.month_start_date) as last_month_date,
        cast(count(case when months.claim_count >= 0.5 * usual.usual_claim_count then 1 end) as bigint)
            as usual_month_count
    from months
    inner join usual
        on months.scheme_code = usual.scheme_code
    inner join run
        on {{ month_end('months.month_start_date') }} <= run.claims_as_of_date
    group by months.scheme_code, cast(extract(year from months.month_start_date) as integer)
),

expected as (
    select
        years.*,
        sizes.beneficiary_count,
        scheme.scheme_name_fr,
        scheme.observed_from_date,
        -- months of the year up to the date to which claims are complete
        cast(
            case
                when years.care_year < extract(year from run.claims_as_of_date) then 12
                else
                    extract(month from run.claims_as_of_date)
                    - case when {{ month_end('run.claims_as_of_date') }} > run.claims_as_of_date then 1 else 0 end
            end as bigint
        ) as expected_month_count
    from years
    cross join run
    inner join sizes
        on years.scheme_code = sizes.scheme_code
    left join {{ ref('insurance_scheme') }} as scheme
        on years.scheme_code = scheme.scheme_code
)

select
    scheme_code,
    care_year,
    scheme_name_fr,
    cast(beneficiary_count as bigint) as beneficiary_count,
    claim_count,
    first_month_date,
    last_month_date,
    usual_month_count,
    expected_month_count,
    usual_month_count >= expected_month_count
    and coalesce(extract(year from observed_from_date) < care_year, true) as is_observable
from expected
