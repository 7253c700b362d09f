"""English strings of the report that are not part of a template's layout."""

from __future__ import annotations

KICKER = "Comparison of language-processing approaches"
SKIP = "Skip to the answer"
CONTENTS = "Contents"
THEME = "Light or dark"

SYNTHETIC_TITLE = "Synthetic data."
SYNTHETIC = (
    "The documents in this comparison were generated, not collected. Its figures say nothing about your own "
    "documents until the comparison is run on those."
)

OUTCOMES = {
    "ship": "Recommendation: ship",
    "cannot_tell": "Cannot tell yet",
    "none_eligible": "No approach is eligible",
}

# The document: contents, readers, controls. The script takes its words from here by way of the template.
DOCUMENT = {
    "all": "All sections",
    "show_for": "Show the sections for",
    "for": "for",
    "everyone": "everyone",
    "print": "Print",
    "client": "Prepared for",
    "author": "by",
    "arms": "Show or hide approaches in this chart",
    "marks": "Arrow keys move between the marks of the chart.",
    "colophon": "one file, no external content.",
    "only": "Shown: the sections for one reader. The document has more.",
}

READERS = {
    "decision_maker": "Decision maker",
    "finance": "Finance",
    "privacy": "Privacy",
    "data_scientist": "Data scientist",
    "engineer": "Engineer",
}

# The executive summary, which the exports also use.
SUMMARY = {
    "asked": "What was asked",
    "answer": "The answer",
    "sure": "How sure this is",
    "figures": "Figures",
    "figures_of": "Figures of {arm}, which leads for now:",
    "why": "Why",
    "flips": "What would change the answer",
    "no_flips": "Nothing found among the approaches and limits compared here.",
    "next": "What to do next",
    "caveats": "To bear in mind",
    "approaches": "All approaches",
    "chart_cost": "Score against running cost",
    "chart_latency": "Time to answer one document",
}

# Slides, Word and Markdown.
EXPORT = {
    "columns": (
        "Approach",
        "Score",
        "Interval",
        "US$ per 1,000",
        "US$ over {horizon}",
        "p95, ms",
        "Can it ship?",
    ),
    "recommended": "Recommended",
    "leads": "Leads",
    "yes": "Yes",
    "no": "No",
    "table": "Score ({metric}, test set) with interval, cost and speed of each approach",
    "more": "{count} more approaches are in the full report.",
    "evidence": "Evidence",
    "decision": "Decision and next steps",
    "score_chart": "Score of each approach ({metric}; the table has the intervals)",
    "cost_chart": "Running cost and score",
    "cost_axis": "US$ per 1,000 documents",
    "data": "Data: {name}; {test} test documents; {seeds}; {date}.",
    "full": "The full report has the method, every difference with its interval, and how to reproduce it.",
    "page": "Page",
}

# What the client asked.
QUESTIONS = {
    "title": "What you asked",
    "unanswered": "No figure of this comparison answers it in a sentence.",
    "more": "Your questions, each with its answer in full.",
    "see": "See “{title}”.",
    "llm": "{model}, the best language model, scores {a}; {other}, the best of the others, {b}. {told}",
    "different": "The paired test tells the difference from none.",
    "alike": "The paired test does not tell the difference from none.",
    "llm_cost": "1,000 documents cost {a} and {b}.",
    "all_stay": "All approaches with a result keep texts on the machine they run on; the best, {arm}, scores "
    "{score}.",
    "stay": "Of the approaches whose texts stay on their machine, {arm} is the best and scores {score}.",
    "leave": "{arm} sends texts to {hosts} and scores {score}.",
    "cost": "{arm} costs {running} per 1,000 documents, {total} over {horizon} with what arises once.",
    "latency": "{arm} answers 95 of 100 documents within {p95}, on {hardware}.",
    "latency_limit": "{arm} answers 95 of 100 documents within {p95}, on {hardware} (limit {limit} ms).",
}

ON_PAPER = "On paper {shown} of {count}; the document on screen has all."

ASKED = {
    "volume": "{documents} documents a month for {horizon}",
    "leave": "texts may leave the machine",
    "stay": "texts must stay on the machine",
    "latency": "p95 latency of at most {limit} ms",
    "score": "score of at least {score}",
    "cost": "at most {cost} per 1,000 documents",
    "error": "a wrong answer costs US${usd}",
    "point": "a point of score is worth {usd} over the horizon",
    "margin": "differences in score up to {margin} do not matter",
}

CONFIDENCE = {
    "high": ("High", "It is the best of the eligible approaches with a probability of {best}."),
    "moderate": (
        "Moderate",
        "It is the best of the eligible approaches with a probability of {best}; high would be {sure}.",
    ),
    "low": (
        "Low",
        "The approach that leads is the best choice with a probability of {best}. One is recommended "
        "outright only where it is also ahead of each that is not dearer with {sure}, and the best or "
        "within the margin of it with {leading}.",
    ),
    "alone": (
        "Not compared",
        "No other approach has a result and meets the constraints, so nothing was compared with it.",
    ),
    "none": ("Not stated", "No probability of being the best could be computed."),
}

NOT_TOLD_APART = "The stricter paired tests do not tell it from {rivals}."

FIGURES = {
    "score": "Score ({metric})",
    "best": "Probability of being the best choice",
    "regret": "Expected regret",
    "cost": "Cost over {horizon}",
    "p95": "p95 latency",
}

FIGURES_SMALL = {
    "interval": "{level} interval {interval}",
    "no_interval": "no interval",
    "best": "of the eligible approaches",
    "highest": "highest score: {share}",
    "regret": "score lost if another is better",
    "regret_usd": "score; {usd} with costs and errors",
    "cost": "{running} per 1,000 documents, {once} once",
    "limit": "limit {limit} ms",
    "no_limit": "no limit set",
}

SHIP_STEP = "Put {arm} into production; its settings are in the section on how to reproduce."

CAVEATS = {
    "synthetic": "Synthetic data: the figures say nothing about your own documents.",
    "cluster": "The runs were made on other machines, to which all texts were sent: {hosts}.",
    "left": "Texts left the machine with {arms}.",
    "absent": "Without a result: {arms}.",
    "seeds": "Only {seeds}: the luck of single training runs is hardly in the intervals.",
    "more": " ({count} more under Method and data)",
    "costs": "Costs rest on {count} figures that were not measured here.",
    "speed": "Speed holds for {hardware}.",
}
OUTCOME_THEN = {
    "ship": "the answer would be {arm}",
    "cannot_tell": "one could not tell; {arm} would lead",
    "none_eligible": "no approach would be eligible",
}
ANSWER_STAYS = "the answer stays"
RISKS = {"present": "At risk", "avoided": "Avoided", "unknown": "Not known"}

METRICS = {
    "macro_f1": "macro-F1",
    "micro_f1": "micro-F1",
    "accuracy": "accuracy",
    "subset_accuracy": "subset accuracy",
    "entity_f1": "entity F1",
    "entity_macro_f1": "entity macro-F1",
    "partial_f1": "partial-match F1",
    "field_f1": "field F1",
    "exact_f1": "exact field F1",
    "record_accuracy": "record accuracy",
}

KINDS = {
    "majority": "baseline",
    "tfidf_logistic": "baseline",
    "fine_tuned": "fine-tuned encoder",
    "domain_adapted": "domain-adapted encoder",
    "prompted": "prompted language model",
    "lora": "LoRA-tuned language model",
    "cascade": "cascade of two approaches",
}

TRAINING_PHASES = ("adaptation", "training", "choosing shots")

STATUS = {"failed": "Failed", "refused": "Not run"}

WHY = {
    "unseen": "this approach has no result",
    "model_size": "not known; nothing is deployed here, or the model is served elsewhere",
    "not_trained": "this approach trains nothing",
}

FACTS = {
    "adaptation_rung": "Rung of adaptation",
    "adaptation_new_tokens": "Tokens added to the tokenizer",
    "adaptation_fertility_before": "Tokens a word of domain text, before",
    "adaptation_fertility_after": "Tokens a word of domain text, after",
    "adaptation_processes": "Processes that adapted together",
    "adaptation_planned_seconds": "Adaptation time planned, in seconds",
    "adaptation_seconds_actual": "Adaptation time, in seconds",
    "adaptation_resumed": "Adaptation continued from a checkpoint",
    "adaptation_domain_loss_before": "Masked-LM loss before adaptation (nats a word, held-out domain text)",
    "adaptation_domain_loss_after": "Masked-LM loss after adaptation (nats a word, held-out domain text)",
    "adaptation_domain_change": "Change of that loss, with interval (nats a word)",
    "adaptation_general_loss_before": "Masked-LM loss before adaptation (nats a word, general text)",
    "adaptation_general_loss_after": "Masked-LM loss after adaptation (nats a word, general text)",
    "adaptation_general_change": "Change of that loss, with interval (nats a word)",
    "adaptation_loss_before": "Masked-LM loss before adaptation (nats a token, held-out text)",
    "adaptation_loss_after": "Masked-LM loss after adaptation (nats a token, held-out text)",
    "adaptation_loss_as_loaded": "Masked-LM loss of the model as loaded",
    "adaptation_fresh_head": "Masked-LM head trained from scratch",
    "adaptation_documents": "Documents adapted on",
    "adaptation_held_out_documents": "Documents held out from adaptation",
    "adaptation_tokens": "Tokens adapted on",
    "adaptation_steps": "Adaptation steps",
    "dev_score": "Score on the development set",
    "dev_score_by_learning_rate": "Development score by learning rate",
    "dev_score_by_shots": "Development score by number of examples",
    "best_epoch": "Best epoch",
    "epochs_run": "Epochs run",
    "learning_rate": "Learning rate chosen",
    "max_length_tokens": "Longest text read, in tokens",
    "truncated_texts": "Texts cut at that length",
    "divided_texts": "Texts read in windows, longer than that",
    "tagged_units": "What is tagged",
    "fields_from_spans": "Fields read from spans of the text",
    "fields_from_text": "Fields chosen from the whole text",
    "fields_not_learned": "Fields that could not be learned",
    "label_threshold": "Probability from which a label is given",
    "answered_spans": "Entities answered",
    "hallucinated_spans": "Of these, words that the text does not have (dropped)",
    "mislabelled_spans": "Of these, of a type that does not exist (dropped)",
    "invalid_spans": "Of these, without text or label (dropped)",
    "fuzzily_aligned_spans": "Of these, quoted with slips",
    "loosely_aligned_spans": "Of these, quoted in other case or spacing",
    "repeated_spans": "Of these, said twice",
    "overlapping_spans": "Of these, across another entity",
    "score_of_perfect_quotes_on_train": "Score that perfect quotes would have, on training texts",
    "held_to_schema_by": "What holds answers to the schema",
    "max_answer_tokens": "Longest answer allowed, in tokens",
    "method": "How answers are read",
    "shots": "Examples in the prompt, for each label",
    "adapter_bytes": "Size of the adapter in bytes",
    "prompt": "Prompt",
    "examples_chosen": "Worked examples in the prompt",
    "sampling_temperature": "Sampling temperature",
    "model_reported": "Model that answered, as the server says",
    "system_fingerprint": "System fingerprint, as the server says",
    "threshold": "Probability below which a document goes on to the second part",
    "temperature": "Temperature of the first part's probabilities",
    "deferral_dev": "Share of development documents that go on",
    "deferral_test": "Share of test documents that go on",
}

METHODS = {
    "score": "Score",
    "interval": "Intervals",
    "pairs": "Differences between approaches",
    "best": "Probability of being the best choice, and regret",
    "decision": "The rule that decides",
    "power": "What the test set could show",
    "non_inferiority": "No worse, up to the margin",
    "latency": "Speed",
    "executor": "Where units ran",
    "memory": "Memory",
    "cost": "Cost",
    "learning_curve": "Label budgets",
    "calibration": "Calibration",
    "cascades": "Cascades",
    "robustness": "Damaged texts",
    "injection": "Instructions in documents",
    "stability": "Flip rates",
    "generalisation": "In and out of domain",
}

EQUIVALENT = "The two are shown to be within the margin of each other."
NOT_INFERIOR = "{better} is shown to be no more than the margin worse than {other}."
MARGIN_OPEN = "Neither is shown to be within the margin of the other."

SPLITS = {"train": "Training", "dev": "Development", "test": "Test"}


def metric(name: str) -> str:
    """A metric as it is written in sentences."""
    return METRICS.get(name, name.replace("_", " "))


def kind(name: str) -> str:
    """A kind of arm in words."""
    return KINDS.get(name, name.replace("_", " "))


def fact(name: str) -> str:
    """A fact of a run in words."""
    return FACTS.get(name, sentence(name.replace("_", " ")))


def sentence(text: str) -> str:
    """``text`` with a capital first letter."""
    return text[:1].upper() + text[1:]


def plural(count: float, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "seed"), plural(1200, "approach", "approaches")
    ('1 seed', '1,200 approaches')
    """
    return f"{count:,.0f} {one if count == 1 else many or one + 's'}"


def words(name: str) -> str:
    """A word or sentence of the exports."""
    found = EXPORT[name]
    assert isinstance(found, str)
    return found
