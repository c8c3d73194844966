{{ union_vendors('prescription', [
    'coding_rank', 'encounter_record_id', 'practitioner_pseudo', 'prescription_date', 'prescription_code',
    'prescription_system', 'box_count', 'duration_days',
]) }}
