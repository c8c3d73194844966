-- Checks of dated facts, counted in one pass over each: how many facts, and how many fail each check.
-- A fact without a usable day is counted in the month the run speaks of. Nothing is removed here: a fact
-- stands with the day it has, and only windows of time leave it out.
{% set facts = {
    'encounter': {'model': 'fct_encounter', 'date': 'encounter_date', 'unknown_code': "encounter_type = 'unknown'"},
    'condition': {
        'model': 'fct_condition', 'date': 'condition_date', 'encounter': true,
        'unknown_code': "condition_system not in ('CISP-2', 'CIM-10') or condition_code is null",
    },
    'prescription': {
        'model': 'fct_prescription', 'date': 'prescription_date', 'encounter': true, 'unknown_code': 'atc_code is null',
    },
    'dispensing': {'model': 'fct_dispensing', 'date': 'dispensing_date', 'unknown_code': 'atc_code is null'},
    'measurement': {
        'model': 'fct_measurement', 'date': 'measurement_date', 'encounter': true, 'unknown_code': 'measure is null',
    },
    'procedure': {
        'model': 'fct_procedure', 'date': 'procedure_date',
        'unknown_code': "procedure_system not in ('CCAM', 'NABM', 'PRS_NAT_REF') or procedure_code is null",
    },
    'vaccination': {'model': 'fct_vaccination', 'date': 'vaccination_date', 'unknown_code': 'antigen is null'},
    'hospital_stay': {
        'model': 'fct_hospital_stay', 'date': 'hospital_stay_date', 'unknown_code': 'hospital_stay_code is null',
    },
    'long_term_illness': {
        'model': 'fct_long_term_illness', 'date': 'long_term_illness_date',
        'unknown_code': 'ald_number is null', 'ends': true,
    },
} %}
{% set checks = ['no_date', 'default_date', 'future', 'before_birth', 'after_death', 'unknown_code', 'orphan', 'end_before_start'] %}
with run as (
    select as_of_date
    from {{ ref('stg_run') }}
),

persons as (
    select
        person_key,
        case
            when birth_year is not null and birth_month between 1 and 12 then make_date(birth_year, birth_month, 1)
        end as birth_month_date,
        death_date
    from {{ ref('dim_patient') }}
),

{% for entity, fact in facts.items() %}
    {{ entity }}_counts as (
        select
            fact.source,
            fact.practice_key,
            {{ month_start(
                "case when fact." ~ fact.date ~ " between cast('1990-01-01' as date) and run.as_of_date then fact."
                ~ fact.date ~ " else run.as_of_date end"
            ) }} as month_start_date,
            count(*) as fact_count,
            count(fact.{{ fact.date }}) as dated_count,
            count(case when fact.{{ fact.date }} is not null and persons.birth_month_date is not null then 1 end)
                as born_count,
            count(case when fact.{{ fact.date }} is not null and persons.death_date is not null then 1 end) as dead_count,
            count(case when fact.{{ fact.date }} is null then 1 end) as no_date_count,
            count(
                case
                    when
                        fact.{{ fact.date }} in (cast('1900-01-01' as date), cast('1970-01-01' as date))
                        or fact.{{ fact.date }} < cast('1900-01-01' as date) then 1
                end
            ) as default_date_count,
            count(case when fact.{{ fact.date }} > run.as_of_date then 1 end) as future_count,
            count(case when fact.{{ fact.date }} < persons.birth_month_date then 1 end) as before_birth_count,
            count(case when fact.{{ fact.date }} > {{ add_days('persons.death_date', 30) }} then 1 end)
                as after_death_count,
            count(case when {{ fact.unknown_code }} then 1 end) as unknown_code_count,
            {% if fact.encounter %}
                count(fact.encounter_key) as referring_count,
                count(case when fact.encounter_key is not null and contact.encounter_key is null then 1 end) as orphan_count,
            {% else %}
                cast(0 as bigint) as referring_count,
                cast(0 as bigint) as orphan_count,
            {% endif %}
            {% if fact.ends %}
                count(fact.end_date) as ended_count,
                count(case when fact.end_date < fact.start_date then 1 end) as end_before_start_count
            {% else %}
                cast(0 as bigint) as ended_count,
                cast(0 as bigint) as end_before_start_count
            {% endif %}
        from {{ ref(fact.model) }} as fact
        cross join run
        left join persons
            on fact.person_key = persons.person_key
        {% if fact.encounter %}
            left join {{ ref('fct_encounter') }} as contact
                on fact.encounter_key = contact.encounter_key
        {% endif %}
        group by all
    ),

{% endfor %}
counted as (
    {% for entity in facts %}
        select
            '{{ entity }}' as entity,
            *
        from {{ entity }}_counts
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

checked as (
    {% for check in checks %}
        select
            '{{ check }}' as check_kind,
            entity,
            source,
            practice_key,
            month_start_date,
            {{ check }}_count as violated_count,
            {{ {
                'no_date': 'fact_count', 'unknown_code': 'fact_count', 'before_birth': 'born_count',
                'after_death': 'dead_count', 'orphan': 'referring_count', 'end_before_start': 'ended_count',
            }.get(check, 'dated_count') }} as denominator_count
        from counted
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    check_kind || ':' || entity as check_id,
    source,
    practice_key,
    month_start_date,
    cast(violated_count as bigint) as violated_count,
    cast(denominator_count as bigint) as denominator_count
from checked
where denominator_count > 0
