"""Releases: immutable, switched atomically, read by everybody, written by the run alone."""

from p4dp.release.content import content_hash
from p4dp.release.publication import (
    AGGREGATES,
    LINKED,
    MANIFEST,
    ReleaseReport,
    publish,
    switch,
)
from p4dp.release.reading import (
    attach_release,
    list_releases,
    lock,
    open_release,
    read_manifest,
    release_folder,
)

__all__ = [
    "AGGREGATES",
    "LINKED",
    "MANIFEST",
    "ReleaseReport",
    "attach_release",
    "content_hash",
    "list_releases",
    "lock",
    "open_release",
    "publish",
    "read_manifest",
    "release_folder",
    "switch",
]
