"""The upper abdomen without lesions: attenuation in HU of every tissue, and the liver's mask.

Organs are ellipsoids and their unions in warped body coordinates. They are drawn from back to front: what is painted
later covers what was painted before. Attenuations are those of a portal-phase CT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.phantom.fields import Array, correlated_field
from livermets.phantom.space import BodyAxes, DrawingGrid, inside
from livermets.phantom.truth import ScanPlan
from livermets.phantom.vessels import draw_liver_vessels

Mask = NDArray[np.bool_]
FAT_HU, MUSCLE_HU, LUNG_HU, AIR_HU = -98.0, 58.0, -840.0, -1000.0


@dataclass(frozen=True)
class Anatomy:
    """Attenuation before the scanner, and the liver, both on the drawing grid."""

    hu: Array
    liver: Mask


class _Canvas:
    """Attenuation under construction; every tissue gets its share of one common texture."""

    def __init__(self, shape: tuple[int, int, int], texture: Array):
        self.hu = np.full(shape, AIR_HU, dtype=np.float32)
        self._texture = texture

    def paint(self, where: Mask, hu: float, texture_hu: float = 3.0) -> None:
        self.hu[where] = np.float32(hu) + np.float32(texture_hu) * self._texture[where]


def draw_anatomy(rng: np.random.Generator, scan: ScanPlan, grid: DrawingGrid, axes: BodyAxes) -> Anatomy:
    """One patient's abdomen."""
    texture = correlated_field(rng, grid.shape_zyx, grid.spacing_zyx_mm, 1.5)
    canvas = _Canvas(grid.shape_zyx, texture)
    cavity = _draw_body_wall(rng, canvas, axes)
    _draw_hollow_organs(rng, canvas, axes, cavity)
    kidneys = _draw_solid_organs(rng, canvas, axes, cavity, scan)
    above = axes.w - _dome(rng, axes)
    _draw_chest(canvas, axes, cavity, above, scan)
    spine_and_vessels = _draw_spine_and_great_vessels(rng, canvas, axes, scan)
    under_diaphragm = cavity & (above < -3.0 / axes.half_width_mm)
    liver = _liver(rng, axes) & under_diaphragm & ~kidneys & ~spine_and_vessels
    gallbladder = inside(axes.ellipsoid((-0.22, -0.42, rng.uniform(0.22, 0.36)), (0.12, 0.16, 0.13), 0.4))
    liver &= ~(gallbladder & (rng.random() < 0.75))
    canvas.paint(liver, scan.liver_hu, rng.uniform(2.5, 5.0))
    canvas.hu[liver] += _regional_variation(rng, axes)[liver]
    canvas.paint(gallbladder & cavity & ~liver & (canvas.hu > -300), rng.uniform(4, 16), 1.5)
    draw_liver_vessels(rng, canvas.hu, liver, axes, scan.liver_hu + scan.portal_hu)
    _draw_cysts(rng, canvas, axes, liver)
    return Anatomy(canvas.hu, liver)


def _jitter(rng: np.random.Generator, values: tuple[float, ...], sd: float = 0.03) -> tuple[float, float, float]:
    return tuple(float(value + sd * rng.standard_normal()) for value in values)  # type: ignore[return-value]


def _draw_body_wall(rng: np.random.Generator, canvas: _Canvas, axes: BodyAxes) -> Mask:
    """Skin, fat, muscle and ribs; returns the cavity within."""
    radius = (np.abs(axes.u) ** np.float32(2.3) + np.abs(axes.v) ** np.float32(2.3)) ** np.float32(1 / 2.3)
    # More fat in front and at the flanks than over the back, where the long muscles lie.
    fat = rng.uniform(0.04, 0.11) * (1.0 - 0.4 * np.clip(axes.v, 0, 1)).astype(np.float32)
    wall = np.float32(rng.uniform(0.055, 0.08)) + np.float32(0.12) * np.clip(axes.v - np.float32(0.35), 0, 1)
    canvas.paint(radius < 1.0, 20.0, 4.0)
    canvas.paint(radius < 1.0 - 2.0 / axes.half_width_mm, FAT_HU, 6.0)
    canvas.paint(radius < 1.0 - fat, MUSCLE_HU, 6.0)
    cavity = radius < 1.0 - fat - wall
    canvas.paint(cavity, FAT_HU + 4.0, 7.0)
    # Ribs run obliquely round the wall: bands in height, slanted from back to front.
    middle = np.abs(radius - (1.0 - fat - 0.5 * wall)) < 0.016
    bands = np.sin(2 * np.pi * (axes.w / np.float32(0.27) + np.float32(0.9) * axes.v + np.float32(rng.random())))
    ribs = middle & (bands > 0.55) & (np.abs(axes.u) > 0.35)
    canvas.paint(ribs, 330.0, 40.0)
    canvas.paint(ribs & (bands > 0.75) & (np.abs(radius - (1.0 - fat - 0.5 * wall)) < 0.008), 190.0, 20.0)
    return cavity


def _draw_hollow_organs(rng: np.random.Generator, canvas: _Canvas, axes: BodyAxes, cavity: Mask) -> None:
    """Stomach with fluid and sometimes gas, loops of colon and small bowel."""
    stomach = axes.ellipsoid(_jitter(rng, (0.42, -0.30, 0.68)), _jitter(rng, (0.36, 0.40, 0.28)), rng.uniform(0.2, 0.7))
    canvas.paint(inside(stomach) & cavity, rng.uniform(70, 90), 5.0)
    lumen = inside(stomach, 0.87) & cavity
    canvas.paint(lumen, rng.choice([8.0, 25.0, 60.0, 180.0], p=[0.4, 0.3, 0.2, 0.1]), 6.0)
    canvas.paint(lumen & (axes.v < rng.uniform(-0.8, -0.45)), -950.0, 0.0)
    for _ in range(rng.integers(14, 20)):
        centre = (rng.uniform(-0.45, 0.72), rng.uniform(-0.75, 0.25), rng.uniform(-0.05, 0.45))
        loop = axes.ellipsoid(centre, tuple(rng.uniform(0.08, 0.17, size=3)), rng.uniform(0, np.pi))
        canvas.paint(inside(loop) & cavity, rng.uniform(60, 95), 6.0)
        gas = rng.random() < 0.4
        canvas.paint(inside(loop, 0.75) & cavity, -900.0 if gas else rng.uniform(15, 55), 10.0)


def _draw_solid_organs(rng: np.random.Generator, canvas: _Canvas, axes: BodyAxes, cavity: Mask, scan: ScanPlan) -> Mask:
    """Spleen, pancreas and kidneys; returns the place of the kidneys, where no liver can be."""
    spleen = axes.ellipsoid(_jitter(rng, (0.70, 0.28, 0.66)), _jitter(rng, (0.20, 0.42, 0.33)), rng.uniform(-0.5, -0.1))
    hilum = axes.ellipsoid((0.50, 0.18, 0.66), (0.16, 0.26, 0.25))
    canvas.paint(inside(spleen) & ~inside(hilum) & cavity, scan.liver_hu + rng.uniform(2, 18), 4.0)
    pancreas = axes.ellipsoid(_jitter(rng, (0.16, -0.02, 0.40)), (0.42, 0.10, 0.09), rng.uniform(-0.4, 0.0))
    canvas.paint(inside(pancreas + axes.waves(rng, 0.2, 0.12)) & cavity, rng.uniform(80, 105), 9.0)
    kidneys = np.zeros(cavity.shape, dtype=bool)
    cortex_hu = rng.uniform(165, 205)
    for side in (-1.0, 1.0):
        centre = _jitter(rng, (side * 0.46, 0.50, 0.26 if side < 0 else 0.36), 0.02)
        kidney = axes.ellipsoid(centre, (0.145, 0.19, 0.32), side * 0.5)
        sinus = axes.ellipsoid((centre[0] - side * 0.10, centre[1] - 0.06, centre[2]), (0.10, 0.09, 0.15))
        canvas.paint(inside(kidney, 1.18) & cavity, FAT_HU, 6.0)
        canvas.paint(inside(kidney) & cavity, cortex_hu, 5.0)
        canvas.paint(inside(kidney, 0.72) & cavity, cortex_hu - 28.0, 7.0)
        canvas.paint(inside(sinus) & inside(kidney, 1.1), -40.0, 20.0)
        # The liver lies in front of the kidney and beside it, never behind it.
        behind = axes.ellipsoid((centre[0] + side * -0.04, centre[1] + 0.20, centre[2]), (0.20, 0.36, 0.36))
        kidneys |= inside(kidney, 1.12) | inside(behind)
    return kidneys


def _dome(rng: np.random.Generator, axes: BodyAxes) -> Array:
    """Height of the diaphragm (w) over every place: two vaults, the right one higher."""
    right_top, left_top = rng.uniform(1.0, 1.1), rng.uniform(0.93, 1.0)
    right = right_top - 0.85 * ((axes.u + 0.40) ** 2 + 0.9 * (axes.v + 0.05) ** 2)
    left = left_top - 0.95 * ((axes.u - 0.42) ** 2 + 0.9 * (axes.v - 0.02) ** 2)
    return np.maximum(right, left).astype(np.float32)


def _draw_chest(canvas: _Canvas, axes: BodyAxes, cavity: Mask, above: Array, scan: ScanPlan) -> None:
    """The diaphragm, the lung bases above it and the heart that rests on it; ``above`` is the height over it."""
    canvas.paint(cavity & (above > 0), MUSCLE_HU, 4.0)
    lung = cavity & (above > 3.0 / axes.half_width_mm)
    canvas.paint(lung, LUNG_HU, 25.0)
    heart = axes.ellipsoid((0.12, -0.42, 1.16), (0.46, 0.40, 0.26))
    canvas.paint(inside(heart) & cavity, scan.liver_hu + 25.0, 6.0)


def _draw_spine_and_great_vessels(rng: np.random.Generator, canvas: _Canvas, axes: BodyAxes, scan: ScanPlan) -> Mask:
    """Vertebrae, the muscles beside them, aorta and vena cava; returns all of it."""
    psoas = inside(axes.ellipsoid((-0.24, 0.62, 0.3), (0.13, 0.2, 1.2)))
    psoas |= inside(axes.ellipsoid((0.24, 0.62, 0.3), (0.13, 0.2, 1.2)))
    body = np.hypot(axes.u / np.float32(0.175), (axes.v - np.float32(0.52)) / np.float32(0.20))
    arch = np.hypot(axes.u / np.float32(0.11), (axes.v - np.float32(0.80)) / np.float32(0.16))
    disc = np.sin(2 * np.pi * (axes.w / np.float32(0.32) + np.float32(rng.random()))) > 0.82
    canvas.paint(psoas, MUSCLE_HU + 4, 6.0)
    canvas.paint((arch < 1) | (body < 1), rng.uniform(320, 480), 40.0)
    canvas.paint(body < 0.86, rng.uniform(130, 210), 35.0)
    canvas.paint((body < 0.97) & disc, 85.0, 8.0)
    canvas.paint(np.hypot(axes.u / np.float32(0.06), (axes.v - np.float32(0.79)) / np.float32(0.075)) < 1, 25.0, 4.0)
    blood_hu = scan.liver_hu + 0.8 * scan.portal_hu
    aorta = np.hypot(axes.u - np.float32(0.08), (axes.v - np.float32(0.23)) / np.float32(1.3)) < 0.075
    cava = (
        np.hypot((axes.u + np.float32(0.14)) / np.float32(1.15), (axes.v - np.float32(0.22)) / np.float32(1.1)) < 0.08
    )
    canvas.paint(aorta, blood_hu + rng.uniform(0, 20), 3.0)
    canvas.paint(cava, blood_hu - rng.uniform(5, 35), 6.0)
    around = np.hypot(axes.u / np.float32(0.24), (axes.v - np.float32(0.50)) / np.float32(0.30)) < 1
    return (body < 1.1) | around | aorta | cava


def _liver(rng: np.random.Generator, axes: BodyAxes) -> Mask:
    """A right and a left lobe melted into one, wavy at its surface and split by a fissure."""
    right = axes.ellipsoid(_jitter(rng, (-0.42, -0.02, 0.55), 0.02), _jitter(rng, (0.48, 0.72, 0.60)))
    left = axes.ellipsoid(_jitter(rng, (0.02, -0.40, 0.66)), _jitter(rng, (0.48, 0.32, 0.27), 0.04), -0.25)
    softness = np.float32(9.0)
    melted = -np.log(np.exp(-softness * right) + np.exp(-softness * left)) / softness
    melted += axes.waves(rng, 0.55, 0.035)
    fissure = axes.ellipsoid((-0.06, -0.62, 0.45), (0.035, 0.30, 0.35), 0.15)
    return inside(melted) & ~inside(fissure)


def _regional_variation(rng: np.random.Generator, axes: BodyAxes) -> Array:
    """Slow differences of enhancement and fat across the parenchyma."""
    return axes.waves(rng, 0.9, rng.uniform(1.0, 4.0))


def _draw_cysts(rng: np.random.Generator, canvas: _Canvas, axes: BodyAxes, liver: Mask) -> None:
    """Round, sharp, watery: what a reader does not call a metastasis, and a network may."""
    number = rng.choice([0, 1, 2], p=[0.6, 0.25, 0.15])
    places = np.flatnonzero(liver)
    for _ in range(number):
        place = places[rng.integers(len(places))]
        centre = (float(axes.u.flat[place]), float(axes.v.flat[place]), float(axes.w.flat[place]))
        radius = rng.uniform(2.0, 5.0) / axes.half_width_mm
        canvas.paint(inside(axes.ellipsoid(centre, (radius, radius / 0.75, radius))) & liver, rng.uniform(0, 12), 1.0)
