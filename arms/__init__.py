"""Approaches to a text task, one file each."""

from arms.base import Arm, ArmError, FitContext, FitRecord, FittedArm, Location, Predictions
from arms.baselines import CRF, FieldPatterns, Gazetteer, Majority, NearestExample, TfidfLogistic
from arms.cascade import Cascade
from arms.domain_adapted import DomainAdapted
from arms.fine_tuned import FineTuned
from arms.lora import LoRA
from arms.prompted import Prompted
from arms.registry import ARMS, arm_from_config, register_arm

__all__ = [
    "ARMS",
    "CRF",
    "Arm",
    "ArmError",
    "Cascade",
    "DomainAdapted",
    "FieldPatterns",
    "FineTuned",
    "FitContext",
    "FitRecord",
    "FittedArm",
    "Gazetteer",
    "LoRA",
    "Location",
    "Majority",
    "NearestExample",
    "Predictions",
    "Prompted",
    "TfidfLogistic",
    "arm_from_config",
    "register_arm",
]
