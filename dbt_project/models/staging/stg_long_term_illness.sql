{{ union_vendors('long_term_illness', [
    'exemption_nature_code', 'list_number', 'long_term_illness_code', 'long_term_illness_system', 'start_date',
    'end_date',
]) }}
