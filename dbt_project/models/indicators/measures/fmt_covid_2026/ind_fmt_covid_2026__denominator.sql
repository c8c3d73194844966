select distinct unit_key, valid_from, valid_to
from {{ ref('int_vaccination__due') }}
where rule_name in ('VAC-COVID', 'FMT-COVID')
