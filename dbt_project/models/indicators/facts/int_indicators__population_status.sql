-- Each person once per population: active and declared people per practice, and one practice speaks for the person
-- where places are counted.
with run as (
    select as_of_date from {{ ref('stg_run') }}
),

member as (
    select
        basis.basis,
        membership.population_basis,
        membership.person_key,
        membership.practice_key,
        membership.valid_from
    from {{ ref('int_indicators__membership') }} as membership
    inner join (select 'record' as basis union all select 'linked' as basis) as basis
        on membership.basis = basis.basis or membership.basis = 'both'
    inner join run on membership.valid_from <= run.as_of_date and membership.valid_to > run.as_of_date
    where membership.population_basis in ('active', 'declared', 'resident')
),

declared as (
    select distinct basis, person_key, practice_key
    from member
    where population_basis = 'declared'
),

last_contact as (
    select unit.person_key, unit.practice_key, max(contact.contact_date) as last_contact_date
    from {{ ref('int_indicators__contact') }} as contact
    inner join {{ ref('int_indicators__unit') }} as unit on contact.unit_key = unit.unit_key
    where unit.basis = 'record'
    group by unit.person_key, unit.practice_key
),

pair_status as (
    select
        indicator_id, indicator_version, person_key, practice_key, reference_date, 'record' as basis,
        record_status as status, record_is_observable as is_observable
    from {{ ref('fct_indicator_status') }}
    where record_status != 'not_applicable'
    union all
    select
        indicator_id, indicator_version, person_key, practice_key, reference_date, 'linked' as basis,
        linked_status as status, linked_is_observable as is_observable
    from {{ ref('fct_indicator_status') }}
    where linked_status != 'not_applicable'
),

placed as (
    select
        pair_status.*,
        member.population_basis,
        row_number() over (
            partition by
                pair_status.indicator_id, pair_status.indicator_version, pair_status.basis,
                member.population_basis, pair_status.person_key
            order by
                case when declared.person_key is not null then 0 else 1 end nulls first,
                last_contact.last_contact_date desc nulls last,
                pair_status.practice_key nulls last
        ) as place_rank
    from pair_status
    inner join member
        on pair_status.basis = member.basis
        and pair_status.person_key = member.person_key
        and (pair_status.practice_key = member.practice_key or member.population_basis = 'resident')
    left join declared
        on pair_status.basis = declared.basis
        and pair_status.person_key = declared.person_key
        and pair_status.practice_key = declared.practice_key
    left join last_contact
        on pair_status.person_key = last_contact.person_key and pair_status.practice_key = last_contact.practice_key
),

described as (
    select
        placed.indicator_id,
        placed.indicator_version,
        placed.basis,
        placed.population_basis,
        placed.person_key,
        placed.practice_key,
        placed.reference_date,
        placed.status,
        placed.is_observable,
        placed.place_rank = 1 as is_main_place,
        patient.commune_code,
        coalesce(patient.sex, 'U') as sex,
        {{ age_years('patient.birth_year', 'patient.birth_month', 'placed.reference_date') }} as age_years
    from placed
    left join {{ ref('dim_patient') }} as patient on placed.person_key = patient.person_key
),

banded as (
    select
        described.*,
        age_years - age_years % 5 as age_band
    from described
),

-- What people of that age band and sex get in all practices together: the expectation of a unit.
stratum as (
    select
        indicator_id,
        indicator_version,
        basis,
        population_basis,
        sex,
        age_band,
        {{ ratio(
            "sum(case when is_observable and status = 'met' then 1 else 0 end)",
            "sum(case when is_observable and status in ('met', 'not_met', 'declined') then 1 else 0 end)"
        ) }} as expected_share
    from banded
    where is_main_place
    group by indicator_id, indicator_version, basis, population_basis, sex, age_band
)

select
    banded.indicator_id,
    banded.indicator_version,
    banded.basis,
    banded.population_basis,
    banded.person_key,
    banded.practice_key,
    banded.reference_date,
    banded.status,
    banded.is_observable,
    banded.is_main_place,
    banded.commune_code,
    stratum.expected_share
from banded
left join stratum
    on banded.indicator_id = stratum.indicator_id
    and banded.indicator_version = stratum.indicator_version
    and banded.basis = stratum.basis
    and banded.population_basis = stratum.population_basis
    and banded.sex = stratum.sex
    and (banded.age_band = stratum.age_band or (banded.age_band is null and stratum.age_band is null))
