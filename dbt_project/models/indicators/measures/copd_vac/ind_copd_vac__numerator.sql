with both_kinds as (
    select
        unit_key,
        case when rule_name in ('VAC-FLU65', 'VAC-FLU-RISK') then 'influenza' else 'pneumococcus' end as condition_name,
        valid_from,
        valid_to
    from {{ ref('int_vaccination__done') }}
    where rule_name in ('VAC-FLU65', 'VAC-FLU-RISK', 'VAC-PNEU65', 'VAC-PNEU-RISK')
),

merged as (
    {{ merged_intervals('both_kinds', ['unit_key', 'condition_name']) }}
),

complete as (
    {{ where_all_hold('merged', ['unit_key'], 2) }}
)

select
    complete.unit_key,
    complete.valid_from,
    complete.valid_to,
    max(dose.dose_date) as evidence_date,
    max(dose.evidence_source) as evidence_source
from complete
inner join {{ ref('int_vaccination__dose') }} as dose
    on complete.unit_key = dose.unit_key and complete.valid_from >= dose.dose_date
where dose.antigen in ('influenza', 'pneumococcus')
group by complete.unit_key, complete.valid_from, complete.valid_to
