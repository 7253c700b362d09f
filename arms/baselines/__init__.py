"""Arms without a neural network, one file each: what anything dearer must beat."""

from arms.baselines.crf import CRF
from arms.baselines.field_patterns import FieldPatterns
from arms.baselines.gazetteer import Gazetteer
from arms.baselines.majority import Majority
from arms.baselines.nearest_example import NearestExample
from arms.baselines.tfidf_logistic import TfidfLogistic

__all__ = ["CRF", "FieldPatterns", "Gazetteer", "Majority", "NearestExample", "TfidfLogistic"]
