from confoundlab.catalog import study
from confoundlab.sweeping.page import write_page
from confoundlab.sweeping.running import make_all
from confoundlab.sweeping.table import merged
from confoundlab.sweeping.units import plan


def test_a_curve_a_parameter_and_what_failed(tmp_path, program):
    units = plan(study("coil"), "smoke", {"crop_size": ["12", "20"], "seed": ["0", "1"]})
    list(make_all(units[:3], tmp_path, None, 2, program))
    path = write_page(units, merged(units, tmp_path), tmp_path, "a <b> command", {"k": "<script>"})
    text = path.read_text(encoding="utf-8")
    assert "3 of 4 runs are here" in text and text.count("<figure>") == 2
    assert "<script>" not in text and "&lt;script&gt;" in text and "a &lt;b&gt; command" in text
    assert "http" not in text.replace("Content-Security-Policy", "").replace("http-equiv", "")


def test_a_sweep_without_a_run_has_a_page_too(tmp_path, program):
    units = plan(study("coil"), "smoke", {"seed": ["0"]})
    text = write_page(units, merged(units, tmp_path), tmp_path, "", {}).read_text(encoding="utf-8")
    assert "0 of 1 runs are here" in text
