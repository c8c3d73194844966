-- The insurance scheme of each beneficiary version: the first two characters of the affiliation body.
select
    delivery_id,
    delivery_sequence,
    delivery_row,
    {{ beneficiary_pseudo('beneficiary') }} as patient_pseudo,
    nullif(upper(substr(trim(beneficiary.org_aff_ben), 1, 2)), '') as scheme_code
from {{ source('snds', 'IR_BEN_R') }} as beneficiary
