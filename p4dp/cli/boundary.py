"""Commands of the practice boundary: keys, pseudonymise, resolve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from p4dp.cli.console import JsonOption, out, print_json, print_table

KeysOption = Annotated[
    Path, typer.Option("--keys", metavar="DIR", help="Folder of the boundary's keys.")
]

keys_app = typer.Typer(help="Make keys.", no_args_is_help=True)


def pseudonymise(
    raw: Annotated[Path, typer.Argument(help="Folder the practice software exported to.")],
    out_dir: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the delivery folder is made.")
    ],
    keys: KeysOption,
    practice: Annotated[
        str | None, typer.Option(help="Practice identifier, for FHIR files without export.json.")
    ] = None,
    descriptor: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="export.json, where it is not in the export's folder."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a raw export into a delivery that holds no identity.

    Runs at the practice, without network. Names, numbers, birth dates, addresses and
    free text stay; pseudonyms, sealed tokens and return tokens leave.

    Example: p4dp pseudonymise export/ --out deliveries/ --keys boundary-keys/
    """
    from p4dp.boundary import pseudonymise as make_delivery
    from p4dp.contracts.manifest import read_manifest

    delivery = make_delivery(raw, out_dir, keys, practice=practice, descriptor=descriptor)
    manifest = read_manifest(delivery)
    rows = sum(f.rows for f in manifest.files)
    if as_json:
        print_json({"delivery_id": manifest.delivery_id, "path": str(delivery), "rows": rows})
        return
    print_table(
        f"Delivery {manifest.delivery_id}: {rows} rows",
        ["table", "rows", "file"],
        [(f.table, f.rows, f.path) for f in manifest.files],
    )
    out.print(f"Send the folder {delivery}", highlight=False, soft_wrap=True)


def resolve(
    returned: Annotated[Path, typer.Argument(help="CSV list returned by the platform.")],
    keys: KeysOption,
    practice: Annotated[str, typer.Option(help="Practice identifier.")],
    as_json: JsonOption = False,
) -> None:
    """Read a returned list: which of the practice's own patients it names.

    Only the practice whose key made the return tokens can read them.

    Example: p4dp resolve recall.csv --keys boundary-keys/ --practice 060001234
    """
    from p4dp.boundary import resolve as read_list

    rows = read_list(returned, keys, practice=practice)
    if as_json:
        print_json(rows)
        return
    columns = list(rows[0]) if rows else ["local_id"]
    print_table(f"{len(rows)} patients", columns, [[r[c] for c in columns] for r in rows])


@keys_app.command("init")
def keys_init(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Boundary key folder; without it, the warehouse's own keys."),
    ] = None,
    practice: Annotated[
        list[str] | None,
        typer.Option("--practice", help="Practice that gets a key of its own (repeatable)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the missing keys of a boundary, or of the warehouse. Existing keys stay.

    `level1.key` and `linkage.key` are one secret for all boundaries of the network:
    make them once and hand them over safely. The warehouse's keys are independent.

    Example: p4dp keys init boundary-keys/ --practice 060001234
    """
    if folder is not None:
        from p4dp.boundary import create_boundary_keys

        made = create_boundary_keys(folder, practice or [])
    else:
        from p4dp.settings import Home, keys_dir
        from p4dp.vault import create_warehouse_keys

        made = create_warehouse_keys(keys_dir(), Home.from_environment())
    if as_json:
        print_json({"made": [str(path) for path in made]})
    elif made:
        for path in made:
            out.print(f"made {path}", highlight=False, soft_wrap=True)
    else:
        out.print("Every key was already there.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(pseudonymise)
    app.command()(resolve)
    app.add_typer(keys_app, name="keys")
