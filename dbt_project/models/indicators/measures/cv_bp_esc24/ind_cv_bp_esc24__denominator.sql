select unit_key, valid_from, valid_to
from {{ ref('ind_cv_bp__denominator') }}
