-- A treatment taken for half a year or more whose last covered day lies more than 90 days before the date to which claims are
-- complete. Treatment lines know pack sizes, early refills, hospital days and switches inside a class.
with run as (
    select as_of_date, claims_as_of_date from {{ ref('stg_run') }}
),

line as (
    select
        unit.unit_key,
        exposure.drug_class,
        exposure.start_date,
        max(exposure.covered_to_date) as covered_to_date
    from {{ ref('fct_drug_exposure') }} as exposure
    inner join {{ ref('int_indicators__every_unit') }} as unit on exposure.person_key = unit.person_key
    inner join run on exposure.start_date <= run.as_of_date
    where
        exposure.exposure_level = 'class'
        and exposure.basis = 'claims'
        and unit.basis = 'linked'
        and unit.is_linked_snds
    group by unit.unit_key, exposure.drug_class, exposure.start_date
),

last_line as (
    select unit_key, drug_class, start_date, covered_to_date
    from (
        select
            *,
            row_number() over (partition by unit_key, drug_class order by start_date desc nulls last) as recency
        from line
    ) as numbered
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
            select disease.unit_key from {{ ref('int_pathway__case') }} as disease
            inner join run as today on disease.case_date <= today.as_of_date
            where disease.case_name = 'ascvd'
        )
    )
