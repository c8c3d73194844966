-- Treatments meant for long, once taken for 180 days: from then until a stop has been visible for a year, or the next line. Claims of
-- the last six months are still arriving, so that a linked person is judged on what was so six months before.
with line as (
    select
        line.unit_key,
        line.drug_class,
        line.start_date,
        line.covered_to_date,
        line.evidence_source,
        lead(line.start_date) over (
            partition by line.unit_key, line.drug_class order by line.start_date nulls first
        ) as next_start_date
    from {{ ref('int_prescribing__treatment_line') }} as line
    left join {{ ref('int_indicators__case') }} as disease
        on line.unit_key = disease.unit_key and disease.case_name = 'ascvd'
    where
        line.drug_class in ('antihypertensive', 'antidiabetic', 'anticoagulant', 'antipsychotic')
        -- Lipid-lowering is meant for life in secondary prevention only.
        or (line.drug_class = 'lipid_lowering' and disease.case_date <= line.covered_to_date)
),

long_line as (
    select *
    from line
    where covered_to_date >= {{ add_days('start_date', 180) }}
)

select
    unit_key,
    drug_class,
    start_date,
    covered_to_date,
    evidence_source,
    case evidence_source
        when 'snds' then {{ add_months(add_days('start_date', 180), 6) }} else {{ add_days('start_date', 180) }}
    end as judged_from,
    case evidence_source
        when 'snds' then {{ add_months(add_days('covered_to_date', 91), 6) }} else {{ add_days('covered_to_date', 91) }}
    end as stopped_from,
    case evidence_source
        when 'snds'
            then {{ add_months("least(coalesce(next_start_date, cast('9000-01-01' as date)), " ~ add_days('covered_to_date', 456) ~ ")", 6) }}
        else least(coalesce(next_start_date, {{ open_end() }}), {{ add_days('covered_to_date', 456) }})
    end as judged_to
from long_line
