"""p4dp: an open lakehouse for French primary-care records."""

__version__ = "0.1.0"
