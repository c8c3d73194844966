{{ union_vendors('vaccination', [
    'coding_rank', 'vaccination_date', 'vaccination_code', 'vaccination_system', 'valence_code',
]) }}
