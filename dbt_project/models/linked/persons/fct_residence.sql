-- Where a person lived when. Claims say so month by month and come first; practices say it with each delivery and stand
-- where claims are silent, or when they name another commune after the last claim. A single month elsewhere between two
-- at home is a slip. Former communes count as the commune their territory belongs to today.
with versions as (
    select
        person_key,
        patient_pseudo,
        period_start,
        period_end,
        version_number,
        commune_code,
        case when source = 'snds' then 'beneficiary' else 'practice' end as source_kind
    from {{ ref('int_linked__patient_version') }}
    where
        commune_code is not null
        and {{ is_due_person() }}
),

claim_months as (
    select
        person_key,
        month_start_date,
        max(commune_code) as commune_code
    from {{ ref('fct_claim_month') }}
    where
        commune_code is not null
        and {{ is_due_person() }}
    group by person_key, month_start_date
),

neighboured as (
    select
        claim_months.*,
        lag(commune_code) over months as code_before,
        lead(commune_code) over months as code_after
    from claim_months
    window months as (partition by person_key order by month_start_date nulls first)
),

claim_statements as (
    select
        person_key,
        month_start_date as stated_from,
        month_start_date as stated_until,
        commune_code,
        'claims' as source_kind
    from neighboured
    where code_before is null or code_after is null or code_before <> code_after or code_before = commune_code
),

last_claims as (
    select
        person_key,
        max(stated_until) as last_month_date
    from claim_statements
    group by person_key
),

-- A practice's or beneficiary row counts where claims are silent: from its first delivery on, or after the last claim.
other_statements as (
    select
        versions.person_key,
        versions.period_start as stated_from,
        versions.period_end as stated_until,
        versions.commune_code,
        versions.source_kind,
        versions.patient_pseudo
    from versions
    left join last_claims
        on versions.person_key = last_claims.person_key
    where
        last_claims.last_month_date is null
        or (versions.source_kind = 'practice' and versions.period_start > last_claims.last_month_date)
),

statements as (
    select person_key, stated_from, stated_until, commune_code, source_kind, '' as patient_pseudo
    from claim_statements
    union all
    select person_key, stated_from, stated_until, commune_code, source_kind, patient_pseudo
    from other_statements
),

-- Of several statements beginning on one day: the one said last, a practice before the beneficiary file.
chosen as (
    select
        person_key,
        stated_from,
        commune_code,
        source_kind
    from statements
    qualify
        row_number() over (
            partition by person_key, stated_from
            order by
                stated_until desc nulls last, source_kind desc nulls last, commune_code asc nulls last,
                patient_pseudo asc nulls last
        ) = 1
),

current_codes as (
    select
        chosen.person_key,
        chosen.stated_from,
        chosen.source_kind,
        coalesce(changed.commune_code, chosen.commune_code) as commune_code
    from chosen
    left join {{ ref('stg_commune_change') }} as changed
        on chosen.commune_code = changed.former_code
),

moves as (
    select
        current_codes.*,
        lag(commune_code) over (partition by person_key order by stated_from nulls first) as code_before
    from current_codes
),

arrivals as (
    select
        person_key,
        commune_code,
        source_kind,
        stated_from
    from moves
    where code_before is null or code_before <> commune_code
)

select
    person_key,
    cast(row_number() over (partition by person_key order by stated_from nulls first) as integer) as residence_number,
    commune_code,
    stated_from as start_date,
    lead(stated_from) over (partition by person_key order by stated_from nulls first) as end_date,
    source_kind
from arrivals
