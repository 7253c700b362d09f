"""The privacy section: what it shows, and what it says where nothing was recorded."""

from __future__ import annotations

from decide.comparison import Comparison, DataFlow
from decide.privacy.records import Privacy
from reports import strings
from reports.registry import sections
from reports.render import environment
from tests.reports import fixture_privacy as fixture
from tests.reports import make
from tests.reports.page import Page


def section(comparison: Comparison) -> str:
    """Its words, rendered alone."""
    found = next(s for s in sections() if s.id == "privacy")
    context = found.build(comparison)
    assert context is not None
    template = environment().from_string(found.source())
    page = Page(template.render(t=strings, **context))
    assert not page.problems
    return page.text


def test_destinations_show_the_provider_as_stated_and_the_redaction() -> None:
    arms = make.arms()
    arms[0] = arms[0].model_copy(update={"data_flow": DataFlow(**fixture.flow())})
    said = section(make.comparison(arms))
    assert "Texts left the machine with" in said
    assert "as stated: Example AG; region EU (Frankfurt); keeps texts: 30 days; trains on them: no" in said
    assert "examples in prompts 4, test 400" in said
    assert "redacted before sending (2 types); names of people are not among them" in said
    assert "tried 198.51.100.7 and was stopped (2 attempts)" in said
    assert "programs that are not Python, are not seen" in said


def test_without_a_profile_the_provider_is_not_stated() -> None:
    arms = make.arms()
    arms[0] = arms[0].model_copy(update={"data_flow": DataFlow(**fixture.flow(provider=None))})
    assert "as stated: not stated" in section(make.comparison(arms))


def test_what_would_leave_and_what_documents_hold() -> None:
    said = section(make.comparison())
    assert "200,000 documents a month to api.example.com" in said
    assert "Every prompt also quotes 4 training texts" in said
    assert "40,000 (30,000 to 50,000)" in said
    assert "300 of 2,400 looked at" in said
    assert "DE_TAX_ID" in said
    assert "Names of people and places were not looked for" in said


def test_what_models_keep_and_their_licences() -> None:
    said = section(make.comparison())
    assert "0.610 0.550 to 0.670 surer of texts it was trained on" in said
    assert "not measured: its runs were recorded without it" in said
    assert "fixture/model Fine-tuned MiniLM and Domain-adapted MiniLM apache-2.0 its model card" in said
    assert "Redaction shows no certain effect" in said


def test_the_report_says_that_it_quotes_documents_itself() -> None:
    assert "This report quotes 6 documents" in section(make.comparison())
    silent = [arm.model_copy(update={"examples": []}) for arm in make.arms()]
    assert "This report quotes" not in section(make.comparison(silent))


def test_no_search_says_why_and_an_old_comparison_says_nothing() -> None:
    nothing = make.comparison(privacy=Privacy(pii_missing="It was switched off."))
    assert "Personal data was not looked for. It was switched off." in section(nothing)
    old = section(make.comparison(privacy=None))
    assert "Personal data" not in old
    assert "What would leave" not in old
