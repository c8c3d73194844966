"""Imported by the fork server, so that forked steps find the job resolved and every module of the
instance's storage imported (1.2 s in each step otherwise)."""

from __future__ import annotations

from dagster import DagsterInstance

from orchestration.definitions import run_job

run_job()
with DagsterInstance.get():
    pass
