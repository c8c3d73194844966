-- A subtotal hysterectomy keeps the cervix and does not exclude.
{{ excluded_by_lists(ref('int_indicators__event'), ['hysterectomy_total'], 'hysterectomy_total') }}
union all
{{ excluded_by_lists(ref('int_indicators__event'), ['trachelectomy'], 'trachelectomy') }}
union all
{{ excluded_by_lists(ref('int_indicators__event'), ['cervical_cancer'], 'cervical_cancer') }}
union all
-- A treated precancerous lesion has its own follow-up.
{{ excluded_by_lists(ref('int_indicators__event'), ['conisation'], 'treated_cin') }}
