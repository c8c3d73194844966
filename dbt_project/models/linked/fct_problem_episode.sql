-- Problems and episodes as they stand at the run's date: a view, so that another date changes no row below.
select
    episode.person_key,
    episode.problem_id,
    episode.episode_number,
    episode.problem_kind,
    episode.onset_date,
    episode.last_evidence_date,
    episode.end_date,
    episode.onset_date <= run.as_of_date
    and (episode.end_date is null or episode.end_date > run.as_of_date)
    and (patient.death_date is null or patient.death_date > run.as_of_date) as is_active,
    episode.certainty,
    episode.record_onset_date,
    episode.record_certainty,
    episode.claims_onset_date,
    episode.claims_certainty,
    episode.evidence_count,
    episode.has_code,
    episode.has_drug,
    episode.has_test,
    episode.has_long_term_illness,
    episode.has_stay
from {{ ref('int_linked__problem_episode') }} as episode
cross join {{ ref('stg_run') }} as run
left join {{ ref('dim_patient') }} as patient
    on episode.person_key = patient.person_key
