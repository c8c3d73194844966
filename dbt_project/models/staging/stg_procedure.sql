{{ union_vendors('procedure', [
    'coding_rank', 'practitioner_pseudo', 'procedure_date', 'procedure_code', 'procedure_system', 'quantity',
    'setting',
]) }}
