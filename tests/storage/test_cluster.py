import threading
import time

import pytest

from confoundlab.storage import cluster
from confoundlab.storage.cluster import Job, hand_out

distributed = pytest.importorskip("distributed")


def said(word):
    return word


def until(true, seconds=30):
    """Whether something becomes true in time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.2)
    return true()


def test_workers_that_are_lost_for_good_are_replaced_on_this_machine():
    import dask

    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1 s"}),
        cluster._client(distributed, "local", 2) as (client, look_after),
    ):
        lot = client.cluster
        for nanny in list(lot.workers.values()):  # with its nanny, so that nobody starts it again
            lot.sync(nanny.close)
        assert until(lambda: not lot.workers)
        look_after()
        assert until(lambda: len(client.scheduler_info()["workers"]) == 2)


def test_a_scheduler_without_workers_is_waited_for_and_that_is_said(monkeypatch, capsys):
    monkeypatch.setattr(cluster, "_PATIENCE", 0.2)
    monkeypatch.setattr(cluster, "_ALONE", 0.5)
    with distributed.LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=None) as lot:
        found = hand_out({"one": Job(said, ("",))}, lot.scheduler_address, 1)
        written = []

        def later():
            until(lambda: written.append(capsys.readouterr().err) or "no workers" in written[-1])
            lot.scale(1)

        beside = threading.Thread(target=later)
        beside.start()
        assert list(found) == [("one", "")]
        beside.join()
    assert sum("has no workers; jobs wait" in words for words in written) == 1
