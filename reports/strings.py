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
    "method": "How answers are read",
    "shots": "Examples in the prompt, for each label",
    "adapter_bytes": "Size of the adapter in bytes",
    "prompt": "Prompt",
    "threshold": "Probability below which a document goes on to the second part",
    "temperature": "Temperature of the first part's probabilities",
    "deferral_dev": "Share of development documents that go on",
    "deferral_test": "Share of test documents that go on",
}

METHODS = {
    "score": "Score",
    "interval": "Intervals",
    "pairs": "Differences between approaches",
    "power": "What the test set could show",
    "non_inferiority": "No worse, up to the margin",
    "best": "Probability of being best, and regret",
    "latency": "Speed",
    "memory": "Memory",
    "cost": "Cost",
    "learning_curve": "Label budgets",
    "calibration": "Calibration",
    "cascades": "Cascades",
    "robustness": "Damaged texts",
    "generalisation": "In and out of domain",
}

EQUIVALENT = "The two are shown to be within the margin of each other."
NOT_INFERIOR = "{better} is shown to be no more than the margin worse than {other}."
MARGIN_OPEN = "Neither is shown to be within the margin of the other."

SPLITS = {"train": "Training", "dev": "Development", "test": "Test"}

GLOSSARY = (
    (
        "Accuracy",
        "The share of documents that get the right label.",
    ),
    (
        "Baseline",
        "A simple, cheap approach. Anything that costs more has to beat it to be worth its price.",
    ),
    (
        "BERT, encoder",
        "A model of moderate size that reads a text and turns it into numbers, from which a small added "
        "layer picks the label. It runs on ordinary machines.",
    ),
    (
        "Calibration, ECE",
        "Whether probabilities mean what they say: of the answers stated with 80%, four in five should be "
        "right. The expected calibration error (ECE) is how far off they are on average.",
    ),
    (
        "Cascade",
        "A cheap approach that answers where it is sure, with a dearer one behind it for the rest.",
    ),
    (
        "Confusion matrix",
        "A table of true labels against given labels. It shows which labels get mistaken for which.",
    ),
    (
        "Domain adaptation",
        "Letting an encoder read unlabelled text of the field first, so that it knows the vocabulary before "
        "it learns the labels.",
    ),
    (
        "Domain gap",
        "How far the language of the documents is from general English as an encoder sees it.",
    ),
    (
        "F1",
        "One number between 0 and 1 for a label that is high only if precision and recall both are.",
    ),
    (
        "Fine-tuning",
        "Training an existing model further on labelled documents of the task at hand.",
    ),
    (
        "Forgetting",
        "What an encoder loses of general English while it adapts to a domain; seen as a higher masked-LM "
        "loss on general text.",
    ),
    (
        "Frontier",
        "The approaches that no other beats on score and cost at once. Anything off the frontier is "
        "dearer than something at least as good.",
    ),
    (
        "Interval (95%)",
        "The range of values that fit the data. A wide interval means that the test "
        "set is too small to say more.",
    ),
    (
        "Latency: p50, p95, p99",
        "How long one document takes. Half of the calls are faster than p50, 95 in 100 are faster than p95, "
        "99 in 100 faster than p99.",
    ),
    (
        "LoRA",
        "Low-rank adaptation: tuning a large language model by training a small add-on and leaving the model "
        "itself as it is. Cheaper than training the whole model.",
    ),
    (
        "Macro-F1",
        "The plain average of F1 over all labels. Rare labels count as much as common ones.",
    ),
    (
        "Margin",
        "The difference in score that makes no practical difference to you. Within it, the cheaper "
        "approach is preferred.",
    ),
    (
        "Masked-LM (masked language model)",
        "A training exercise in which words are hidden and the model guesses them. A lower loss means that "
        "it guesses better, hence knows the language of the field better.",
    ),
    (
        "Micro-F1",
        "F1 over all documents taken together. Common labels dominate it.",
    ),
    (
        "P-value, adjusted",
        "How surprising a difference would be if there were none. Adjusted means made stricter because "
        "several pairs are compared at once.",
    ),
    (
        "Power, detectable difference",
        "The smallest true difference between two approaches that a test set of this size would show four "
        "times in five.",
    ),
    (
        "Precision and recall",
        "Precision: of the documents given a label, the share that truly have it. Recall: of the documents "
        "that have it, the share that were found.",
    ),
    (
        "Prompted language model",
        "A large language model that is told the task in words, without training.",
    ),
    (
        "Regret",
        "The score that one expects to lose by choosing this approach in case another is in truth the best.",
    ),
    (
        "Rung of adaptation",
        "One way of adapting an encoder to the domain, from reading the training texts to reading a large "
        "corpus with new words in the tokenizer. Higher rungs cost more.",
    ),
    (
        "Seed",
        "The starting point of the random choices in training. Training with several seeds shows how much "
        "luck is in a result.",
    ),
    (
        "Test set",
        "Labelled documents that no approach has learned from, kept aside for scoring.",
    ),
)


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
    """A count with its noun."""
    return f"{count:,.0f} {one if count == 1 else many or one + 's'}"
