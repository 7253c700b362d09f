"""A task that is derived from a shipped one is done by whatever does the shipped one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from arms import ArmError, FineTuned, FitContext, Gazetteer, Majority, Prompted, TfidfLogistic
from arms.encoder.heads import HEADS, head_class
from arms.llm.formats import FORMATS, format_of
from arms.prompts import PromptTemplate
from decide.injection.goals import GOALS, goal_of
from decide.perturbations import Typos
from decide.protocols.robustness import check_perturbations
from evalsets import EvalSet, MultiLabel, Task, TextClassification, TokenClassification
from evalsets.tasks import nearest


@dataclass(frozen=True)
class Urgency(TextClassification):
    kind: ClassVar[str] = "test_urgency"


@dataclass(frozen=True)
class Escalation(Urgency):
    kind: ClassVar[str] = "test_escalation"


@dataclass(frozen=True)
class Topics(MultiLabel):
    kind: ClassVar[str] = "test_topics"


@dataclass(frozen=True)
class Parts(TokenClassification):
    kind: ClassVar[str] = "test_parts"


class Same(Urgency):
    """Without a kind of its own."""


def test_kinds_are_its_own_and_those_it_is_derived_from() -> None:
    assert Escalation.kinds() == ("test_escalation", "test_urgency", "text_classification")
    assert Same.kinds() == ("test_urgency", "text_classification")
    assert TextClassification.kinds() == ("text_classification",)
    assert nearest(Escalation.kinds(), ("text_classification", "test_urgency")) == "test_urgency"
    assert nearest(Escalation.kinds(), ("multi_label",)) is None


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (Escalation(("a", "b")), "text_classification"),
        (Topics(("a", "b")), "multi_label"),
        (Parts(("a", "b")), "token_classification"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_shipped_parts_take_it(task: Task, kind: str, toy: EvalSet) -> None:
    data = replace(toy, task=task)
    assert head_class(task) is HEADS[kind]
    assert type(format_of(task)) is FORMATS[kind]
    assert goal_of(data) is GOALS[kind]
    assert "<document>" in PromptTemplate(task).prompt("<document>")[-1].content
    assert check_perturbations((Typos(),), data)[0] == (Typos(),)


def test_arms_do_what_they_did(toy: EvalSet, tmp_path: Path) -> None:
    data = replace(toy, task=Escalation(toy.task.labels))
    for arm in (Majority(), TfidfLogistic(c=(1.0,))):
        arm.check(data)
        with (
            arm.fit(data, 0, FitContext(tmp_path)) as derived,
            arm.fit(toy, 0, FitContext(tmp_path)) as plain,
        ):
            assert derived.predict(toy.test.texts).values == plain.predict(toy.test.texts).values
    assert {"test_escalation", "test_urgency"}.isdisjoint({*FineTuned.tasks, *Prompted.tasks})
    with pytest.raises(ArmError, match="cannot do test_escalation"):
        Gazetteer().check(data)
