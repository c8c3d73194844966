"""The vault: secrets, level-1 pseudonyms, sealed tokens, originals, quarantine, ledger.

Opened by intake, the token step of linkage and the rights commands only.
"""

from p4dp.vault.expiry import ExpiryReport, expire, rewrite_vault
from p4dp.vault.keys import WarehouseKeys, create_warehouse_keys, warehouse_keys
from p4dp.vault.store import open_vault
from p4dp.vault.tokens import return_tokens, sealed_tokens

__all__ = [
    "ExpiryReport",
    "WarehouseKeys",
    "create_warehouse_keys",
    "expire",
    "open_vault",
    "return_tokens",
    "rewrite_vault",
    "sealed_tokens",
    "warehouse_keys",
]
