import threading
import time
from collections import Counter

import pytest

from confoundlab.images import streaming
from confoundlab.images.streaming import in_order, stream


def test_results_come_in_order_and_errors_are_raised():
    assert in_order(lambda row: row * row, range(500), "squares") == [n * n for n in range(500)]
    with pytest.raises(ZeroDivisionError):
        in_order(lambda row: 1 // row, range(3), "inverses")


def test_no_more_is_worked_ahead_than_is_taken_soon(monkeypatch):
    monkeypatch.setattr(streaming, "_AHEAD", 16)
    monkeypatch.setattr(streaming, "cores", lambda: 2)
    begun = []
    results = stream(lambda row: begun.append(row) or row, range(1000), "rows")
    assert next(results) == 0
    results.close()
    assert len(begun) <= 16 * 2 + streaming._BATCH


def test_few_rows_are_shared_out_one_by_one(monkeypatch):
    monkeypatch.setattr(streaming, "cores", lambda: 2)
    threads = in_order(lambda row: time.sleep(0.02) or threading.get_ident(), range(8), "slow rows")
    assert sorted(Counter(threads).values()) == [4, 4]


def test_who_stops_waits_for_a_row_and_not_for_its_batch(monkeypatch):
    monkeypatch.setattr(streaming, "cores", lambda: 2)
    begun = []
    results = stream(lambda row: begun.append(row) or time.sleep(0.01), range(1000), "slow rows")
    next(results)
    before = len(begun)
    results.close()
    assert len(begun) <= before + 2
