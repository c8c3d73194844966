-- A result in the record proves the test; so does the laboratory's claim, which never holds a result.
with found as (
    select unit_key, measure, value_date as test_date
    from {{ ref('int_indicators__value') }}
    where
        measure in (
            'hba1c', 'creatinine', 'acr', 'tchol', 'ldl', 'potassium', 'fev1_fvc', 'hpv', 'cytology', 'smoking', 'sbp',
            'fit', 'fit_haemoglobin'
        )
        and not (measure in ('fit', 'fit_haemoglobin') and coalesce(value_code, '') = 'declined')
    union all
    -- A number in a unit that cannot be told has no value, but the laboratory did the test.
    select unit.unit_key, unread.measure, unread.measurement_date as test_date
    from {{ ref('fct_measurement') }} as unread
    inner join {{ ref('int_indicators__unit') }} as unit
        on
            unread.person_key = unit.person_key
            and (unit.basis = 'linked' or unread.practice_key = unit.practice_key)
    where
        unread.unit_rule = 'unknown'
        and unread.value is null
        and unread.value_code is null
        and {{ is_in_work('unread.person_key') }}
        and not coalesce(unread.is_duplicate, false)
        and unread.measure in (
            'hba1c', 'creatinine', 'acr', 'tchol', 'ldl', 'potassium', 'fit', 'fit_haemoglobin'
        )
),

result as (
    select
        unit_key,
        case measure
            when 'tchol' then 'lipids' when 'ldl' then 'lipids' when 'fev1_fvc' then 'spirometry'
            when 'fit_haemoglobin' then 'fit' else measure
        end
            as test_name,
        test_date,
        'ehr' as evidence_source
    from found
),

act as (
    select
        unit_key,
        case
            when list_name = 'creatinine_serum' then 'creatinine'
            when list_name = 'albuminuria' then 'acr'
            when list_name in ('lipid_panel', 'ldl_direct', 'cholesterol_total') then 'lipids'
            when list_name in ('potassium', 'electrolytes') then 'potassium'
            when list_name = 'spirometry_any' then 'spirometry'
            when list_name = 'hpv_test' then 'hpv'
            when list_name = 'cervical_cytology' then 'cytology'
            else list_name
        end as test_name,
        event_date as test_date,
        evidence_source
    from {{ ref('int_indicators__event') }}
    where
        entity = 'procedure'
        and list_name in (
            'hba1c', 'creatinine_serum', 'albuminuria', 'lipid_panel', 'ldl_direct', 'cholesterol_total', 'potassium',
            'electrolytes', 'spirometry_any', 'hpv_test', 'cervical_cytology'
        )
)

select unit_key, test_name, test_date, evidence_source from result
union
select unit_key, test_name, test_date, evidence_source from act
