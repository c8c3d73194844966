{{ union_vendors('condition', [
    'coding_rank', 'encounter_record_id', 'condition_date', 'condition_code', 'condition_system', 'start_date',
    'end_date', 'is_active',
]) }}
