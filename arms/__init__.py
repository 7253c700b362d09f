"""Approaches to a text task, one file each."""

from arms.base import Arm, ArmError, FitContext, FitRecord, FittedArm, Location, Predictions
from arms.baselines import Majority, TfidfLogistic
from arms.cascade import Cascade
from arms.domain_adapted import DomainAdapted
from arms.fine_tuned import FineTuned
from arms.lora import LoRA
from arms.prompted import Prompted
from arms.registry import ARMS, arm_from_config, register_arm

__all__ = [
    "ARMS",
    "Arm",
    "ArmError",
    "Cascade",
    "DomainAdapted",
    "FineTuned",
    "FitContext",
    "FitRecord",
    "FittedArm",
    "LoRA",
    "Location",
    "Majority",
    "Predictions",
    "Prompted",
    "TfidfLogistic",
    "arm_from_config",
    "register_arm",
]
