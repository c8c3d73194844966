select unit_key, valid_from, valid_to, evidence_date, evidence_source
from {{ ref('ind_poly10_cum65__numerator') }}
