"""The gate: deliveries in, landing and vault out."""

from p4dp.intake.quarantine import list_quarantine, replay_quarantine, show_quarantine
from p4dp.intake.receive import (
    DeliveryReceipt,
    ReceiptReport,
    heal,
    receive,
    receive_inbox,
)

__all__ = [
    "DeliveryReceipt",
    "ReceiptReport",
    "heal",
    "list_quarantine",
    "receive",
    "receive_inbox",
    "replay_quarantine",
    "show_quarantine",
]
