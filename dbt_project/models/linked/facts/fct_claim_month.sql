-- What a month of claims says about a person whatever the acts were: was anything claimed, was any of it
-- exempted for a long-term illness, where in the care pathway, in a nursing home or not, living where.
with claims as (
    select
        source,
        patient_pseudo,
        delivery_id,
        care_date,
        case when quantity > 0 then 1 when quantity < 0 then -1 else 0 end as line_sign,
        coalesce(exemption_code in (42, 44, 46), false) as is_exempted,
        pathway_code,
        is_in_nursing_home,
        commune_code
    from {{ ref('stg_snds__claim') }}
    where
        removal_reason is null
        and care_date is not null
        and {{ is_due() }}
),

claimed as (
    {{ current_claims('claims') }}
),

months as (
    select
        source,
        patient_pseudo,
        {{ month_start('care_date') }} as month_start_date,
        cast(sum(line_sign) as bigint) as claim_count,
        cast(sum(case when is_exempted then line_sign else 0 end) as bigint) as exempted_claim_count,
        max(case when is_exempted and line_sign > 0 then care_date end) as last_exempted_date,
        -- the code of the latest day that has one, the greatest where a day has several
        cast(max(
            case
                when pathway_code between 1 and 99 and line_sign > 0
                    then extract(day from care_date) * 100 + pathway_code
            end
        ) % 100 as integer) as pathway_code,
        max(case when is_in_nursing_home and line_sign > 0 then 1 else 0 end) = 1 as is_in_nursing_home,
        substr(max(
            case
                when commune_code is not null and line_sign > 0
                    then lpad(cast(extract(day from care_date) as string), 2, '0') || commune_code
            end
        ), 3) as commune_code
    from claimed
    group by source, patient_pseudo, {{ month_start('care_date') }}
    having sum(line_sign) > 0
)

select
    link.person_key,
    months.patient_pseudo,
    months.month_start_date,
    months.claim_count,
    months.exempted_claim_count,
    months.last_exempted_date,
    months.pathway_code,
    months.is_in_nursing_home,
    months.commune_code,
    months.source
from months
inner join {{ ref('fct_patient_link') }} as link
    on
        months.source = link.source
        and months.patient_pseudo = link.patient_pseudo
-- rows of a person together: see docs/decisions/0015
order by person_key nulls first, patient_pseudo nulls first, month_start_date nulls first
