-- Whose records came in which delivery: what the due patients of a run are found from.
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'patient:' || patient_pseudo as record_id,
    delivery_id
from {{ source('medirel', 'patient') }}
union all
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'consultation:' || num_consultation as record_id,
    delivery_id
from {{ source('medirel', 'consultation') }}
union all
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'diagnostic:' || num_diagnostic as record_id,
    delivery_id
from {{ source('medirel', 'diagnostic') }}
union all
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'prescription:' || num_prescription as record_id,
    delivery_id
from {{ source('medirel', 'prescription') }}
union all
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'resultat:' || num_resultat as record_id,
    delivery_id
from {{ source('medirel', 'resultat') }}
union all
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'constante:' || num_constante as record_id,
    delivery_id
from {{ source('medirel', 'constante') }}
union all
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'vaccination:' || num_vaccination as record_id,
    delivery_id
from {{ source('medirel', 'vaccination') }}
union all
select
    'medirel' as source,
    practice_pseudo,
    patient_pseudo,
    'acte:' || num_acte as record_id,
    delivery_id
from {{ source('medirel', 'acte') }}
union all
select
    'dosmed' as source,
    practice_pseudo,
    patient_pseudo,
    'dossier:' || patient_pseudo as record_id,
    delivery_id
from {{ source('dosmed', 'dossier') }}
union all
select
    'dosmed' as source,
    practice_pseudo,
    patient_pseudo,
    'evenement:' || evenement_id as record_id,
    delivery_id
from {{ source('dosmed', 'evenement') }}
union all
select
    'dosmed' as source,
    practice_pseudo,
    patient_pseudo,
    'element:' || element_id as record_id,
    delivery_id
from {{ source('dosmed', 'element') }}
union all
select
    'fhirmed' as source,
    practice_pseudo,
    patient_pseudo,
    'patient:' || patient_pseudo as record_id,
    delivery_id
from {{ source('fhirmed', 'patient') }}
union all
select
    'fhirmed' as source,
    practice_pseudo,
    patient_pseudo,
    'encounter:' || resource_id as record_id,
    delivery_id
from {{ source('fhirmed', 'encounter') }}
union all
select
    'fhirmed' as source,
    practice_pseudo,
    patient_pseudo,
    'condition:' || resource_id as record_id,
    delivery_id
from {{ source('fhirmed', 'condition') }}
union all
select
    'fhirmed' as source,
    practice_pseudo,
    patient_pseudo,
    'observation:' || resource_id as record_id,
    delivery_id
from {{ source('fhirmed', 'observation') }}
union all
select
    'fhirmed' as source,
    practice_pseudo,
    patient_pseudo,
    'medicationrequest:' || resource_id as record_id,
    delivery_id
from {{ source('fhirmed', 'medication_request') }}
union all
select
    'fhirmed' as source,
    practice_pseudo,
    patient_pseudo,
    'immunization:' || resource_id as record_id,
    delivery_id
from {{ source('fhirmed', 'immunization') }}
union all
select
    'fhirmed' as source,
    practice_pseudo,
    patient_pseudo,
    'procedure:' || resource_id as record_id,
    delivery_id
from {{ source('fhirmed', 'procedure') }}
union all
select
    'snds' as source,
    practice_pseudo,
    ben_nir_psa || '-' || cast(ben_rng_gem as string) as patient_pseudo,
    cast(null as string) as record_id,
    delivery_id
from {{ source('snds', 'IR_BEN_R') }}
union all
select
    'snds' as source,
    practice_pseudo,
    ben_nir_psa || '-' || cast(ben_rng_gem as string) as patient_pseudo,
    cast(null as string) as record_id,
    delivery_id
from {{ source('snds', 'IR_IMB_R') }}
union all
select
    'snds' as source,
    practice_pseudo,
    ben_nir_psa || '-' || cast(ben_rng_gem as string) as patient_pseudo,
    cast(null as string) as record_id,
    delivery_id
from {{ source('snds', 'IR_MTT_R') }}
union all
select
    'snds' as source,
    practice_pseudo,
    ben_nir_psa || '-' || cast(ben_rng_gem as string) as patient_pseudo,
    cast(null as string) as record_id,
    delivery_id
from {{ source('snds', 'APPARIEMENT') }}
union all
select
    'snds' as source,
    practice_pseudo,
    ben_nir_psa || '-' || cast(ben_rng_gem as string) as patient_pseudo,
    cast(null as string) as record_id,
    delivery_id
from {{ source('snds', 'ER_PRS_F') }}
union all
select
    'snds' as source,
    stay.practice_pseudo,
    ranks.ben_nir_psa || '-' || cast(ranks.ben_rng_gem as string) as patient_pseudo,
    cast(null as string) as record_id,
    stay.delivery_id
from {{ source('snds', 'T_MCOaaC') }} as stay
inner join {{ ref('stg_snds__beneficiary_rank') }} as ranks
    on stay.nir_ano_17 = ranks.ben_nir_psa
