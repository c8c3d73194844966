"""The trail: every line counts, every change shows."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime

import pytest

from p4dp.errors import P4dpError
from p4dp.governance import Trail
from p4dp.settings import Home

KEY = b"\x01" * 32


@pytest.fixture
def trail(tmp_path) -> Trail:
    return Trail(Home(tmp_path), KEY)


def fill(trail, count=5):
    for i in range(count):
        month = 10 + i // 3
        trail.append(
            "query", actor="ana", outcome="done", at=datetime(2025, month, 1 + i, tzinfo=UTC)
        )


def files(tmp_path):
    return sorted((tmp_path / "trail").glob("*.jsonl"))


def test_an_untouched_trail_is_intact_across_months(trail, tmp_path):
    fill(trail)
    assert [f.name for f in files(tmp_path)] == ["2025-10.jsonl", "2025-11.jsonl"]
    state = trail.verify()
    assert state.is_intact and state.lines == 5
    assert [e["number"] for e in trail.events()] == [1, 2, 3, 4, 5]
    assert all(datetime.fromisoformat(e["at"]).tzinfo for e in trail.events())


def test_an_empty_trail_is_intact(trail):
    assert trail.verify().is_intact


@pytest.mark.parametrize("line", range(5))
def test_altering_any_line_shows_at_that_line(trail, tmp_path, line):
    fill(trail)
    file, position = (files(tmp_path)[0], line) if line < 3 else (files(tmp_path)[1], line - 3)
    lines = file.read_text().splitlines()
    event = json.loads(lines[position])
    lines[position] = json.dumps(event | {"actor": "eve"})
    file.write_text("\n".join(lines) + "\n")
    state = trail.verify()
    assert not state.is_intact
    assert (state.file, state.line, state.lines) == (file, position + 1, line)


def test_removing_inserting_and_reordering_lines_show(trail, tmp_path):
    fill(trail, 3)
    file = files(tmp_path)[0]
    lines = file.read_text().splitlines()
    for changed in (
        lines[1:],
        lines[:1] + lines[2:],
        [lines[1], lines[0], lines[2]],
        [lines[0], lines[0], *lines[1:]],
        lines[:2],
        lines[:1],
        [],
    ):
        file.write_text("".join(f"{text}\n" for text in changed))
        assert not trail.verify().is_intact
    file.unlink()
    assert not trail.verify().is_intact
    with pytest.raises(P4dpError, match="damaged"):
        trail.append("query", actor="ana", outcome="done")


def test_a_trail_cut_back_is_not_written_on(trail, tmp_path):
    fill(trail, 3)
    file = files(tmp_path)[0]
    file.write_text("".join(f"{t}\n" for t in file.read_text().splitlines()[:2]))
    with pytest.raises(P4dpError, match="missing from the end"):
        trail.append("query", actor="ana", outcome="done")


def test_a_forged_head_shows(trail, tmp_path):
    fill(trail, 3)
    head = tmp_path / "trail" / "head.json"
    head.write_text(json.dumps(json.loads(head.read_text()) | {"number": 2}))
    assert "head" in (trail.verify().problem or "")
    with pytest.raises(P4dpError, match="damaged"):
        trail.append("query", actor="ana", outcome="done")


def test_another_key_finds_every_line_wrong(trail, tmp_path):
    fill(trail)
    assert Trail(Home(tmp_path), b"\x02" * 32).verify().line == 1


def test_a_line_torn_by_a_crash_is_set_aside(trail, tmp_path):
    fill(trail, 3)
    file = files(tmp_path)[0]
    with open(file, "a") as handle:
        handle.write('{"number": 4, "at": "20')
    trail.append("query", actor="ana", outcome="done", at=datetime(2025, 10, 20, tzinfo=UTC))
    assert trail.verify().is_intact and trail.verify().lines == 4
    assert len(list((tmp_path / "trail").glob("torn-*"))) == 1


def test_a_crash_between_line_and_head_is_healed(trail, tmp_path):
    fill(trail, 2)
    head = (tmp_path / "trail" / "head.json").read_bytes()
    fill(trail, 1)
    (tmp_path / "trail" / "head.json").write_bytes(head)
    assert trail.verify().is_intact
    fill(trail, 1)
    assert trail.verify().is_intact and trail.verify().lines == 4


def test_pseudonyms_become_tokens_of_the_trail_alone(trail, tmp_path):
    pseudonym = "l2-ab12-" + "0123456789abcdef" * 2
    trail.append(
        "query",
        actor="ana",
        outcome="done",
        details={"sql": f"from linked.fct_encounter where patient_pseudo = '{pseudonym}'"},
    )
    written = files(tmp_path)[0].read_text()
    assert pseudonym not in written and trail.token(pseudonym) in written
    assert Trail(Home(tmp_path), b"\x02" * 32).token(pseudonym) != trail.token(pseudonym)


def test_a_time_without_zone_is_refused(trail):
    with pytest.raises(ValueError, match="time zone"):
        trail.append("query", actor="a", outcome="done", at=datetime(2025, 1, 1))


def _append(root, count):
    trail = Trail(Home(root), KEY)
    for _ in range(count):
        trail.append("query", actor="ana", outcome="done")


def test_several_processes_write_one_chain(trail, tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(tmp_path, 15)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    state = trail.verify()
    assert state.is_intact and state.lines == 45
