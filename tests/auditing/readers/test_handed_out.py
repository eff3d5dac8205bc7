"""Files that workers have read are known to the audit, also where workers were killed."""

import os
import signal
import threading

import numpy as np
import pytest
from PIL import Image

from confoundlab.auditing.readers.handed_out import read_on_cluster
from confoundlab.errors import RunFailedError
from confoundlab.images import scanning
from confoundlab.images.imageset import ImageSet

distributed = pytest.importorskip("distributed")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "set"
    for number in range(40):
        path = root / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9), number, np.uint8)).save(path)
    return root


def opened(folder):
    return ImageSet.from_folder(folder, lambda path: {"label": path.parts[0]}, name="set")


def test_what_workers_read_is_not_read_again(folder, monkeypatch):
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as lot:
        stop = threading.Event()

        def kill():
            for _ in range(2):
                if stop.wait(2):
                    return
                for one in list(lot.workers.values())[:1]:
                    if one.pid:
                        os.kill(one.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            read_on_cluster(folder, None, lot.scheduler_address, files=15)
        finally:
            stop.set()
            killer.join()
    monkeypatch.setattr(scanning, "read_once", None)
    images = opened(folder)
    assert len(images) == 40 and images.table["height"].eq(9).all()


def test_a_task_that_no_worker_can_do_is_said(folder):
    with pytest.raises(
        RunFailedError, match=r"(?s)2 of 2 tasks failed. files-\d+: .*bit_depth is 99"
    ):
        read_on_cluster(folder, 99, "local", files=20)
