"""What a user can set about the measurement of prompt injection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictInt, ValidationError, field_validator
from pydantic.dataclasses import dataclass

from decide.injection.attack import Attack
from decide.injection.attacks import ATTACKS
from evalsets import DecideError
from evalsets.explain import listed

DOCUMENTS = 50
WORDING = 1
"""Raised when goals or controls are worded otherwise, so that kept runs are not taken for new ones."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Injections:
    """Which attacks are tried on how many test documents.

    Args:
        attacks: ``"all"``, or names of shipped attacks, :class:`~decide.injection.Attack` of your own, or
            mappings of their ``name``, ``template`` and more.
        documents: Most test documents that are attacked, each with every attack; a stratified sample. Each
            arm and seed answers ``documents`` times the number of attacks and controls.
        seed: Seed of the sample and of what is asked for.
    """

    attacks: tuple[Attack, ...] = tuple(ATTACKS.values())
    documents: Annotated[StrictInt, Field(ge=2)] = DOCUMENTS
    seed: StrictInt = 0

    @field_validator("attacks", mode="before")
    @classmethod
    def _attacks(cls, value: Any) -> Any:
        return _chosen(value)

    def config(self) -> dict[str, Any]:
        """Everything that determines the hostile documents of given data, as JSON-able data."""
        return {
            "attacks": [attack.config() for attack in self.attacks],
            "documents": self.documents,
            "seed": self.seed,
            "wording": WORDING,
        }


Wanted = str | Sequence[str | Attack | Mapping[str, Any]] | Mapping[str, Any] | Injections | None


def injections_from(wanted: Wanted) -> Injections | None:
    """Settings from what a user gives.

    Args:
        wanted: ``"all"``; attacks; a mapping of settings; settings; or ``None`` for no measurement.

    Raises:
        DecideError: If an attack is unknown, given twice or wrongly worded, or a setting is wrong.
    """
    if wanted is None or isinstance(wanted, Injections):
        return wanted
    settings = dict(wanted) if isinstance(wanted, Mapping) else {"attacks": wanted}
    try:
        return Injections(**settings)
    except ValidationError as error:
        raise DecideError(f"injections is wrongly set: {listed(error)}.") from None


def _chosen(wanted: Any) -> tuple[Attack, ...]:
    """The attacks that are meant.

    Raises:
        DecideError: Saying which is wrong.
    """
    if wanted == "all":
        return tuple(ATTACKS.values())
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        raise DecideError(f"injections is {wanted!r}. Give 'all' or attacks, such as ('override_end',).")
    found = [_attack(item) for item in wanted]
    if not found:
        raise DecideError("injections has no attack. Give 'all', names, or None.")
    names = [attack.name for attack in found]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise DecideError(f"Attack {repeated[0]!r} is given twice. Give it once.")
    return tuple(found)


def _attack(item: Any) -> Attack:
    if isinstance(item, Attack):
        return item
    if isinstance(item, Mapping):
        try:
            return Attack(**item)
        except ValidationError as error:
            raise DecideError(f"Attack {item.get('name')!r} is wrongly set: {listed(error)}.") from None
    if item not in ATTACKS:
        raise DecideError(f"Unknown attack {item!r}. Known are: {', '.join(ATTACKS)}.")
    return ATTACKS[item]
