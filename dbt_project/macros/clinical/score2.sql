{#
  SCORE2, SCORE2-OP and SCORE2-Diabetes: ten-year risk of a first fatal or non-fatal cardiovascular event.

  Published coefficients (four decimals), as printed in the supplements of
    SCORE2           Eur Heart J 2021;42:2439  doi:10.1093/eurheartj/ehab309
    SCORE2-OP        Eur Heart J 2021;42:2455  doi:10.1093/eurheartj/ehab312
    SCORE2-Diabetes  Eur Heart J 2023;44:2544  doi:10.1093/eurheartj/ehad260
  The authors' own program uses more decimals; the largest gap seen is 0.63 percentage points (SCORE2-OP).

  All arguments are SQL expressions. sex 'M' | 'F'; flags boolean; blood pressure in mmHg; cholesterol in mmol/L;
  HbA1c in mmol/mol; eGFR in mL/min/1.73 m2; region 'low' | 'moderate' | 'high' | 'very_high' (France is low).
  Result: a share 0-1, double, unrounded. Null when any input is null, when sex or region is not in its list, or when
  the age is out of the model's range: SCORE2 and SCORE2-Diabetes 40 <= age < 70, SCORE2-OP 70 <= age < 90.
  No model branches on the engine: the expression means the same in DuckDB and in Spark.
#}

{% macro score2(age, sex, is_smoker, sbp_mmhg, total_cholesterol_mmol_l, hdl_mmol_l, has_diabetes, region) %}
    {%- set age_c = "(" ~ _as_double(age) ~ " - 60) / 5" -%}
    {%- set covariates = {
        'smoker': _as_indicator(is_smoker),
        'sbp': "(" ~ _as_double(sbp_mmhg) ~ " - 120) / 20",
        'diabetes': _as_indicator(has_diabetes),
        'tchol': _as_double(total_cholesterol_mmol_l) ~ " - 6",
        'hdl': "(" ~ _as_double(hdl_mmol_l) ~ " - 1.3) / 0.5",
    } -%}
    {%- set model = {
        'M': {
            'survival': 0.9605, 'mean': 0, 'age': 0.3742,
            'smoker': [0.6012, -0.0755], 'sbp': [0.2777, -0.0255], 'diabetes': [0.6457, -0.0983],
            'tchol': [0.1458, -0.0281], 'hdl': [-0.2698, 0.0426],
        },
        'F': {
            'survival': 0.9776, 'mean': 0, 'age': 0.4648,
            'smoker': [0.7744, -0.1088], 'sbp': [0.3131, -0.0277], 'diabetes': [0.8096, -0.1272],
            'tchol': [0.1002, -0.0226], 'hdl': [-0.2606, 0.0613],
        },
    } -%}
    {{- _score2_share(
        age, 40, 70, sex, region, age_c, covariates, model, none,
        [is_smoker, sbp_mmhg, total_cholesterol_mmol_l, hdl_mmol_l, has_diabetes],
    ) -}}
{% endmacro %}


{% macro score2_op(age, sex, is_smoker, sbp_mmhg, total_cholesterol_mmol_l, hdl_mmol_l, has_diabetes, region) %}
    {#- Centred on 73 years, 150 mmHg, 6.0 and 1.4 mmol/L; unscaled; the mean predictor is subtracted. -#}
    {%- set age_c = _as_double(age) ~ " - 73" -%}
    {%- set covariates = {
        'smoker': _as_indicator(is_smoker),
        'sbp': _as_double(sbp_mmhg) ~ " - 150",
        'diabetes': _as_indicator(has_diabetes),
        'tchol': _as_double(total_cholesterol_mmol_l) ~ " - 6",
        'hdl': _as_double(hdl_mmol_l) ~ " - 1.4",
    } -%}
    {%- set model = {
        'M': {
            'survival': 0.7576, 'mean': 0.0929, 'age': 0.0634,
            'smoker': [0.3524, -0.0247], 'sbp': [0.0094, -0.0005], 'diabetes': [0.4245, -0.0174],
            'tchol': [0.0850, 0.0073], 'hdl': [-0.3564, 0.0091],
        },
        'F': {
            'survival': 0.8082, 'mean': 0.229, 'age': 0.0789,
            'smoker': [0.4921, -0.0255], 'sbp': [0.0102, -0.0004], 'diabetes': [0.6010, -0.0107],
            'tchol': [0.0605, -0.0009], 'hdl': [-0.3040, 0.0154],
        },
    } -%}
    {%- set scales = {
        'M': {'low': [-0.34, 1.19], 'moderate': [0.01, 1.25], 'high': [0.08, 1.15], 'very_high': [0.05, 0.70]},
        'F': {'low': [-0.52, 1.01], 'moderate': [-0.10, 1.10], 'high': [0.38, 1.09], 'very_high': [0.38, 0.69]},
    } -%}
    {{- _score2_share(
        age, 70, 90, sex, region, age_c, covariates, model, scales,
        [is_smoker, sbp_mmhg, total_cholesterol_mmol_l, hdl_mmol_l, has_diabetes],
    ) -}}
{% endmacro %}


{% macro score2_diabetes(
    age, sex, is_smoker, sbp_mmhg, total_cholesterol_mmol_l, hdl_mmol_l, has_diabetes, age_at_diagnosis,
    hba1c_mmol_mol, egfr, region
) %}
    {%- set age_c = "(" ~ _as_double(age) ~ " - 60) / 5" -%}
    {%- set ln_egfr = "(ln(case when " ~ _as_double(egfr) ~ " > 0 then " ~ _as_double(egfr) ~ " end) - 4.5) / 0.15" -%}
    {%- set covariates = {
        'smoker': _as_indicator(is_smoker),
        'sbp': "(" ~ _as_double(sbp_mmhg) ~ " - 120) / 20",
        'diabetes': _as_indicator(has_diabetes),
        'tchol': _as_double(total_cholesterol_mmol_l) ~ " - 6",
        'hdl': "(" ~ _as_double(hdl_mmol_l) ~ " - 1.3) / 0.5",
        'diagnosis': _as_indicator(has_diabetes) ~ " * (" ~ _as_double(age_at_diagnosis) ~ " - 50) / 5",
        'hba1c': "(" ~ _as_double(hba1c_mmol_mol) ~ " - 31) / 9.34",
        'ln_egfr': ln_egfr,
        'ln_egfr_squared': "(" ~ ln_egfr ~ ") * (" ~ ln_egfr ~ ")",
    } -%}
    {%- set model = {
        'M': {
            'survival': 0.9605, 'mean': 0, 'age': 0.5368,
            'smoker': [0.4774, -0.0672], 'sbp': [0.1322, -0.0268], 'diabetes': [0.6457, -0.0983],
            'tchol': [0.1102, -0.0181], 'hdl': [-0.1087, 0.0095], 'diagnosis': [-0.0998, 0],
            'hba1c': [0.0955, -0.0134], 'ln_egfr': [-0.0591, 0.0115], 'ln_egfr_squared': [0.0058, 0],
        },
        'F': {
            'survival': 0.9776, 'mean': 0, 'age': 0.6624,
            'smoker': [0.6139, -0.1122], 'sbp': [0.1421, -0.0167], 'diabetes': [0.8096, -0.1272],
            'tchol': [0.1127, -0.0200], 'hdl': [-0.1568, 0.0186], 'diagnosis': [-0.1180, 0],
            'hba1c': [0.1173, -0.0196], 'ln_egfr': [-0.0640, 0.0169], 'ln_egfr_squared': [0.0062, 0],
        },
    } -%}
    {{- _score2_share(
        age, 40, 70, sex, region, age_c, covariates, model, none,
        [
            is_smoker, sbp_mmhg, total_cholesterol_mmol_l, hdl_mmol_l, has_diabetes, age_at_diagnosis,
            hba1c_mmol_mol, egfr,
        ],
    ) -}}
{% endmacro %}


{#-
  The shared form of the three models. With S0 the baseline survival, x the linear predictor less its mean, s1 and s2 the
  scales, the published 1 - exp(-exp(s1 + s2 * ln(-ln(S0 ^ exp(x))))) is written
  1 - exp(-exp(s1 + s2 * (ln(-ln(S0)) + x))): the same number, without losing digits as the risk nears 1.
  `scales` none means those of SCORE2, which SCORE2-Diabetes shares. `covariates` maps a name to its centred expression;
  `model[sex][name]` is [coefficient, coefficient of name x age].
-#}
{% macro _score2_share(age, min_age, max_age, sex, region, age_c, covariates, model, scales, required) %}
    {%- set score2_scales = {
        'M': {'low': [-0.5699, 0.7476], 'moderate': [-0.1565, 0.8009], 'high': [0.3207, 0.9360],
              'very_high': [0.5836, 0.8294]},
        'F': {'low': [-0.7380, 0.7019], 'moderate': [-0.3143, 0.7701], 'high': [0.5710, 0.9369],
              'very_high': [0.9412, 0.8329]},
    } -%}
    {%- set scales = scales or score2_scales -%}
    case
        when ({{ age }}) >= {{ min_age }} and ({{ age }}) < {{ max_age }}
            {%- for input in required %}
            and ({{ input }}) is not null
            {%- endfor %}
            then 1 - exp(-exp(
                case
                    {%- for s in ['M', 'F'] %}
                    {%- for r in ['low', 'moderate', 'high', 'very_high'] %}
                    when ({{ sex }}) = '{{ s }}' and ({{ region }}) = '{{ r }}' then {{ _literal(scales[s][r][0]) }}
                    {%- endfor %}
                    {%- endfor %}
                end
                + case
                    {%- for s in ['M', 'F'] %}
                    {%- for r in ['low', 'moderate', 'high', 'very_high'] %}
                    when ({{ sex }}) = '{{ s }}' and ({{ region }}) = '{{ r }}' then {{ _literal(scales[s][r][1]) }}
                    {%- endfor %}
                    {%- endfor %}
                end * case ({{ sex }})
                    {%- for s in ['M', 'F'] %}
                    when '{{ s }}' then ln(-ln({{ _literal(model[s]['survival']) }})) - {{ _literal(model[s]['mean']) }}
                        + {{ _literal(model[s]['age']) }} * ({{ age_c }})
                        {%- for name, expression in covariates.items() %}
                        + ({{ _literal(model[s][name][0]) }} + {{ _literal(model[s][name][1]) }} * ({{ age_c }}))
                            * ({{ expression }})
                        {%- endfor %}
                    {%- endfor %}
                end
            ))
    end
{%- endmacro %}
