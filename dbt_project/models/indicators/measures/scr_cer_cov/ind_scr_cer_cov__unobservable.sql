-- These codes do not say whether the cervix remains.
{{ excluded_by_lists(ref('int_indicators__event'), ['hysterectomy_obstetric', 'genital_organ_absence'], 'cervix_uncertain') }}
