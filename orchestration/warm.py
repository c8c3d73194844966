"""Imported by the fork server alone, so that forked steps find the job resolved and every module
of the instance's storage imported (1.2 s in each step otherwise)."""

from __future__ import annotations

import os

from dagster import DagsterInstance

from orchestration.definitions import run_job

# Steps get a process group of their own: Ctrl-C in a terminal reaches the leading process alone,
# which then ends them in order.
os.setpgid(0, 0)

run_job()
with DagsterInstance.get():
    pass
