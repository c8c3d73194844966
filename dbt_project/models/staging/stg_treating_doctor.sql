{{ union_vendors('treating_doctor', [
    'practitioner_pseudo', 'start_date', 'end_date', 'end_reason_code',
]) }}
