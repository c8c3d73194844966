"""The hand-made tables of the small warehouse have the columns of the real ones."""

from __future__ import annotations

import pytest
import yaml

from .small_warehouse import MODELS, UPSTREAM

LINKED = [name for name in UPSTREAM if name.startswith("linked.")]


def contract(table: str) -> dict[str, str]:
    (path,) = (MODELS / "linked").rglob(f"{table}.yml")
    (model,) = yaml.safe_load(path.read_text("utf-8"))["models"]
    return {column["name"]: column["data_type"] for column in model["columns"]}


@pytest.mark.parametrize("name", LINKED)
def test_columns_are_those_of_the_contract(name):
    real = contract(name.split(".")[1])
    for definition in UPSTREAM[name].split(","):
        column, type_ = definition.split()
        assert column in real, f"{name}.{column}"
        assert real[column] in (type_, type_.replace("integer", "int")), f"{name}.{column}"
