"""DuckDB connections of the release step: no network, no extension fetched by itself."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from p4dp.errors import P4dpError

_CLOSED = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def connect(temp_directory: Path, **config: str) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that neither installs nor loads extensions by itself.

    What does not fit into memory goes to `temp_directory`, encrypted: it may be rows of
    persons, and a crash would leave it there.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        **_CLOSED,
        "temp_directory": str(temp_directory),
        "temp_file_encryption": "true",
        **config,
    }
    connection = duckdb.connect(config=settings)
    load_crypto(connection)
    return connection


def attach(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    *,
    read_only: bool,
    key: bytes | None = None,
) -> None:
    """Attach a database file; `key` (32 bytes) where it is or shall be encrypted."""
    options = []
    if read_only:
        options.append("read_only")
    if key is not None:
        options.append(f"encryption_key '{key.hex()}'")
    suffix = f" ({', '.join(options)})" if options else ""
    connection.execute(f"attach {literal(path)} as {quoted(name)}{suffix}")


def load_crypto(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the packaged httpfs extension: DuckDB encrypts what it writes only with it."""
    spec = find_spec("duckdb_extension_httpfs")
    if spec is None or spec.origin is None:
        raise P4dpError(
            "releases need the package duckdb-extension-httpfs to encrypt what they write",
            remedy="install the locked environment again: `make setup`",
        )
    folder = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    connection.execute(f"load {literal(folder / 'httpfs.duckdb_extension')}")


def literal(value: object) -> str:
    """A SQL string literal."""
    text = str(value).replace("'", "''")
    return f"'{text}'"


def quoted(name: str) -> str:
    """A SQL identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
