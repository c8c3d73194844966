"""What the token step of linkage and the return channel may read from the vault."""

from __future__ import annotations

import pyarrow as pa

from p4dp.settings import Home
from p4dp.vault.keys import WarehouseKeys
from p4dp.vault.store import SEALED_COLUMNS, open_vault

_LATEST = """
    select {columns} from vault.sealed_identity
    qualify row_number() over (
        partition by source, patient_pseudo order by delivery_sequence desc, delivery_id desc
    ) = 1
"""


def sealed_tokens(home: Home, keys: WarehouseKeys) -> pa.Table:
    """One row per (source, level-2 patient_pseudo): the latest sealed tokens.

    `sealed_*` are base64 keyed filters of 512 bits (compare with Dice), `block_*`
    keyed hashes for equality. Only for linkage, never written to a zone.
    """
    columns = ", ".join(("source", "patient_pseudo", *SEALED_COLUMNS))
    with open_vault(home, keys) as connection:
        return connection.execute(_LATEST.format(columns=columns)).to_arrow_table()


def return_tokens(home: Home, keys: WarehouseKeys) -> pa.Table:
    """One row per (source, practice_pseudo, patient_pseudo): the return token of its practice."""
    columns = "source, practice_pseudo, patient_pseudo, return_token"
    with open_vault(home, keys) as connection:
        return connection.execute(_LATEST.format(columns=columns)).to_arrow_table()
