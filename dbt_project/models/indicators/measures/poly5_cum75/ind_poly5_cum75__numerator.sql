select unit_key, valid_from, valid_to, evidence_date, evidence_source
from {{ ref('ind_poly5_cum65__numerator') }}
