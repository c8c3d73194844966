-- Which kinds of facts a practice recorded in which month: what tells whether a module is in use there.
{%- set kinds = {
    'consultation': ['fct_encounter', 'encounter_date'],
    'condition': ['fct_condition', 'condition_date'],
    'prescription': ['fct_prescription', 'prescription_date'],
    'procedure': ['fct_procedure', 'procedure_date'],
    'vaccination': ['fct_vaccination', 'vaccination_date'],
} %}
with facts as (
    {% for kind, fact in kinds.items() -%}
        select
            practice_key,
            '{{ kind }}' as fact_kind,
            {{ month_start(fact[1]) }} as month_start_date,
            count(*) as fact_count
        from {{ ref(fact[0]) }}
        where
            practice_key is not null
            and source <> 'snds'
        group by practice_key, {{ month_start(fact[1]) }}
        union all
    {% endfor -%}
    select
        practice_key,
        case
            when
                measure in (
                    'sbp', 'dbp', 'heart_rate', 'weight', 'height', 'bmi', 'waist', 'temperature', 'smoking',
                    'cigarettes_per_day', 'pack_years', 'alcohol_drinks_per_week'
                )
                then 'vital_sign'
            else 'biology'
        end as fact_kind,
        {{ month_start('measurement_date') }} as month_start_date,
        count(*) as fact_count
    from {{ ref('int_linked__measurement') }}
    where practice_key is not null
    group by all
)

select
    facts.practice_key,
    facts.fact_kind,
    facts.month_start_date,
    cast(sum(facts.fact_count) as bigint) as fact_count
from facts
inner join {{ ref('dim_practice') }} as practice
    on
        facts.practice_key = practice.practice_key
        and facts.month_start_date >= {{ month_start('practice.first_period_date') }}
        and facts.month_start_date <= practice.last_period_date
group by facts.practice_key, facts.fact_kind, facts.month_start_date
