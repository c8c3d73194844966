{#
  Estimated glomerular filtration rate, CKD-EPI, in mL/min/1.73 m2, double, unrounded.

    ckd_epi_2009  Ann Intern Med 2009;150:604  doi:10.7326/0003-4819-150-9-200905050-00006, without the ethnicity term
    ckd_epi_2021  N Engl J Med 2021;385:1737   doi:10.1056/NEJMoa2102953

  creatinine_umol_l in umol/L (divided by 88.4 for mg/dL), age in completed years at the date of the sample, sex
  'M' | 'F'. The 2009 constant for women is 141 x 1.018; forms that print 144 differ by 0.3 %.
  Null when an input is null, under 18 years, for another sex, or for a creatinine that is not positive.
#}

{% macro ckd_epi_2009(creatinine_umol_l, age, sex) %}
    {{- _ckd_epi(creatinine_umol_l, age, sex, {
        'constant': 141, 'exponent': -1.209, 'age': 0.993,
        'M': {'kappa': 0.9, 'alpha': -0.411, 'factor': 1},
        'F': {'kappa': 0.7, 'alpha': -0.329, 'factor': 1.018},
    }) -}}
{% endmacro %}


{% macro ckd_epi_2021(creatinine_umol_l, age, sex) %}
    {{- _ckd_epi(creatinine_umol_l, age, sex, {
        'constant': 142, 'exponent': -1.200, 'age': 0.9938,
        'M': {'kappa': 0.9, 'alpha': -0.302, 'factor': 1},
        'F': {'kappa': 0.7, 'alpha': -0.241, 'factor': 1.012},
    }) -}}
{% endmacro %}


{#- constant x min(scr/kappa, 1)^alpha x max(scr/kappa, 1)^exponent x age term^age x sex factor. -#}
{% macro _ckd_epi(creatinine_umol_l, age, sex, formula) %}
    {%- set creatinine = _as_double(creatinine_umol_l) -%}
    case
        when ({{ creatinine_umol_l }}) > 0 and ({{ age }}) >= 18
            then case ({{ sex }})
                {%- for s in ['M', 'F'] %}
                {%- set ratio = creatinine ~ " / 88.4 / " ~ _literal(formula[s]['kappa']) %}
                when '{{ s }}' then {{ _literal(formula['constant']) }} * {{ _literal(formula[s]['factor']) }}
                    * power(least({{ ratio }}, 1), {{ _literal(formula[s]['alpha']) }})
                    * power(greatest({{ ratio }}, 1), {{ _literal(formula['exponent']) }})
                    * power({{ _literal(formula['age']) }}, {{ _as_double(age) }})
                {%- endfor %}
            end
    end
{%- endmacro %}
