"""The licence of a model and where it is stated."""

from __future__ import annotations

from pathlib import Path

import pytest

import decide
from arms.llm import OpenAIServer
from decide.privacy.licences import check_licences, licence_in, licences_of


@pytest.mark.parametrize(
    ("files", "licence", "source"),
    [
        (
            {"README.md": "---\nlicense: apache-2.0\nlanguage: en\n---\n# Card"},
            "apache-2.0",
            "its model card",
        ),
        ({"README.md": "---\nlicense: [mit, cc-by-4.0]\n---\n"}, "mit, cc-by-4.0", "its model card"),
        (
            {"README.md": "---\nlicense: other\nlicense_name: llama3\n---\n"},
            "llama3",
            "its model card",
        ),
        ({"README.md": "---\nlicense: other\n---\n"}, "other", "its model card"),
        (
            {"README.md": "no head", "LICENSE": "\n   Apache License\n   Version 2.0, January 2004"},
            "apache-2.0",
            "its file LICENSE",
        ),
        ({"LICENSE.txt": "MIT License\n\nCopyright"}, "mit", "its file LICENSE.txt"),
        ({"LICENCE": "Do as you like."}, "text that begins “Do as you like.”", "its file LICENCE"),
        ({"README.md": "---\n{ broken\n---\n"}, None, "neither model card nor licence file states one"),
        ({}, None, "neither model card nor licence file states one"),
    ],
)
def test_licences_in_the_files_of_a_model(
    files: dict[str, str], licence: str | None, source: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert licence_in(tmp_path) == (licence, source)


def test_what_the_user_states_comes_first_and_arms_share_a_model(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    model = str(tmp_path)
    arms = [decide.FineTuned(model, name="a"), decide.DomainAdapted(model, name="b"), decide.Majority()]
    (found,) = licences_of(arms, None)
    assert (found.licence, found.source, found.arms) == ("mit", "its model card", ["a", "b"])
    assert "/" not in found.model
    (stated,) = licences_of(arms, {model: "bought"})
    assert (stated.licence, stated.source) == ("bought", "stated by the user")


def test_a_model_served_elsewhere_has_the_terms_of_its_provider() -> None:
    server = OpenAIServer("https://api.example.com/v1")
    (found,) = licences_of([decide.Prompted("big", server=server)], None)
    assert found.licence is None
    assert "provider's terms" in found.source


def test_a_hub_model_that_is_not_here_is_not_stated() -> None:
    (found,) = licences_of([decide.FineTuned("nobody/nothing")], None)
    assert (found.licence, found.source) == (None, "its files are not here")


def test_a_licence_for_a_model_of_no_arm_is_a_mistake() -> None:
    with pytest.raises(decide.DecideError, match="the model of no arm"):
        check_licences({"nobody/nothing": "mit"}, [decide.Majority()])
