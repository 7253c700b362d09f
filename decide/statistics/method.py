"""What the report says about how statistics were computed."""

from __future__ import annotations

from decide.statistics.inferiority import ONE_SIDED
from decide.statistics.pairs import ALPHA
from decide.statistics.power import POWER
from decide.statistics.resample import LEVEL, RESAMPLES
from decide.statistics.scored import MIN_CLUSTERS
from decide.statistics.significance import PERMUTATIONS

METHOD = {
    "interval": (
        f"{LEVEL:.0%} Student t intervals over test documents and seeds together. The variance has a part "
        "from documents (jackknife), a part from seeds, and a part from documents on which seeds disagree, "
        "as in reader studies (Obuchowski and Rockette 1995; degrees of freedom by Satterthwaite, Hillis "
        "2007, widened where the few seeds of one approach count most); a score's interval is taken on the "
        "logit scale. An approach that ran once has an interval for that run only: the luck of training is "
        "not in it. "
        f"With at least {MIN_CLUSTERS} groups, whole groups take the place of documents; with fewer, groups "
        "are not taken into account."
    ),
    "pairs": (
        "On the same documents, two-sided. Where each approach ran once and the score is a share of right "
        "answers: McNemar's exact test. Otherwise approximate randomisation (Noreen 1989): the answers of "
        f"the two approaches are swapped document by document, all seeds together, {PERMUTATIONS:,} times. "
        "With several seeds, a t test over documents and seeds must agree: the larger p-value counts. With "
        f"at least {MIN_CLUSTERS} groups, whole groups are swapped. P-values are corrected over all pairs "
        "by Holm's method. Two approaches are called different when the corrected p-value is below "
        f"{ALPHA:g} and the interval of the difference excludes 0."
    ),
    "power": (
        f"The smallest true difference that the t test would find with probability {POWER:.0%}, from the "
        "measured variance of the difference (what few seeds add is raised, since it is too small more often "
        f"than too large), at the strictest step of Holm's method ({ALPHA:g} divided by "
        "the number of pairs). The numbers of documents and seeds that would settle a question take the "
        "observed difference as the true one and change one of the two; they are as uncertain as that "
        "difference."
    ),
    "non_inferiority": (
        "An approach counts as no worse than another, up to the margin, if the one-sided "
        f"{ONE_SIDED:.0%} bound of the difference stays above minus the margin (t test, not corrected for "
        "several pairs)."
    ),
    "best": (
        f"From {RESAMPLES:,} resamples: documents, the same for all approaches, by a bootstrap; seeds by "
        "draws from Student's t around the mean over seeds. The probability that an approach is best is the "
        "share of resamples in which its score is the highest; its expected regret is the mean score it "
        "loses to the best of each resample."
    ),
}
