"""The gate: deliveries in, landing and vault out."""

from p4dp.intake.receive import (
    DeliveryReceipt,
    ReceiptReport,
    heal,
    receive,
    receive_inbox,
)

__all__ = ["DeliveryReceipt", "ReceiptReport", "heal", "receive", "receive_inbox"]
