-- Followed by fructosamine instead: two of them in the year.
select unit_key, valid_from, valid_to, 'fructosamine' as reason_code
from (
    {{ evidence_of_repeats(ref('int_indicators__event'), ['fructosamine'], 2, 12, ['procedure']) }}
) as followed
