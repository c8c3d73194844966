"""The indicator models run in an in-memory DuckDB over hand-made linked tables, without dbt.

The models are rendered as dbt would for DuckDB; `ref` and `source` name `<schema>.<table>`. It is
what lets a patient of a spec table go through the very SQL of the warehouse in a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import yaml
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "dbt_project" / "models"
SEEDS = ROOT / "seeds"

# The columns of upstream tables that indicators read; `test_upstream_columns` holds them to the
# contracts of the linked layer.
UPSTREAM = {
    "staging.stg_run": "as_of_date date, claims_as_of_date date, has_snds boolean",
    "staging.stg_delivery": (
        "source string, practice_pseudo string, delivery_sequence bigint, delivery_kind string,"
        " period_start date, period_end date, vendor string, software_version string,"
        " version_order bigint"
    ),
    "staging.stg_encounter": (
        "source string, practice_pseudo string, record_id string, delivery_sequence bigint,"
        " encounter_date date"
    ),
    "staging.lnk_identity": (
        "source string, practice_pseudo string, patient_pseudo string, nir_pseudo string,"
        " traits_pseudo string"
    ),
    "linked.fct_patient_link": "source string, patient_pseudo string, person_key bigint",
    "linked.fct_problem_episode": (
        "person_key bigint, problem_id string, certainty string, is_active boolean,"
        " has_code boolean"
    ),
    "linked.fct_problem_evidence": (
        "person_key bigint, practice_key bigint, problem_id string, evidence_kind string"
    ),
    "linked.dim_patient": (
        "person_key bigint, birth_year integer, birth_month integer, sex string,"
        " commune_code string, death_date date, is_linked_snds boolean"
    ),
    "linked.dim_practice": (
        "practice_key bigint, practice_pseudo string, commune_code string, vendor string,"
        " software_version string,"
        " first_period_date date, last_period_date date"
    ),
    "linked.dim_practitioner": "practitioner_key bigint, practice_key bigint",
    "linked.dim_territory": (
        "commune_code string, epci_code string, epci_name string, departement_code string,"
        " region_code string, population bigint"
    ),
    "linked.fct_registration": (
        "person_key bigint, practice_key bigint, source string, start_date date, end_date date,"
        " is_declared boolean, is_active boolean, last_contact_date date"
    ),
    "linked.fct_encounter": (
        "encounter_key bigint, person_key bigint, practice_key bigint, practitioner_key bigint,"
        " encounter_date date, encounter_type string, is_clinical_contact boolean, is_gp boolean,"
        " specialty_code integer, encounter_code string, source string"
    ),
    "linked.fct_condition": (
        "person_key bigint, practice_key bigint, encounter_key bigint, condition_date date,"
        " condition_code string, condition_system string, start_date date, end_date date,"
        " is_active boolean, source string"
    ),
    "linked.fct_prescription": (
        "person_key bigint, practice_key bigint, prescription_date date, atc_code string,"
        " practitioner_key bigint, box_count double, duration_days integer, source string"
    ),
    "linked.fct_dispensing": (
        "person_key bigint, practice_key bigint, dispensing_date date, dispensing_code string,"
        " practitioner_key bigint, atc_code string, quantity bigint, source string"
    ),
    "linked.fct_measurement": (
        "person_key bigint, practice_key bigint, measurement_date date, measurement_code string,"
        " measurement_system string, measure string, value double, unit string,"
        " value_code string, raw_value string, raw_unit string, unit_rule string,"
        " is_plausible boolean, is_usual boolean, is_duplicate boolean, source string"
    ),
    "linked.fct_procedure": (
        "person_key bigint, practice_key bigint, procedure_date date, procedure_code string,"
        " procedure_system string, quantity bigint, source string"
    ),
    "linked.fct_vaccination": (
        "person_key bigint, practice_key bigint, vaccination_date date, atc_code string,"
        " antigen string, is_administered boolean, source string"
    ),
    "linked.fct_hospital_stay": (
        "hospital_stay_key bigint, person_key bigint, start_date date, end_date date,"
        " hospital_stay_code string, exit_mode integer, source string"
    ),
    "linked.fct_hospital_diagnosis": (
        "person_key bigint, diagnosis_date date, diagnosis_code string, diagnosis_system string,"
        " diagnosis_role string, source string"
    ),
    "linked.fct_long_term_illness": (
        "person_key bigint, long_term_illness_date date, start_date date, end_date date,"
        " long_term_illness_code string, long_term_illness_system string, ald_number integer,"
        " source string"
    ),
    "linked.fct_treating_doctor": (
        "person_key bigint, practitioner_key bigint, start_date date, end_date date, source string"
    ),
    "linked.fct_drug_exposure": (
        "person_key bigint, source string, basis string, practice_key bigint,"
        " exposure_level string, exposure_code string, drug_class string, line_number integer,"
        " start_date date, last_supply_date date, covered_to_date date, line_days bigint,"
        " gap_before_days bigint"
    ),
    "linked.fct_claim_month": (
        "person_key bigint, month_start_date date, claim_count bigint,"
        " exempted_claim_count bigint, last_exempted_date date, pathway_code integer,"
        " is_in_nursing_home boolean"
    ),
    "linked.fct_unmapped_code": (
        "source string, entity string, code_system string, code string, occurrence_count bigint,"
        " patient_count bigint"
    ),
    "exchange.link_effect": (
        "indicator_id string, indicator_version string, reference_date date,"
        " denominator_count bigint, claims_numerator_count bigint, share double,"
        " expected_false_link_share double, expected_missed_count double,"
        " link_share_low double, link_share_high double"
    ),
    "exchange.indicator_rate": (
        "unit_level string, unit_code string, indicator_id string, indicator_version string,"
        " basis string, population_basis string, comparison string, comparison_group string,"
        " unit_count bigint, target_share double, standardised_ratio double,"
        " standardised_share double, credibility double, credibility_share double,"
        " credibility_low double, credibility_high double, bayes_ratio double,"
        " bayes_share double, funnel_low_998 double, funnel_low_95 double,"
        " funnel_high_95 double, funnel_high_998 double, z_score double,"
        " z_score_additive double, ranked_unit_count bigint, rank_low bigint, rank_high bigint,"
        " position string"
    ),
    "exchange.surveillance_alarm": (
        "territory_level string, territory_code string, place_basis string, week_start_date date,"
        " syndrome_id string, method string, expected_count double, upper_bound double,"
        " score double, is_pre_alert boolean, is_alarm boolean, nowcast_count double,"
        " nowcast_low double, nowcast_high double"
    ),
}


def model_files(*layers: str) -> dict[str, Path]:
    """The SQL files of these layers by model name."""
    return {path.stem: path for layer in layers for path in sorted((MODELS / layer).rglob("*.sql"))}


def references(sql: str) -> list[str]:
    return re.findall(r"ref\('([a-z0-9_]+)'\)", sql)


class SmallWarehouse:
    """An in-memory warehouse with the upstream tables, the seeds and what `build` adds."""

    layers = ("indicators", "statistics", "published")

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.schemas: dict[str, str] = {}
        for name, columns in UPSTREAM.items():
            schema, table = name.split(".")
            self.connection.execute(f"create schema if not exists {schema}")
            self.connection.execute(f"create table {name} ({columns})")
            self.schemas[table] = schema
        self._load_seeds()
        # Checks of the linked tables themselves have dbt unit tests, and nothing reads them.
        self.files = {
            name: path
            for name, path in model_files(*self.layers).items()
            if path.parent.name != "quality"
        }
        # Everybody is made again here: nobody is looked for.
        del self.files["int_indicators__due_person"]
        for layer in self.layers:
            self.connection.execute(f"create schema if not exists {layer}")
            for name in model_files(layer):
                self.schemas[name] = layer
        self.templates = self._templates()

    def _templates(self) -> Environment:
        """Jinja with the project's macros, compiled once, as in a dbt project."""
        templates = Environment(extensions=["jinja2.ext.do"])

        class Adapter:
            def dispatch(self, macro: str, package: str | None = None):
                return templates.globals[f"duckdb__{macro}"]

        templates.globals |= {
            "ref": lambda model: f"{self.schemas[model]}.{model}",
            "source": lambda schema, table: f"{schema}.{table}",
            "return": lambda value: value,
            "adapter": Adapter(),
            "config": lambda **_: "",
            "var": lambda _, default=None: default,
        }
        macros = "\n".join(
            path.read_text("utf-8")
            for path in sorted((ROOT / "dbt_project" / "macros").rglob("*.sql"))
            if path.parent.name in ("clinical", "indicators", "portability")
        )
        module = vars(templates.from_string(macros).module)
        templates.globals |= {n: macro for n, macro in module.items() if not n.startswith("_")}
        return templates

    def _load_seeds(self) -> None:
        for path in sorted(SEEDS.rglob("*.csv")):
            schema, name = path.parent.name, path.stem
            types = self._seed_types(path)
            self.connection.execute(f"create schema if not exists {schema}")
            self.connection.execute(
                f"create table {schema}.{name} as select * from read_csv('{path}', header = true"
                + (f", types = {types})" if types else ")")
            )
            self.schemas[name] = schema

    @staticmethod
    def _seed_types(path: Path) -> dict[str, str]:
        """The column types the seed's own yml gives, wherever in its folder that is."""
        for description in path.parent.glob("*.yml"):
            for seed in yaml.safe_load(description.read_text("utf-8")).get("seeds", []):
                if seed["name"] == path.stem:
                    return seed.get("config", {}).get("column_types", {})
        return {}

    def insert(self, table: str, **values) -> None:
        """One row of an upstream table; columns not named are null."""
        columns = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        self.connection.execute(
            f"insert into {table} ({columns}) values ({marks})", list(values.values())
        )

    def render(self, name: str) -> str:
        """The model as DuckDB reads it."""
        return self.templates.from_string(self.files[name].read_text("utf-8")).render()

    def order(self, targets: Iterable[str] | None = None) -> list[str]:
        """The models (all, or the targets and what they need), each after what it reads."""
        done: list[str] = []

        def visit(name: str) -> None:
            if name in done or name not in self.files:
                return
            for parent in references(self.files[name].read_text("utf-8")):
                visit(parent)
            done.append(name)

        for name in self.files if targets is None else targets:
            visit(name)
        return done

    def build(self, as_of: date, targets: Iterable[str] | None = None) -> None:
        """Run every model, or the targets and what they need, at this date."""
        self.connection.execute("delete from staging.stg_run")
        self.connection.execute(
            "insert into staging.stg_run"
            " values ($1, cast(cast($1 as date) + to_months(-6) as date), true)",
            [as_of],
        )
        for name in self.order(targets):
            kind = "view" if name.startswith("ind_") else "table"
            self.connection.execute(
                f"create or replace {kind} {self.schemas[name]}.{name} as {self.render(name)}"
            )

    def rows(self, sql: str, parameters: list | None = None) -> list[dict]:
        cursor = self.connection.execute(sql, parameters or [])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
