"""Spec tables: reading them, and putting their patients into a small warehouse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .small_warehouse import SmallWarehouse

CASES = Path(__file__).parent / "cases"
AS_OF = date(2025, 6, 30)
PRACTICES = {"A": 1, "B": 2, "Z": 3}
COMMUNE = "06088"
CLAIMS_ONLY = ("ald", "stay", "disp", "exempted", "pathway", "nursing_home")


@dataclass(frozen=True)
class Case:
    """One worked patient and the statuses expected at the reference date."""

    indicator_id: str
    name: str
    person: str
    history: str
    record: str
    linked: str
    person_key: int
    indicator_version: str = "1"
    as_of: date = AS_OF


def read_cases(as_of: date | None = None, folder: Path = CASES) -> list[Case]:
    """All cases (or those of one reference date), each with a person key of its own.

    `<ID>.md` holds the patients of version 1 of a measure, `<ID>.<version>.md` those of another.
    Other folders hold tables of what is no measure; their last two columns are read alike.
    """
    cases: list[Case] = []
    for path in sorted(folder.glob("*.md")):
        text = path.read_text("utf-8")
        indicator_id, _, version = path.stem.partition(".")
        day = re.search(r"^Reference date (\S+)\.", text, re.MULTILINE)
        assert day, f"{path.name}: no reference date"
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not line.startswith("|") or cells[0] == "case" or set(cells[0]) <= {"-", " "}:
                continue
            assert len(cells) == 5, f"{path.name}: five cells expected in {line!r}"
            cases.append(
                Case(
                    indicator_id,
                    *cells,
                    person_key=len(cases) + 1,
                    indicator_version=version or "1",
                    as_of=date.fromisoformat(day[1]),
                )
            )
    return [case for case in cases if as_of is None or case.as_of == as_of]


def expected(cell: str) -> tuple[str, str | None]:
    """Status and, if given in brackets, reason."""
    match = re.fullmatch(r"(\w+)(?: \(([\w,]+)\))?", cell)
    assert match, f"status expected, got {cell!r}"
    return match[1], match[2]


def load(warehouse: SmallWarehouse, cases: list[Case], as_of: date = AS_OF) -> None:
    """The practices, delivering up to this date, and all patients."""
    for name, key in PRACTICES.items():
        warehouse.insert(
            "linked.dim_practice",
            practice_key=key,
            commune_code=COMMUNE,
            vendor="medirel",
            software_version="1",
            first_period_date=date(2010, 1, 1),
            last_period_date=date(2023, 1, 31) if name == "Z" else as_of,
        )
        warehouse.insert("linked.dim_practitioner", practitioner_key=key, practice_key=key)
    warehouse.insert(
        "linked.dim_territory",
        commune_code=COMMUNE,
        epci_code="200030195",
        epci_name="Nice",
        departement_code="06",
        region_code="93",
        population=340000,
    )
    warehouse.insert(
        "staging.stg_delivery",
        source="snds",
        period_start=date(2015, 1, 1),
        period_end=as_of,
    )
    # Medicines are claimed as long as everything else.
    warehouse.insert(
        "linked.fct_dispensing",
        person_key=1_000_000,
        source="snds",
        dispensing_date=date(2015, 1, 5),
        atc_code="A02BC01",
        quantity=1,
    )
    add_vaccinated_neighbours(warehouse, as_of)
    for case in cases:
        try:
            add_person(warehouse, case)
        except (ValueError, KeyError, IndexError) as error:
            raise AssertionError(f"{case.indicator_id}, {case.name!r}: {error!r}") from error


def add_vaccinated_neighbours(warehouse: SmallWarehouse, as_of: date) -> None:
    """Older patients and children of practice A with their vaccines: that practice records them."""
    for first_key, people, born, antigens in (
        (1_000_000, 200, 1945, ["influenza", "dtp", "covid", "pneumococcus", "zoster", "rsv"]),
        (2_000_000, 1500, as_of.year - 3, ["dtp"]),
    ):
        keys = f"select {first_key} + i as person_key from range({people}) as series(i)"
        dose = date(as_of.year - 2, 11, 2)
        for insert in (
            "linked.dim_patient"
            " (person_key, birth_year, birth_month, sex, commune_code, is_linked_snds)"
            f" select person_key, {born}, 3, 'F', '{COMMUNE}', false from ({keys})",
            "linked.fct_registration (person_key, practice_key, source, start_date, is_declared)"
            f" select person_key, 1, 'medirel', date '2010-01-01', true from ({keys})",
            "linked.fct_vaccination (person_key, practice_key, source, vaccination_date, antigen)"
            f" select person_key, 1, 'medirel', date '{dose}', unnest({antigens!r}) from ({keys})",
        ):
            warehouse.connection.execute(f"insert into {insert}")


def add_person(warehouse: SmallWarehouse, case: Case) -> None:
    words = case.person.split()
    year, month = (int(part) for part in words[1].split("-")) if words[1] != "?" else (None, None)
    options = words[2:]

    def option_date(word: str) -> date | None:
        return date.fromisoformat(options[options.index(word) + 1]) if word in options else None

    warehouse.insert(
        "linked.dim_patient",
        person_key=case.person_key,
        birth_year=year,
        birth_month=month,
        sex=words[0],
        commune_code=COMMUNE,
        death_date=option_date("died"),
        is_linked_snds="linked" in options,
    )
    facts = [fact.strip() for fact in case.history.split(";") if fact.strip()]
    places = {"A"} | {m[1] for fact in facts if (m := re.search(r"@([BZ])$", fact))}
    for place in sorted(places):
        warehouse.insert(
            "linked.fct_registration",
            person_key=case.person_key,
            practice_key=PRACTICES[place],
            source="medirel",
            start_date=option_date("new") or date(2010, 1, 1),
            end_date=option_date("left") if place == "A" else None,
            is_declared=place == "A" and "undeclared" not in options,
        )
    for number, fact in enumerate(facts):
        add_fact(warehouse, case.person_key, fact, case.person_key * 1000 + number)


def add_fact(warehouse: SmallWarehouse, person_key: int, fact: str, key: int) -> None:
    """One fact of a history, such as `2024-03-10 prs 9434 @claims`."""
    text, _, place = fact.partition("@")
    day_text, kind, *arguments = text.split()
    day = date.fromisoformat(day_text)
    from_claims = place == "claims" or kind in CLAIMS_ONLY
    where = {
        "person_key": person_key,
        "practice_key": None if from_claims else PRACTICES[place or "A"],
        "source": "snds" if from_claims else "medirel",
    }
    code = arguments[0].replace(".", "") if arguments else ""
    insert = warehouse.insert
    if kind in ("contact", "specialist", "office"):
        insert(
            "linked.fct_encounter",
            **where,
            encounter_key=key,
            encounter_date=day,
            encounter_type="administrative" if kind == "office" else "consultation",
            is_clinical_contact=kind != "office",
            is_gp=kind == "contact",
            specialty_code=int(arguments[0]) if arguments else None,
        )
    elif kind in ("cisp2", "cim10", "snomed", "orpha"):
        insert(
            "linked.fct_condition",
            **where,
            encounter_key=int(arguments[1]) if arguments[1:] and arguments[1].isdigit() else key,
            condition_date=day,
            condition_code=code,
            condition_system={
                "cisp2": "CISP-2",
                "cim10": "CIM-10",
                "snomed": "SNOMED",
                "orpha": "ORPHA",
            }[kind],
            is_active="resolved" not in arguments,
        )
    elif kind == "ald":
        insert(
            "linked.fct_long_term_illness",
            person_key=person_key,
            source="snds",
            long_term_illness_date=day,
            start_date=day,
            end_date=next((date.fromisoformat(a) for a in arguments[1:] if "-" in a), None),
            ald_number=next((int(a) for a in arguments[1:] if "-" not in a), None),
            long_term_illness_code=code,
            long_term_illness_system="CIM-10",
        )
    elif kind == "stay":
        beside = [argument.split(":") for argument in arguments if ":" in argument]
        diagnoses = [("main", code), *((role, other.replace(".", "")) for role, other in beside)]
        arguments = [argument for argument in arguments if ":" not in argument]
        last_day = date.fromisoformat(arguments[1]) if len(arguments) > 1 else day
        insert(
            "linked.fct_hospital_stay",
            hospital_stay_key=key,
            person_key=person_key,
            source="snds",
            start_date=day,
            end_date=last_day,
            hospital_stay_code=code,
            exit_mode=int(arguments[2]) if len(arguments) > 2 else 8,
        )
        for role, diagnosis in diagnoses:
            insert(
                "linked.fct_hospital_diagnosis",
                person_key=person_key,
                source="snds",
                diagnosis_date=day,
                diagnosis_code=diagnosis,
                diagnosis_system="CIM-10",
                diagnosis_role=role,
            )
    elif kind in ("ccam", "nabm", "prs"):
        insert(
            "linked.fct_procedure",
            **where,
            procedure_date=day,
            procedure_code=code,
            procedure_system={"ccam": "CCAM", "nabm": "NABM", "prs": "PRS_NAT_REF"}[kind],
            quantity=1,
        )
    elif kind == "rx":
        insert("linked.fct_prescription", **where, prescription_date=day, atc_code=code)
    elif kind == "disp":
        insert(
            "linked.fct_dispensing",
            **where,
            dispensing_date=day,
            atc_code=code,
            dispensing_code=arguments[1] if len(arguments) > 1 else None,
            quantity=1,
        )
    elif kind == "line":
        last_day = date.fromisoformat(arguments[1])
        insert(
            "linked.fct_drug_exposure",
            **where,
            basis="claims" if from_claims else "record",
            exposure_level="class",
            exposure_code=arguments[0],
            drug_class=arguments[0],
            line_number=1 if len(arguments) < 3 else 2,
            start_date=day,
            last_supply_date=day,
            covered_to_date=last_day,
            line_days=(last_day - day).days,
            gap_before_days=int(arguments[2]) if len(arguments) > 2 else None,
        )
    elif kind in ("exempted", "pathway", "nursing_home"):
        insert(
            "linked.fct_claim_month",
            person_key=person_key,
            month_start_date=day.replace(day=1),
            claim_count=1,
            exempted_claim_count=1 if kind == "exempted" else 0,
            last_exempted_date=day if kind == "exempted" else None,
            pathway_code=int(arguments[0]) if kind == "pathway" else None,
            is_in_nursing_home=kind == "nursing_home",
        )
    elif kind == "declared":
        insert(
            "linked.fct_treating_doctor",
            person_key=person_key,
            practitioner_key=PRACTICES.get(place),
            source="snds",
            start_date=day,
            end_date=date.fromisoformat(arguments[0]) if arguments else None,
        )
    elif kind == "vaccine":
        insert(
            "linked.fct_vaccination",
            **where,
            vaccination_date=day,
            antigen=arguments[0],
            atc_code=arguments[1] if len(arguments) > 1 else None,
            is_administered=True,
        )
    else:
        is_number = bool(re.fullmatch(r"-?\d+(\.\d+)?", arguments[0]))
        has_no_unit = arguments[0].startswith("?")
        insert(
            "linked.fct_measurement",
            **where,
            measurement_date=day,
            measure=kind,
            value=float(arguments[0]) if is_number else None,
            value_code=None if is_number or has_no_unit else arguments[0],
            raw_value=arguments[0].removeprefix("?"),
            unit_rule="unknown" if has_no_unit else None,
            is_plausible=None if has_no_unit else True,
            is_usual=None if has_no_unit else True,
            is_duplicate=False,
        )
