"""DICOM files that pydicom writes; where pydicom is missing, that is said."""

import sys

import numpy as np
import pytest

from confoundlab.auditing.readers import dicom
from confoundlab.auditing.readers.roles import Roles
from confoundlab.auditing.readers.sources import open_source
from confoundlab.errors import InputError


def write(path, levels, *, bits=12, signed=False, kind="MONOCHROME2", **header):
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    made = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    made.Rows, made.Columns = levels.shape[:2]
    made.SamplesPerPixel = 3 if levels.ndim == 3 else 1
    if levels.ndim == 3:
        made.PlanarConfiguration = 0
    made.PhotometricInterpretation = kind
    made.BitsAllocated = 8 if bits <= 8 else 16
    made.BitsStored, made.HighBit = bits, bits - 1
    made.PixelRepresentation = int(signed)
    for name, value in header.items():
        setattr(made, name, value)
    dtype = np.uint8 if bits <= 8 else (np.int16 if signed else np.uint16)
    made.PixelData = levels.astype(dtype).tobytes()
    made.save_as(path, enforce_file_format=True)
    return path


def test_high_bits_are_kept_by_what_the_file_says(tmp_path):
    levels = np.array([[0, 16, 2048, 4095]] * 2)
    plain = dicom.decode(write(tmp_path / "a.dcm", levels))
    assert plain[0, :, 0].tolist() == [0, 1, 128, 255]
    signed = dicom.decode(write(tmp_path / "b.dcm", levels - 2048, signed=True))
    assert (signed == plain).all()
    inverted = dicom.decode(write(tmp_path / "c.dcm", 4095 - levels, kind="MONOCHROME1"))
    assert (inverted == plain).all()
    assert dicom.decode(tmp_path / "a.dcm", "rgb").shape == (2, 4, 3)


def test_colour(tmp_path):
    levels = np.random.default_rng(0).integers(0, 255, (4, 5, 3))
    path = write(tmp_path / "a.dcm", levels, bits=8, kind="RGB")
    assert (dicom.decode(path, "rgb") == levels).all()
    assert dicom.decode(path).shape == (4, 5, 1)


def test_headers_become_factors_and_patients_groups(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(8):
        write(
            tmp_path / ("sick", "well")[number % 2] / f"{number}.dcm",
            rng.integers(0, 4095, (20, 20 + number % 3)),
            PatientID=f"00{number // 4}{number % 2}",
            Manufacturer=("A", "B")[number // 4],
            StudyDate=f"202401{10 + number}",
        )
    found = open_source(tmp_path, Roles())
    assert found.classes == ["sick", "well"] and found.roles.group == "patient"
    assert found.table["group"].nunique() == 4
    assert set(found.factors) == {"manufacturer", "study date"}
    assert found.images.read(0, "gray").shape[0] == 20


def test_what_cannot_be_read_is_one_line_each(tmp_path, monkeypatch):
    pytest.importorskip("pydicom")
    (tmp_path / "sick").mkdir()
    (tmp_path / "sick" / "a.dcm").write_bytes(b"no DICOM")
    with pytest.raises(InputError, match=r"sick/a\.dcm: no DICOM"):
        open_source(tmp_path, Roles())


def test_without_pydicom_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    (tmp_path / "sick").mkdir()
    (tmp_path / "sick" / "a.dcm").write_bytes(b"DICM")
    with pytest.raises(InputError, match=r"confoundlab\[dicom\]"):
        open_source(tmp_path, Roles())
