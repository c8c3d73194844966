"""One contract per source and version: the one truth about what is delivered and landed.

From the YAML files in `definitions/` (Open Data Contract Standard 3.1) come the
validator's rules, the zero-row landing schemas, the dbt sources and the vendor's
page. `p4dp`, `register` and `exchange` are internal contracts of the same shape:
tables that the platform writes for itself.
"""

from p4dp.contracts.dbt_sources import generate_sources
from p4dp.contracts.landing import (
    TECHNICAL_COLUMNS,
    landing_schema,
    schemas_are_current,
    write_schemas,
)
from p4dp.contracts.model import (
    Column,
    Contract,
    Table,
    contract_for,
    current_contract,
    delimiter_of,
    internal_contracts,
    load_contracts,
    sources,
)
from p4dp.contracts.page import contract_page, write_pages

__all__ = [
    "TECHNICAL_COLUMNS",
    "Column",
    "Contract",
    "Table",
    "contract_for",
    "contract_page",
    "current_contract",
    "delimiter_of",
    "generate_sources",
    "internal_contracts",
    "landing_schema",
    "load_contracts",
    "schemas_are_current",
    "sources",
    "write_pages",
    "write_schemas",
]
