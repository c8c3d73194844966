with exemptions as (
    select
        source,
        practice_pseudo,
        patient_pseudo,
        record_id,
        delivery_id,
        delivery_row,
        exemption_nature_code,
        list_number,
        long_term_illness_code,
        long_term_illness_system,
        start_date,
        end_date
    from {{ ref('stg_long_term_illness') }}
    where {{ is_due() }}
),

registered as (
    {{ latest_claims_versions('exemptions') }}
),

-- The list number sent is often 0: it is read from the first four characters of the diagnosis, then from
-- its category. Off-list illnesses (nature 43) are number 31 whatever their diagnosis; nature 45 alone says
-- nothing about number 32.
numbered as (
    select
        registered.*,
        coalesce(by_code.ald_number, by_category.ald_number) as diagnosis_ald_number
    from registered
    left join {{ ref('ald_diagnosis') }} as by_code
        on
            by_code.covers = 'code'
            and case
                when registered.long_term_illness_system = 'CIM-10' then substr(registered.long_term_illness_code, 1, 4)
            end = by_code.diagnosis_code
    left join {{ ref('ald_diagnosis') }} as by_category
        on
            by_category.covers = 'category'
            and case
                when registered.long_term_illness_system = 'CIM-10' then substr(registered.long_term_illness_code, 1, 3)
            end = by_category.diagnosis_code
    -- a register that says the same thing twice says it once
    qualify
        row_number() over (
            partition by registered.record_id
            order by registered.end_date desc nulls first, registered.list_number desc nulls last
        ) = 1
)

select
    {{ surrogate_key(['numbered.source', 'numbered.record_id']) }} as long_term_illness_key,
    link.person_key,
    numbered.patient_pseudo,
    {{ surrogate_key(['numbered.practice_pseudo']) }} as practice_key,
    numbered.start_date as long_term_illness_date,
    numbered.start_date,
    numbered.end_date,
    numbered.long_term_illness_code,
    numbered.long_term_illness_system,
    cast(
        case
            when numbered.exemption_nature_code = 43 then 31
            when numbered.diagnosis_ald_number is not null then numbered.diagnosis_ald_number
            when numbered.list_number > 0 then numbered.list_number
        end as integer
    ) as ald_number,
    numbered.source
from numbered
inner join {{ ref('fct_patient_link') }} as link
    on
        numbered.source = link.source
        and numbered.patient_pseudo = link.patient_pseudo
