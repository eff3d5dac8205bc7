"""Steps of an audit on images made for one question each."""

import json
import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from confoundlab.auditing import command, findings
from confoundlab.auditing.battery import examine
from confoundlab.auditing.findings import Kind
from confoundlab.auditing.readers.material import of_embeddings, of_images
from confoundlab.auditing.readers.roles import Roles, columns_of
from confoundlab.auditing.report import page
from confoundlab.auditing.report.gallery import gallery
from confoundlab.auditing.state import Effort
from confoundlab.errors import InputError
from confoundlab.evidence.verdicts import Verdict
from confoundlab.images.imageset import ImageSet
from confoundlab.studies.run import StudyRun

CHEAP = Effort(nets=0, shuffles=100)


def noise(n, seed=0, side=24):
    return np.random.default_rng(seed).integers(90, 110, (n, side, side, 1), dtype=np.uint8)


def audited(pixels, effort=CHEAP, roles=Roles(), permutations=499, **columns):  # noqa: B008
    table = pd.DataFrame({name: list(map(str, values)) for name, values in columns.items()})
    images = ImageSet.from_arrays(pixels, table[["label"]], name="mine")
    material = of_images(images, columns_of(table.astype(object), roles))
    return examine(material, StudyRun(permutations=permutations), effort)


def kinds(audit):
    return {one.kind for one in findings.findings(audit)}


def test_flat_controls_are_vacuous():
    pixels = np.zeros((40, 24, 24, 1), np.uint8)
    pixels[:, 8:16, 8:16] = noise(40, side=8)
    audit = audited(pixels, label=np.arange(40) % 2)
    assert {one.verdict for one in audit.untested if one.where == "pixels"} == {Verdict.VACUOUS}
    assert kinds(audit) == {Kind.INCONCLUSIVE}


@pytest.fixture(scope="module")
def honest():
    rng = np.random.default_rng(1)
    n = 1500
    return {"label": rng.permutation(n) % 2, "site": rng.integers(0, 4, n)}


@pytest.mark.parametrize("blind", [False, True])
def test_no_leak_is_found_only_by_what_finds_a_planted_one(honest, monkeypatch, blind):
    if blind:  # a mark that changes no pixel, and one that names nothing
        monkeypatch.setattr("confoundlab.auditing.pixels.plant", lambda shown, *_, **__: shown)
        monkeypatch.setattr(
            "confoundlab.auditing.without_pixels.drawn",
            lambda labels, share, seed: np.zeros(len(labels), bool) | (np.arange(len(labels)) == 0),
        )
    roles = Roles(factors=("site",))
    audit = audited(noise(1500, seed=6), roles=roles, permutations=499, **honest)
    asked = {one.words: one for one in audit.tested if one.where in ("pixels", "factor")}
    assert {"corners", "corners, forest", "border", "factor site"} <= set(asked)
    said = {words: " ".join(one.record["reasons"]) for words, one in asked.items()}
    if blind:
        assert not any(one.verdict == Verdict.NO_LEAK_FOUND for one in asked.values())
        assert all("did not find a planted leak of 10.0%" in one for one in said.values())
    else:
        assert {one.verdict for one in asked.values()} == {Verdict.NO_LEAK_FOUND}
        assert all("did find a planted leak of 10.0%" in one for one in said.values())
        (found,) = findings.findings(audit)
        assert found.kind == Kind.NO_LEAK_FOUND and "was planted" in found.words


def test_a_class_in_one_group_is_no_leak_but_unanswerable():
    """Each class is one patient: its corner tells the patient, and nothing tells the two apart."""
    labels = np.arange(60) % 3
    pixels = noise(60) + (20 * labels[:, None, None, None]).astype(np.uint8)
    audit = audited(pixels, label=labels, patient=labels)
    assert kinds(audit) == {Kind.NOT_IDENTIFIABLE, Kind.INCONCLUSIVE}
    corners = next(one for one in audit.tested if one.words == "corners")
    assert corners.verdict == Verdict.INCONCLUSIVE
    assert "one group only" in " ".join(corners.record["reasons"])


def test_groups_are_kept_apart_and_permuted_as_a_whole():
    """Patients differ in level; labels were dealt to patients at random: a probe that knew the
    patient again would name the label, and one with groups apart does not."""
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(30), 4)
    level = rng.integers(0, 60, 30)[patients]
    labels = rng.permutation(np.arange(30) % 2)[patients]
    pixels = noise(120) + level[:, None, None, None].astype(np.uint8)
    audit = audited(pixels, label=labels, patient=patients)
    corners = next(one for one in audit.tested if one.words == "corners")
    assert corners.record["permuted"] == "whole groups"
    assert corners.record["n_groups"] == 30 and Kind.LEAK not in kinds(audit)


def test_its_own_error_rate_is_counted():
    audit = audited(noise(60), label=np.arange(60) % 2)
    assert audit.counts["shuffled labellings"] == 100
    assert audit.counts["shuffled labellings called"] <= 10
    assert "should be 5% at most" in audit.words["errors"][0]


def test_a_factor_that_names_the_label_and_shows_in_pixels():
    """Two scanners of unlike level; one has three quarters of one class."""
    rng = np.random.default_rng(0)
    labels = np.arange(160) % 2
    scanner = np.where(rng.random(160) < 0.8, labels, 1 - labels)
    pixels = noise(160) + (40 * scanner[:, None, None, None]).astype(np.uint8)
    audit = audited(pixels, label=labels, scanner=scanner)
    found = {one.where: one for one in findings.findings(audit)}
    assert {"factor", "pixels"} <= set(found)
    placed = audit.tables["factors"].iloc[0]
    assert placed["utility_p"] < 0.05 and placed["detectability_p"] < 0.05
    assert placed["detectability"] > 0.95
    # the images that a probe is surest of are those whose scanner fits their label
    surest = audit.tables["given away"].index[:50]
    assert (scanner[surest] == labels[surest]).mean() > 0.95


def test_the_map_shows_where_the_label_can_be_named_from():
    """The left third of the images is brighter in one class, corners on that side included."""
    labels = np.arange(120) % 2
    pixels = noise(120)
    third = pixels.shape[2] // 3
    pixels[:, :, :third] += (30 * labels[:, None, None, None]).astype(np.uint8)
    audit = audited(pixels, label=labels)
    places = audit.tables["leak map"]
    left = places["left"] + places["width"] <= third
    right = places["left"] >= third
    assert left.any() and right.any()
    assert (places["ci_low"][left] > 0.5).all()
    assert (places["ci_low"][right] > 0.5).mean() < 0.15
    figure = page.map_drawn(audit)
    assert figure is not None and "ROC AUC" in figure.axes[-1].get_ylabel()
    plt.close(figure)


def test_the_gallery_can_be_put_in_order_without_a_script():
    labels = np.arange(60) % 2
    pixels = noise(60) + (60 * labels[:, None, None, None]).astype(np.uint8)
    audit = audited(pixels, label=np.where(labels, "<b>x</b>", "$y$"))
    shown = gallery(audit)
    assert shown.count("<figure") == 24 and "<script" not in shown and "<b>x" not in shown
    places = [re.findall(rf"--o{order}:(\d+)", shown) for order in range(4)]
    assert all(sorted(map(int, one)) == list(range(24)) for one in places)
    by_label = dict(zip(places[1], re.findall(r"<figcaption>(.*?),", shown), strict=True))
    assert [by_label[str(n)] for n in range(24)] == sorted(by_label.values())
    assert gallery(audited(noise(60), label=labels)) == ""


def test_embeddings_alone_can_be_audited(rng):
    labels = np.arange(80) % 2
    site = np.where(rng.random(80) < 0.85, labels, 1 - labels)
    numbers = rng.normal(size=(80, 6))
    numbers[:, 0] += 4 * site
    table = pd.DataFrame({"label": labels.astype(str), "site": site.astype(str)}, dtype=object)
    material = of_embeddings(
        numbers, columns_of(table, Roles()), [f"{one}" for one in range(80)], "mine"
    )
    audit = examine(material, StudyRun(permutations=499), CHEAP)
    assert kinds(audit) == {Kind.LEAK}
    assert audit.tables["factors"]["detectability_p"].iloc[0] < 0.05


def test_a_subject_that_reaches_into_a_control_is_told():
    """Bars across all of the image reach the corners, noise in the middle does not."""
    rng = np.random.default_rng(0)
    across = np.repeat(rng.integers(0, 255, (40, 24, 1, 1), dtype=np.uint8), 24, axis=2)
    inside = rng.integers(99, 102, (40, 24, 24, 1), dtype=np.uint8)
    inside[:, 8:16, 8:16] = rng.integers(0, 255, (40, 8, 8, 1))
    told = audited(across, Effort(0, 1, False, 0), label=np.arange(40) % 2)
    assert any("corners: in" in one for one in told.words["subject"])
    assert "subject" not in audited(inside, Effort(0, 1, False, 0), label=np.arange(40) % 2).words


def test_nets_stand_beside_probes_and_splits_are_compared():
    labels = np.arange(60) % 2
    pixels = noise(60, side=40) + (30 * labels[:, None, None, None]).astype(np.uint8)
    patients = np.arange(60) // 2 // 2 * 2 + labels
    audit = audited(pixels, Effort(nets=1, epochs=8, shuffles=0), label=labels, patient=patients)
    learners = {one.record["learner"] for one in audit.tested if one.where == "pixels"}
    assert learners == {"ridge", "random forest", "LeNet-5"}
    splits = [one.record["split"] for one in audit.tested if one.where == "whole images"]
    assert splits == ["random 80/20", "80/20, groups apart"]
    assert kinds(audit) == {Kind.LEAK}


def test_kinds_are_read_from_a_list():
    assert command.kinds("leak, not_identifiable") == [Kind.LEAK, Kind.NOT_IDENTIFIABLE]
    assert command.kinds("") == []
    with pytest.raises(InputError, match="Did you mean 'LEAK'"):
        command.kinds("LEEK")


def test_a_test_of_a_data_set_fails_on_what_it_names():
    labels = np.arange(60) % 2
    leaky = noise(60) + (30 * labels[:, None, None, None]).astype(np.uint8)
    table = pd.DataFrame({"label": labels.astype(str)})
    images = ImageSet.from_arrays(leaky, table, name="mine")
    monkeypatched = command.PROFILES["quick"] | {"nets": 0, "shuffles": 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(command.PROFILES, "quick", monkeypatched)
        with pytest.raises(AssertionError, match="LEAK: the label is named without the subject"):
            command.assert_none(images, "LEAK")
        command.assert_none(images, "COPIES")


def test_the_command_is_printed_so_that_a_shell_reads_it():
    order = {
        "profile": "quick",
        "parameters": {
            "source": "/a b", "table": "", "label": "x;y", "group": "", "factors": ["p", "q"],
            "time": "", "split": "", "features": "", "sample": 0, "bit_depth": 12, "seed": 0,
        },
    }  # fmt: skip
    assert page.command(order) == (
        "confoundlab audit '/a b' --label 'x;y' --factor p --factor q --bit-depth 12 "
        "--profile quick --out report-again"
    )


def test_what_is_written_can_be_read(tmp_path):
    audit = audited(noise(40), label=np.arange(40) % 2, site=np.arange(40) // 2 % 2)
    audit.run.order = {
        "folder": str(tmp_path), "study": "audit", "profile": "quick", "parameters": {}
    }  # fmt: skip
    audit.run.note(audit.images, "mine")
    page.finish(audit)
    said = json.loads((tmp_path / "audit.json").read_text())
    assert said["first_line"] and said["findings"]
    assert pd.read_csv(tmp_path / "proposed_split.csv")["proposed"].value_counts()["test"] >= 8
    assert (tmp_path / "design_of_site.parquet").exists()
    assert SimpleNamespace(**json.loads((tmp_path / "results.json").read_text())).study == "audit"
