-- The last claim of any kind, and of a general practitioner, up to the date to which claims are complete.
with run as (
    select claims_as_of_date from {{ ref('stg_run') }}
),

claim as (
    select person_key, encounter_date as claim_date, coalesce(is_gp, false) and is_clinical_contact as is_gp_contact
    from {{ ref('fct_encounter') }}
    where source = 'snds'
    union all
    select person_key, dispensing_date as claim_date, false as is_gp_contact
    from {{ ref('fct_dispensing') }}
    where source = 'snds'
    union all
    select person_key, procedure_date as claim_date, false as is_gp_contact
    from {{ ref('fct_procedure') }}
    where source = 'snds'
    union all
    select person_key, start_date as claim_date, false as is_gp_contact
    from {{ ref('fct_hospital_stay') }}
)

select
    claim.person_key,
    max(claim.claim_date) as last_claim_date,
    max(case when claim.is_gp_contact then claim.claim_date end) as last_gp_claim_date
from claim
inner join run on claim.claim_date <= run.claims_as_of_date
where claim.person_key is not null
group by claim.person_key
