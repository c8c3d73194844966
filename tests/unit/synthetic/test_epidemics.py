"""What circulates: seasons, planted outbreaks, and decoys that are none."""

from __future__ import annotations

import numpy as np
import pytest

from p4dp.synthetic.calendar import day_number, to_date
from p4dp.synthetic.catalogue import SYNDROMES
from p4dp.synthetic.epidemics import FIRST_DECOY, Decoy, Epidemics, Outbreak, cases, make_epidemics
from p4dp.synthetic.practices import make_practices, territory
from p4dp.synthetic.world import load_world

START, END = day_number("2023-01-01"), day_number("2026-01-01")


@pytest.fixture(scope="module")
def epidemics() -> Epidemics:
    world = load_world()
    return make_epidemics(world, 5, make_practices(world, 5, 40, END - START), START, END)


def test_influenza_comes_in_winter(epidemics: Epidemics) -> None:
    flu = epidemics.incidence[SYNDROMES.index("influenza_like_illness")].mean(axis=0)
    months = np.array(
        [to_date(epidemics.first_week + 7 * week + 3).month for week in range(len(flu))]
    )
    assert flu[np.isin(months, (1, 2))].mean() > 20 * flu[np.isin(months, (7, 8))].mean()


def test_no_outbreak_leaves_the_window_and_all_shapes_sum_to_one(epidemics: Epidemics) -> None:
    weeks = epidemics.incidence.shape[2]
    assert len(epidemics.outbreaks) >= 4
    for outbreak in epidemics.outbreaks:
        assert outbreak.shape.sum() == pytest.approx(1)
        assert 0 < outbreak.first_week and outbreak.first_week + outbreak.weeks <= weeks


def flat(outbreaks: tuple[Outbreak, ...], decoys: tuple[Decoy, ...]) -> Epidemics:
    """Five cases a week per 1,000 people of every syndrome everywhere."""
    shape = (len(SYNDROMES), len(territory().epci_codes), 60)
    return Epidemics(START + 1, np.full(shape, 0.005), outbreaks, decoys)


def drawn(epidemics: Epidemics) -> tuple[np.ndarray, ...]:
    people = 4000
    epci = np.arange(people) % 2
    age = np.full(people, 40.0)
    generator = np.random.default_rng(1)
    return (epci, *cases(load_world(), epidemics, generator, epci, age, START, END))


def test_an_outbreak_adds_its_cases_in_its_place_and_weeks() -> None:
    plant = Outbreak(0, "acute_diarrhoea", 1, 20, 4, 10, np.array([0.2, 0.5, 0.2, 0.1]))
    epci, person, day, syndrome, source = drawn(flat((plant,), ()))
    planted = source == 0
    week = (day - START - 1) // 7
    assert planted.sum() > 60
    assert set(week[planted]) <= {20, 21, 22, 23}
    assert set(epci[person[planted]]) == {1}
    assert set(syndrome[planted]) == {SYNDROMES.index("acute_diarrhoea")}


def test_media_doubles_consultations_without_being_an_outbreak() -> None:
    first = START + 1 + 7 * 30
    decoy = Decoy(3, "media_effect", "acute_diarrhoea", "medirel", 0, first, 28)
    epci, person, day, syndrome, source = drawn(flat((), (decoy,)))
    worried = source == FIRST_DECOY - 3
    here = (epci[person] == 0) & (syndrome == SYNDROMES.index("acute_diarrhoea"))
    usual = (here & ~worried).sum() / 60
    assert worried.sum() == pytest.approx(4 * usual, rel=0.35)
    assert not (source >= 0).any()
