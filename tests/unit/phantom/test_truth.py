import numpy as np
import pytest
from scipy.stats import ks_2samp

from livermets.config.outcome import OutcomeSettings
from livermets.phantom.truth import ORIENTATIONS, SLICE_THICKNESSES_MM, plan_patient


def textures(plans, responder):
    lesions = [lesion for plan in plans for lesion in plan.lesions if lesion.responder is responder]
    return np.array([(one.texture.sd_hu, one.texture.length_mm, one.texture.skew) for one in lesions])


@pytest.fixture(scope="module")
def without_effect():
    return [plan_patient(11, number, 0.0) for number in range(1, 401)]


@pytest.fixture(scope="module")
def with_effect():
    return [plan_patient(11, number, 1.0) for number in range(1, 401)]


def test_without_effect_both_classes_draw_from_one_distribution(without_effect):
    for of_r_plus, of_r_minus in zip(textures(without_effect, True).T, textures(without_effect, False).T, strict=True):
        # 1,800 lesions; dependence within patients makes the test a little eager, hence 0.001.
        assert ks_2samp(of_r_plus, of_r_minus).pvalue > 0.001


def test_without_effect_the_class_is_not_even_looked_at(without_effect):
    """The same draws with every class turned round give the same textures."""
    from livermets.phantom import truth

    rng_a, rng_b = np.random.default_rng(5), np.random.default_rng(5)
    shared = np.array([0.3, -0.2, 1.0])
    for _ in range(20):
        as_r_plus = truth._draw_lesion(rng_a, True, 0.0, shared, 1.0)
        as_r_minus = truth._draw_lesion(rng_b, False, 0.0, shared, 1.0)
        assert as_r_plus.texture == as_r_minus.texture


def test_with_effect_non_responders_are_more_heterogeneous_coarser_and_brighter_speckled(with_effect):
    difference = textures(with_effect, False).mean(axis=0) - textures(with_effect, True).mean(axis=0)
    assert (difference > 0).all()


def test_a_lesions_other_properties_do_not_depend_on_class_or_effect(with_effect, without_effect):
    for one, other in zip(with_effect, without_effect, strict=True):
        assert one.scan == other.scan
        for a, b in zip(one.lesions, other.lesions, strict=True):
            assert (a.responder, a.diameter_mm, a.contrast_hu, a.rim_hu, a.necrosis, a.margin_mm, a.growth_mm) == (
                b.responder, b.diameter_mm, b.contrast_hu, b.rim_hu, b.necrosis, b.margin_mm, b.growth_mm
            )  # fmt: skip
    lesions = [lesion for plan in with_effect for lesion in plan.lesions]
    for name in ("diameter_mm", "contrast_hu", "irregularity", "margin_mm"):
        values = [[getattr(one, name) for one in lesions if one.responder is kind] for kind in (True, False)]
        assert ks_2samp(*values).pvalue > 0.001, name


def test_growth_follows_the_class(with_effect):
    for lesion in (lesion for plan in with_effect for lesion in plan.lesions):
        assert (lesion.growth_mm > OutcomeSettings().limit_mm) is not lesion.responder


def test_patients_have_two_to_seven_lesions_and_some_are_mixed(with_effect):
    assert {len(plan.lesions) for plan in with_effect} == {2, 3, 4, 5, 6, 7}
    mixed = [len({lesion.responder for lesion in plan.lesions}) == 2 for plan in with_effect]
    assert 0.4 < np.mean(mixed) < 0.9


@pytest.mark.parametrize("seed", range(12))
def test_any_cohort_has_both_classes_because_the_first_patient_has(seed):
    assert {lesion.responder for lesion in plan_patient(seed, 1, 1.0).lesions} == {True, False}


def test_lesions_of_one_patient_resemble_each_other_in_response(with_effect):
    """Intraclass: the share of concordant pairs within patients exceeds that expected from the prevalence."""
    responses = [[lesion.responder for lesion in plan.lesions] for plan in with_effect]
    pairs = [r[i] == r[j] for r in responses for i in range(len(r)) for j in range(i)]
    prevalence = np.mean([value for r in responses for value in r])
    assert np.mean(pairs) > prevalence**2 + (1 - prevalence) ** 2 + 0.03


def test_six_patients_show_every_orientation_and_slice_thickness():
    scans = [plan_patient(3, number, 1.0).scan for number in range(1, 7)]
    assert {scan.orientation for scan in scans} == set(ORIENTATIONS)
    assert {scan.slice_mm for scan in scans} == set(SLICE_THICKNESSES_MM)
    assert all(0.6 <= scan.spacing_mm <= 0.9 for scan in scans)
