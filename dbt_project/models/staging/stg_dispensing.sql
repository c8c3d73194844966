{{ union_vendors('dispensing', [
    'coding_rank', 'practitioner_pseudo', 'dispensing_date', 'dispensing_code', 'dispensing_system',
    'quantity',
]) }}
