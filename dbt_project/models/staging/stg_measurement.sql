{{ union_vendors('measurement', [
    'coding_rank', 'encounter_record_id', 'measurement_date', 'measurement_code', 'measurement_system',
    'raw_value', 'raw_unit', 'value_number', 'value_comparator', 'value_text',
]) }}
