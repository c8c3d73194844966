select unit_key, valid_from, valid_to
from (
    {{ evidence_of_repeats(ref('int_indicators__event'), ['antidiabetic_specific'], 3, 12, ['prescription', 'dispensing']) }}
) as treated
