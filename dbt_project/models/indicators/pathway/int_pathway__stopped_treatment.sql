-- A treatment taken for half a year or more whose last covered day lies more than 90 days before the date to which claims are
-- complete. Treatment lines know pack sizes, early refills, hospital days and switches inside a class.
with run as (
    select claims_as_of_date from {{ ref('stg_run') }}
),

last_line as (
    select unit_key, drug_class, start_date, covered_to_date
    from (
        select
            *,
            row_number() over (partition by unit_key, drug_class order by start_date desc nulls last) as recency
        from {{ ref('int_prescribing__treatment_line') }}
        where unit_key < 0 and evidence_source = 'snds'
    ) as line
    where recency = 1
)

select
    cast(-last_line.unit_key as bigint) as person_key,
    last_line.drug_class as treatment,
    last_line.start_date,
    last_line.covered_to_date
from last_line
cross join run
where
    last_line.drug_class in ('antihypertensive', 'antidiabetic', 'lipid_lowering', 'anticoagulant', 'antipsychotic')
    and last_line.covered_to_date >= {{ add_days('last_line.start_date', 180) }}
    and {{ add_days('last_line.covered_to_date', 90) }} < run.claims_as_of_date
    and last_line.covered_to_date > {{ add_months('run.claims_as_of_date', -36) }}
    -- Lipid-lowering is meant for life in secondary prevention only.
    and (
        last_line.drug_class != 'lipid_lowering'
        or last_line.unit_key in (
            select disease.unit_key from {{ ref('int_indicators__case') }} as disease
            where disease.case_name = 'ascvd'
        )
    )
