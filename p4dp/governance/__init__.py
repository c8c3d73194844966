"""Who may ask what, and the trail of everything asked."""

from p4dp.governance.accounts import (
    Account,
    ensure_demo_account,
    grant,
    is_synthetic,
    load_accounts,
    revoke,
)
from p4dp.governance.gate import Answer, check_statement, query
from p4dp.governance.person import PersonPage, PersonReader, person_page
from p4dp.governance.roles import ROLES, Grant, Role
from p4dp.governance.trail import Trail, Verification, os_user

__all__ = [
    "ROLES",
    "Account",
    "Answer",
    "Grant",
    "PersonPage",
    "PersonReader",
    "Role",
    "Trail",
    "Verification",
    "check_statement",
    "ensure_demo_account",
    "grant",
    "is_synthetic",
    "load_accounts",
    "os_user",
    "person_page",
    "query",
    "revoke",
]
