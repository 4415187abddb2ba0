"""An image is read where and with the values that its own header states, or not at all."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from livermets.errors import InputError
from livermets.io.images import read_volume, write_volume
from livermets.io.masks import read_mask
from livermets.io.nifti import RAS_TO_LPS, read_header
from livermets.io.placement import forms_apart, left_and_right

SHAPE_XYZ = (4, 5, 6)
STORED = np.arange(np.prod(SHAPE_XYZ), dtype=np.int16).reshape(SHAPE_XYZ) - 30
LPS_MM = np.array([[2.0, 0, 0, -47], [0, 2, 0, -45], [0, 0, 4, -100], [0, 0, 0, 1]])
PIXDIM, SLOPE = 76, 112


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logger = logging.getLogger("nibabel.global")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


def nifti(
    path: Path,
    sform: tuple[np.ndarray | None, int] = (LPS_MM, 1),
    qform: tuple[np.ndarray | None, int] = (LPS_MM, 1),
    patch: dict[int, tuple[float, ...]] | None = None,
    stored: np.ndarray = STORED,
    endianness: str = "<",
) -> Path:
    """A NIfTI file with these forms (to LPS mm) and codes, and float32 numbers written over places of its header."""
    header = nibabel.Nifti1Header(endianness=endianness)
    image = nibabel.Nifti1Image(stored.astype(stored.dtype.newbyteorder(endianness)), None, header)
    image.header.set_zooms((2.0, 2.0, 4.0))
    for set_form, (form, code) in ((image.set_sform, sform), (image.set_qform, qform)):
        set_form(None if form is None else RAS_TO_LPS @ form, code)
    image.to_filename(path)
    content = bytearray(path.read_bytes())
    for place, values in (patch or {}).items():
        content[place : place + 4 * len(values)] = np.array(values, f"{endianness}f4").tobytes()
    path.write_bytes(content)
    return path


def moved(mm: float) -> np.ndarray:
    form = LPS_MM.copy()
    form[0, 3] += mm
    return form


def read_placement(path: Path) -> np.ndarray:
    """Canonical indices to LPS mm, as read."""
    grid = read_volume(path).grid
    placement = np.eye(4)
    placement[:3, :3] = np.array(grid.direction).reshape(3, 3) * grid.spacing_xyz_mm
    placement[:3, 3] = grid.origin_xyz_mm
    return placement


@settings(deadline=None, max_examples=40)
@given(
    turn=st.tuples(*[st.floats(-3.1, 3.1)] * 3),
    sizes=st.tuples(*[st.floats(0.3, 9)] * 3),
    flip=st.booleans(),
    codes=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    endianness=st.sampled_from("<>"),
    scaling=st.tuples(st.sampled_from([0.0, 1.0, 0.5, np.nan]), st.sampled_from([0.0, -1024.0])),
)
def test_the_raw_header_as_nibabel_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    turn: tuple[float, ...],
    sizes: tuple[float, ...],
    flip: bool,
    codes: tuple[int, int],
    endianness: str,
    scaling: tuple[float, float],
) -> None:
    form = np.eye(4)
    form[:3, :3] = nibabel.eulerangles.euler2mat(*turn) * sizes * [1, 1, -1 if flip else 1]
    form[:3, 3] = 10, -20, 30
    path = tmp_path_factory.getbasetemp() / "raw.nii"
    nifti(path, (form, codes[0]), (form, codes[1]), {SLOPE: scaling}, endianness=endianness)
    header = read_header(path)
    with path.open("rb") as stream:
        raw = nibabel.Nifti1Header.from_fileobj(stream, check=False)
    assert header is not None
    rest = 1 - sum(float(raw[f"quatern_{axis}"]) ** 2 for axis in "bcd")
    assume(not 1e-7 <= rest < 1e-6)  # nibabel makes these a half turn, nifti1.h (and ITK) only those below 1e-7
    for name, get in (("sform", raw.get_sform), ("qform", raw.get_qform)):
        stated, code = get(coded=True)
        assert (name in header.forms) == (code > 0)
        if code:
            np.testing.assert_allclose(header.forms[name], RAS_TO_LPS @ stated, atol=1e-3)
    assert (header.shape, header.start, header.kind) == (SHAPE_XYZ, 352, raw.get_data_dtype())
    assert header.rescaled == (raw.get_slope_inter() not in ((None, None), (1.0, 0.0)))


@settings(deadline=None, max_examples=60)
@given(
    pixdim=st.tuples(
        *[st.sampled_from([2.0, 2.0, 2.0, 2.0, -2.0, 0.0, np.nan])] * 2, st.sampled_from([4.0, 4.0, 4.0, -4.0])
    ),
    qfac=st.sampled_from([1.0, -1.0, 0.0]),
    codes=st.sampled_from([(1, 0), (0, 1), (1, 1), (2, 1), (4, 2)]),
    mm=st.sampled_from([0.0, 6.0]),
    scaling=st.tuples(
        st.sampled_from([0.0, 1.0, 2.0, -1.0, np.nan, np.inf]), st.sampled_from([0.0, -1024.0, 0.25, np.nan])
    ),
    packed=st.booleans(),
)
def test_read_as_stated_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory,
    pixdim: tuple[float, ...],
    qfac: float,
    codes: tuple[int, int],
    mm: float,
    scaling: tuple[float, float],
    packed: bool,
) -> None:
    path = tmp_path_factory.getbasetemp() / "read.nii"
    patch = {PIXDIM: (qfac, *pixdim), SLOPE: scaling}
    nifti(path, (moved(mm), codes[0]), (LPS_MM, codes[1]), patch)
    if packed:
        content, path = path.read_bytes(), path.with_suffix(".nii.gz")
        path.write_bytes(gzip.compress(content))
    try:
        volume = read_volume(path)
    except InputError:
        return
    stated = nibabel.load(path)
    used = nibabel.Nifti1Image(stated.dataobj, RAS_TO_LPS @ (moved(mm) if codes[0] == 1 else LPS_MM))
    if qfac < 0 and codes[0] != 1:  # the stored stack runs downwards
        used = nibabel.Nifti1Image(stated.dataobj, used.affine @ np.diag([1, 1, -1, 1]))
    canonical = nibabel.as_closest_canonical(used)
    np.testing.assert_allclose(volume.array, np.asarray(canonical.dataobj)[::-1, ::-1].transpose(2, 1, 0), rtol=1e-6)
    np.testing.assert_allclose(volume.grid.spacing_xyz_mm, (2, 2, 4))
    corner = canonical.affine @ [SHAPE_XYZ[0] - 1, SHAPE_XYZ[1] - 1, 0, 1]
    np.testing.assert_allclose(volume.grid.origin_xyz_mm, (RAS_TO_LPS @ corner)[:3], atol=1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("codes", [(1, 0), (0, 1), (1, 1), (0, 0)])
def test_a_negative_voxel_size_is_refused_for_images_and_masks(
    tmp_path: Path, axis: int, codes: tuple[int, int]
) -> None:
    sizes = [2.0, 2.0, 4.0]
    sizes[axis] *= -1
    sound = nifti(tmp_path / "sound.nii")
    path = nifti(tmp_path / "x.nii", (LPS_MM, codes[0]), (LPS_MM, codes[1]), {PIXDIM + 4: tuple(sizes)}, abs(STORED))
    for read in (read_volume, lambda mask: read_mask(mask, read_volume(sound).grid)):
        with pytest.raises(InputError, match="pixdim must be above 0"):
            read(path)


@pytest.mark.parametrize(
    "slope, intercept, read", [(0, -1024, None), (np.nan, 5, None), (2, np.nan, None), (0, np.nan, 1), (0.5, -8, 0.5)]
)
def test_values_are_rescaled_as_stated(tmp_path: Path, slope: float, intercept: float, read: float | None) -> None:
    path = nifti(tmp_path / "x.nii", patch={SLOPE: (slope, intercept)})
    if read is None:
        with pytest.raises(InputError, match=r"a voxel would be read as .*, but the header says"):
            read_volume(path)
    else:
        expected = STORED.transpose(2, 1, 0) * read + (intercept if read != 1 else 0)
        np.testing.assert_allclose(read_volume(path).array, expected)


@pytest.mark.parametrize("codes, used", [((1, 1), "sform"), ((2, 1), "qform"), ((4, 2), "qform"), ((1, 4), "sform")])
def test_the_form_that_is_used_is_the_one_named(tmp_path: Path, codes: tuple[int, int], used: str) -> None:
    path = nifti(tmp_path / "x.nii", (moved(6), codes[0]), (LPS_MM, codes[1]))
    places = "places that are up to 6 mm apart by its sform and its qform"
    assert forms_apart(path) == (places, used)
    np.testing.assert_allclose(read_placement(path), moved(6) if used == "sform" else LPS_MM)


def test_forms_that_swap_left_and_right_are_refused(tmp_path: Path) -> None:
    mirrored = LPS_MM @ np.diag([-1, 1, 1, 1])
    path = nifti(tmp_path / "x.nii", (mirrored, 2), (LPS_MM, 1))
    with pytest.raises(InputError, match="the axes RPS by its sform and LPS by its qform"):
        read_volume(path)


def test_voxels_that_start_within_the_header_are_refused(tmp_path: Path) -> None:
    path = nifti(tmp_path / "x.nii", patch={108: (0.0,)})
    with pytest.raises(InputError, match="the voxels start at byte 0, within the header"):
        read_volume(path)


def test_a_pair_of_files_is_checked_like_one(tmp_path: Path) -> None:
    image = nibabel.Nifti1Pair(STORED, RAS_TO_LPS @ LPS_MM)
    image.to_filename(tmp_path / "x.img")
    for name in ("x.hdr", "x.img"):
        np.testing.assert_array_equal(read_volume(tmp_path / name).array, STORED.transpose(2, 1, 0))
    content = bytearray((tmp_path / "x.hdr").read_bytes())
    content[PIXDIM + 4 : PIXDIM + 8] = np.float32(-2).tobytes()
    (tmp_path / "x.hdr").write_bytes(content)
    for name in ("x.hdr", "x.img"):
        with pytest.raises(InputError, match="pixdim must be above 0"):
            read_volume(tmp_path / name)


def test_nifti_2_is_named_as_what_it_is(tmp_path: Path) -> None:
    for name in ("x.nii", "x.nii.gz"):
        nibabel.Nifti2Image(STORED, RAS_TO_LPS @ LPS_MM).to_filename(tmp_path / name)
        with pytest.raises(InputError, match=r"NIfTI-2 file, which the image library .* does not read.*NIfTI-1"):
            read_volume(tmp_path / name)


def test_a_file_without_forms_does_not_say_left_and_right(tmp_path: Path) -> None:
    assert not left_and_right(nifti(tmp_path / "x.nii", (None, 0), (None, 0)))
    assert left_and_right(nifti(tmp_path / "x.nii"))


NRRD = """NRRD0005
type: short
dimension: 3
sizes: 4 5 6
encoding: raw
endian: little
"""
DIRECTIONS = "space directions: (2,0,0) (0,2,0) (0,0,4)\nspace origin: (-47,-45,-100)\n"
MATRIX = "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -47 -45 -100\n"
META = """ObjectType = Image
NDims = 3
DimSize = 4 5 6
ElementType = MET_SHORT
{}ElementDataFile = LOCAL
"""


def written(path: Path, lines: str) -> Path:
    header = f"{NRRD}{lines}\n" if path.suffix == ".nrrd" else META.format(lines)
    path.write_bytes(header.encode() + STORED.T.tobytes())
    return path


@pytest.mark.parametrize(
    "name, lines, what",
    [
        ("x.nrrd", "spacings: -2 2 4\n", "voxels of -2 × 2 × 4 mm"),
        ("x.nrrd", "spacings: nan 2 4\n", "voxels of nan × 2 × 4 mm"),
        ("x.nrrd", f'space: RAS\n{DIRECTIONS}space units: "m" "m" "m"\n', "lengths in m, which would be read as mm"),
        ("x.nrrd", f"space: LPS\n{DIRECTIONS}old min: -1024\nold max: 3071\n", "values went from -1024 to 3071"),
        ("x.nrrd", "space: left-posterior-superior\nspacings: 2 2 4\n", "but no space directions"),
        ("x.nrrd", f"space: LPS\n{DIRECTIONS.replace('(0,0,4)', '(0.6,0,4)')}", "not perpendicular"),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 -2 4\n", "voxels of 2 × -2 × 4 mm"),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 2 0\n", "voxels of 2 × 2 × 0 mm"),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 2 4\nAnatomicalOrientation = RAS\n", "RAS by its AnatomicalOrientation"),
        ("x.mha", "ElementSpacing = 2 2 4\nAnatomicalOrientation = LPI\n", "LPI by its AnatomicalOrientation"),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 2 4\nDistanceUnits = m\n", "lengths in m"),
        (
            "x.mha",
            f"{MATRIX}ElementSpacing = 2 2 4\nElementToIntensityFunctionOffset = -1024\n",
            "values are 1 × stored",
        ),
        ("x.mha", f"{MATRIX.replace('0 1 0', '0.1 1 0')}ElementSpacing = 2 2 4\n", "not perpendicular"),
    ],
)
def test_text_headers_that_the_library_passes_over(tmp_path: Path, name: str, lines: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_volume(written(tmp_path / name, lines))


@pytest.mark.parametrize(
    "name, lines, axes, placed",
    [
        ("x.nrrd", f"space: left-posterior-superior\n{DIRECTIONS}", "LPS", True),
        ("x.nrrd", f"space: right-anterior-superior\n{DIRECTIONS}", "RAS", True),
        ("x.nrrd", f"space: LAS\n{DIRECTIONS}", "LAS", True),
        ("x.nrrd", f"space: LPS\n{DIRECTIONS.replace('(2,', '(-2,')}", "RPS", True),
        ("x.nrrd", f"space dimension: 3\n{DIRECTIONS}", "LPS", False),
        ("x.nrrd", f"space: 3D-left-handed\n{DIRECTIONS}", "LPS", False),
        ("x.nrrd", "spacings: 2 2 4\n", "LPS", False),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 2 4\n", "LPS", True),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 2 4\nAnatomicalOrientation = RAI\n", "LPS", True),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 2 4\nAnatomicalOrientation = LPS\n", "LPS", True),
        ("x.mha", f"{MATRIX}ElementSpacing = 2 2 4\nAnatomicalOrientation = ???\n", "LPS", True),
        ("x.mha", f"{MATRIX}ElementSpacing: 2 2 4\n", "LPS", True),
        ("x.mha", "ElementSpacing = 2 2 4\n", "LPS", False),
    ],
)
def test_text_headers_that_are_sound(tmp_path: Path, name: str, lines: str, axes: str, placed: bool) -> None:
    path = written(tmp_path / name, lines)
    volume = read_volume(path)
    assert (volume.stored_orientation, volume.grid.spacing_xyz_mm) == (axes, (2.0, 2.0, 4.0))
    assert left_and_right(path) == placed


def test_what_the_library_writes_otherwise_than_told_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = read_volume(nifti(tmp_path / "x.nii"))
    monkeypatch.setattr(sitk, "WriteImage", lambda image, name, **_: nifti(Path(name), (moved(3), 1), (moved(3), 1)))
    with pytest.raises(InputError, match="its first voxel at"):
        write_volume(tmp_path / "y.nii", volume)
    assert not (tmp_path / "y.nii").exists()


def test_labels_that_rescaling_left_beside_whole_numbers(tmp_path: Path) -> None:
    sound = nifti(tmp_path / "ct.nii")
    labels = np.zeros(SHAPE_XYZ, np.float32)
    labels[1:3, 1:3, 1:3], labels[3, 3, 3] = 0.99999994, 2.0004
    grid = read_volume(sound).grid
    found = read_mask(nifti(tmp_path / "mask.nii", stored=labels), grid).labels
    assert found.dtype == np.uint16
    assert np.bincount(found.ravel()).tolist() == [111, 8, 1]
    labels[0, 0, 0] = 0.01
    with pytest.raises(InputError, match="fractions"):
        read_mask(nifti(tmp_path / "mask.nii", stored=labels), grid)
