import os
import signal
import threading

import pytest

from confoundlab.catalog import study
from confoundlab.errors import InputError
from confoundlab.sweeping.running import make, make_all
from confoundlab.sweeping.table import digest, merged
from confoundlab.sweeping.units import plan


def units(**values):
    given = {name: [str(one) for one in some] for name, some in values.items()}
    return plan(study("coil"), "smoke", given)


@pytest.mark.parametrize("scheduler", [None, "local"])
def test_what_is_missing_is_made_and_what_is_there_is_kept(scheduler, tmp_path, program):
    if scheduler:
        pytest.importorskip("distributed")
    wanted = units(crop_size=[12, 16], seed=[0, 1])
    assert not make(wanted[0], tmp_path, program).problem
    before = (wanted[0].folder(tmp_path) / "results.json").stat().st_mtime_ns
    outcomes = list(make_all(wanted, tmp_path, scheduler, 2, program))
    assert sorted(one.key for one in outcomes) == sorted(one.key for one in wanted[1:])
    assert not any(one.problem for one in outcomes)
    assert (wanted[0].folder(tmp_path) / "results.json").stat().st_mtime_ns == before
    assert list(make_all(wanted, tmp_path, scheduler, 2, program)) == []


def test_a_run_that_fails_says_why_and_others_go_on(tmp_path, program):
    found = list(make_all(units(crop_size=[12, 13]), tmp_path, None, 2, program))
    outcomes = {one.key: one.problem for one in found}
    assert sorted(map(bool, outcomes.values())) == [False, True]
    assert any("no luck" in why for why in outcomes.values())


def test_the_table_is_the_same_wherever_the_runs_were_made(tmp_path, program):
    wanted = units(crop_size=[12, 16, 20], seed=[0, 1])
    list(make_all(wanted, tmp_path / "one", None, 2, program))
    list(make_all(wanted[::-1], tmp_path / "other", None, 1, program))
    tables = [merged(wanted, tmp_path / name) for name in ("one", "other")]
    assert digest(tables[0]) == digest(tables[1]) and len(tables[0]) == 6


def test_two_sweeps_into_one_folder_lose_nothing(tmp_path, program):
    wanted = units(seed=range(6))

    def all_of_it() -> None:
        list(make_all(wanted, tmp_path, None, 2, program))

    both = [threading.Thread(target=all_of_it) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert merged(wanted, tmp_path)["run"].nunique() == 6


def test_an_address_where_nobody_answers_is_said(tmp_path, program):
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="No Dask scheduler answers at"):
        list(make_all(units(seed=[0]), tmp_path, "nothing://here", 1, program))


def test_workers_that_are_killed_change_nothing(tmp_path, program):
    """Every second two of three workers die; the table has the digest of an undisturbed sweep."""
    distributed = pytest.importorskip("distributed")
    wanted = units(crop_size=[16, 64], seed=range(4))
    list(make_all(wanted, tmp_path / "undisturbed", None, 4, program))
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as lot:
        stop = threading.Event()

        def kill() -> None:
            for _ in range(3):
                if stop.wait(0.7):
                    return
                pids = [one.pid for one in lot.workers.values() if one.pid]
                for pid in pids[:2]:
                    os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        outcomes = list(make_all(wanted, tmp_path / "killed", lot.scheduler_address, None, program))
        stop.set()
        killer.join()
    assert not [one for one in outcomes if one.problem]
    tables = [merged(wanted, tmp_path / name) for name in ("undisturbed", "killed")]
    assert digest(tables[0]) == digest(tables[1]) and tables[0]["run"].nunique() == 8
