{{ union_vendors('encounter', [
    'encounter_date', 'encounter_type', 'encounter_code', 'encounter_system', 'practitioner_pseudo',
    'specialty_code', 'quantity',
], claims_columns={'exemption_code': 'integer', 'pathway_code': 'integer', 'is_hospital_billed': 'boolean'}) }}
