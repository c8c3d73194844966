{{ union_vendors('hospital_diagnosis', [
    'diagnosis_date', 'diagnosis_code', 'diagnosis_system', 'diagnosis_role',
]) }}
