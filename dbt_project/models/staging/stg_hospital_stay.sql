{{ union_vendors('hospital_stay', [
    'hospital_code', 'stay_number', 'start_date', 'end_date', 'main_diagnosis_code', 'related_diagnosis_code',
    'ghm_code', 'exit_mode', 'entry_mode',
]) }}
