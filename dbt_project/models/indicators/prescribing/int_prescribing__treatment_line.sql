-- Treatment lines by class for each unit: of the practice's own prescriptions for the record, of dispensings for linked people, of all
-- prescriptions for people who are not linked.
with line as (
    select
        exposure.person_key,
        exposure.practice_key,
        exposure.basis,
        exposure.drug_class,
        exposure.start_date,
        exposure.covered_to_date,
        exposure.line_days,
        exposure.gap_before_days
    from {{ ref('fct_drug_exposure') }} as exposure
    where
        exposure.exposure_level = 'class'
        and exposure.person_key is not null
        and {{ is_in_work('exposure.person_key') }}
)

select
    unit.unit_key, line.drug_class, line.start_date, max(line.covered_to_date) as covered_to_date,
    min(line.gap_before_days) as gap_before_days,
    case when max(line.basis) = 'claims' or min(line.basis) = 'claims' then 'snds' else 'ehr' end as evidence_source
from line
inner join {{ ref('int_indicators__unit') }} as unit
    on
        line.person_key = unit.person_key
        and case
            when unit.basis = 'record' then line.basis = 'record' and line.practice_key = unit.practice_key
            when unit.is_linked_snds then line.basis = 'claims'
            else line.basis = 'record'
        end
group by unit.unit_key, line.drug_class, line.start_date
