"""The model card says on which lesions its areas are, that of a network how far it looks."""

from dataclasses import replace

import pytest
from sklearn.metrics import roc_auc_score

from livermets.report.sections.model_card import model_card_section
from livermets.report.sections.network_card import network_card
from livermets.segmentation.description import WHOLE_IMAGE


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


@pytest.mark.parametrize(
    "field, said",
    [
        (
            (92, 100),
            "92 to 100 pixels of the network’s grid across: what lies beyond has no part in the result at a place",
        ),
        (WHOLE_IMAGE, "the whole image: all of it has a part in every result"),
        (None, None),
    ],
)
def test_the_card_of_a_network_says_how_far_it_looks(made_study, field, said):
    study = made_study.results
    network = study.networks["automatic"]
    seen = replace(network, description=network.description.model_copy(update={"receptive_field": field}))
    card = dict(network_card(replace(study, networks={"automatic": seen})).blocks[0].items)
    assert card.get("Receptive field") == said
