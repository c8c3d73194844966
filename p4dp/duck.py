"""DuckDB connections that stay on this machine, and the quoting of SQL text.

One place for what boundary, gate, vault and release need of the engine: no extension is
installed or loaded by itself, spilled data are encrypted where they may be rows of persons.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from p4dp.errors import P4dpError

#: Settings of every connection: no network, no extension fetched or loaded by itself.
CLOSED: dict[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def literal(value: object) -> str:
    """A SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def crypto_extension() -> Path:
    """The DuckDB extension that can write encrypted files, from its installed package."""
    spec = find_spec("duckdb_extension_httpfs")
    if spec is None or spec.origin is None:
        raise P4dpError(
            "The package duckdb-extension-httpfs is not installed",
            remedy="Install the project's locked requirements: `make setup`.",
        )
    folder = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    path = folder / "httpfs.duckdb_extension"
    if not path.is_file():
        raise P4dpError(
            "No encryption extension for this DuckDB",
            file=path,
            expected=f"duckdb-extension-httpfs for duckdb {duckdb.__version__}",
        )
    return path


def load_crypto(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the packaged httpfs extension: DuckDB encrypts what it writes only with it."""
    connection.execute(f"load {literal(crypto_extension())}")


def connect_encrypting(temp_directory: Path, **config: str) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that can attach encrypted files.

    What does not fit into memory goes to `temp_directory`, encrypted: it may be rows of
    persons, and a crash would leave it there.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        **CLOSED,
        "temp_directory": str(temp_directory),
        "temp_file_encryption": "true",
        **config,
    }
    connection = duckdb.connect(config=settings)
    load_crypto(connection)
    return connection


#: What the engine may hold at boundary and gate, whatever the size of the data.
ENGINE_MEMORY = "1500MB"


def connect_plain(scratch: Path, memory: str = ENGINE_MEMORY) -> duckdb.DuckDBPyConnection:
    """An in-memory connection of two threads that spills to `scratch` only.

    Needs no extension: the boundary runs it inside a vendor's software. `memory` bounds what
    the engine holds; what it has freed goes back to the system at once, or the process would
    keep the sum of what its steps needed.
    """
    connection = duckdb.connect(
        config={
            **CLOSED,
            "temp_directory": str(scratch / "spill"),
            "memory_limit": memory,
            "threads": 2,
            "allocator_flush_threshold": "1MB",
            "allocator_background_threads": "true",
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
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
