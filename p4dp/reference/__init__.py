"""Official reference files (INSEE communes, BDPM medicines) as Parquet under the home."""

from p4dp.reference.load import LoadedTable, load, loaded

__all__ = ["LoadedTable", "load", "loaded"]
