"""The model card says on which lesions its areas are."""

import pytest
from sklearn.metrics import roc_auc_score

from livermets.report.sections.model_card import model_card_section


def test_every_area_says_of_how_many_lesions_it_is(made_study):
    study = made_study.results
    said = dict(model_card_section(study).blocks[0].items)["Performance"]
    known = study.lesions_of("validation").dropna(subset=["response"])
    both, manual = known[known["compared"]], known[known["predicted_manual"].notna()]
    assert len(both) < len(manual)
    for lesions in (both, manual):
        plus, minus = int(lesions["response"].sum()), int((lesions["response"] == 0).sum())
        patients = lesions[["cohort", "patient_id"]].drop_duplicates()
        assert f"{len(lesions)} lesions of {len(patients)} patients ({plus} R+, {minus} R−)" in said
    area = float(said.rsplit("classifies: ", 1)[1].split()[0])
    assert area == pytest.approx(roc_auc_score(manual["response"], manual["share_manual"]), abs=0.0051)
