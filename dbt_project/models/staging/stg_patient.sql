{{ union_vendors('patient', [
    'birth_year', 'birth_month', 'sex', 'commune_code', 'death_date', 'nir_pseudo', 'nir_status',
    'traits_pseudo', 'is_declared', 'registration_start_date', 'registration_end_date',
]) }}
