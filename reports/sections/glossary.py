"""Words of the report for readers from other fields, in alphabetical order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison

TERMS = (
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
        "Break-even",
        "The volume at which two approaches have cost the same, what is paid once and what is paid for each "
        "document taken together.",
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
        "Flip rate",
        "The share of documents that get another answer when the same approach is run again, with another "
        "seed or with the same one.",
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
        "Pinned model",
        "A model that is asked for by the name of one dated or numbered snapshot. Under other names a "
        "provider may put a newer model at any time.",
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
        "Sensitivity",
        "How much a cost or the answer moves when an assumption is varied and all else stays as it is.",
    ),
    (
        "Test set",
        "Labelled documents that no approach has learned from, kept aside for scoring.",
    ),
)


@register_section("glossary", title="Words used here", order=120)
def build(comparison: Comparison) -> Context | None:
    """The whole glossary."""
    return {"terms": TERMS}
