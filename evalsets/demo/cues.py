"""How each institution states the five assertion statuses.

``{p}`` is the problem (``{P}`` at the start of a sentence), ``{q}`` a second one, ``{test}`` the
test that settles it, ``{rel}`` a relative, ``{year}`` a past year, ``{n}`` a number of years.
"""

from __future__ import annotations

from collections.abc import Mapping

from evalsets.demo.note import Status

Cues = Mapping[Status, tuple[str, ...]]
PairCues = Mapping[tuple[Status, Status], tuple[str, ...]]

ACADEMIC: Cues = {
    "present": (
        "{P} was confirmed by {test} on this admission.",
        "The {test} was positive for {p}, and treatment has been started.",
        "The current presentation is explained by {p}.",
        "There is no longer any doubt that the patient has {p}.",
        "Today's examination together with {test} established {p}.",
        "{P} remains active despite adequate therapy.",
        "We are actively treating {p}.",
        "The patient continues to be limited by {p}.",
    ),
    "ruled_out": (
        "There is no evidence of {p} on {test}.",
        "{P} was excluded by {test}.",
        "The {test} was negative for {p}.",
        "Our initial concern about {p} proved unfounded.",
        "The findings argue conclusively against {p}.",
        "The patient denies any symptom of {p}, and {test} was unremarkable.",
        "{P} can be dismissed as a diagnosis.",
        "After {test}, {p} was removed from the differential diagnosis.",
    ),
    "possible": (
        "{P} cannot be excluded at this point.",
        "Further {test} has been requested to evaluate for {p}.",
        "The differential diagnosis includes {p}.",
        "We remain concerned about {p}, although {test} was inconclusive.",
        "The picture would be compatible with {p}.",
        "{P} has not yet been ruled out.",
        "{P} is suspected but remains unproven.",
        "Whether this represents {p} is still unclear.",
    ),
    "historical": (
        "The past medical history is notable for {p} in {year}.",
        "{P} was treated successfully in {year} and has not recurred.",
        "The patient recovered fully from {p} in {year}.",
        "An episode of {p} in {year} has completely resolved.",
        "Remote {p} ({year}) is noted and is no longer active.",
        "The chart documents {p} {n} years ago, without sequelae.",
        "{P}, confirmed by {test} in {year}, is considered cured.",
    ),
    "family": (
        "The patient's {rel} was diagnosed with {p}.",
        "Family history is significant for {p} in the {rel}.",
        "{P} affected the {rel}.",
        "The {rel} died of complications of {p}.",
        "There is a family history of {p} on the maternal side.",
        "The {rel} is being actively treated for {p}.",
        "Among first-degree relatives, the {rel} is known to have {p}.",
    ),
}

DISTRICT: Cues = {
    "present": (
        "+ {p}.",
        "{p} confirmed on {test}.",
        "{test} pos for {p}.",
        "Active {p}, on tx.",
        "Dx {p} today.",
        "Presents w/ {p}.",
        "{p} flare, tx started.",
        "Findings c/w acute {p}.",
    ),
    "ruled_out": (
        "Neg for {p}.",
        "No e/o {p} on {test}.",
        "{p} r/o'd by {test}.",
        "Denies {p}.",
        "{test} neg, {p} excluded.",
        "W/o {p}.",
        "Not {p} per {test}.",
        "{test} WNL, no {p}.",
    ),
    "possible": (
        "r/o {p}.",
        "?{p}.",
        "Poss {p}, {test} pending.",
        "Concern for {p}.",
        "DDx {p}.",
        "Can't exclude {p}.",
        "Susp {p}, will get {test}.",
        "Equivocal {test}, {p} still on ddx.",
    ),
    "historical": (
        "h/o {p} {year}.",
        "s/p {p} {year}.",
        "PMH {p}, resolved.",
        "Prior {p} x1 ({year}).",
        "Hx of {p}, inactive.",
        "{p} {n} yrs ago, no recurrence.",
        "Old {p}, tx completed {year}.",
        "{p} confirmed {year}, since cleared.",
    ),
    "family": (
        "FHx {p} ({rel}).",
        "FH + for {p}.",
        "{rel} w/ {p}.",
        "+FHx: {p}.",
        "{rel} died of {p}.",
        "{rel} on tx for {p}.",
        "{p} in {rel}.",
    ),
}

COMMUNITY: Cues = {
    "present": (
        "Imp: {p}, live problem",
        "K/C/O {p}, ongoing",
        "{P} proven on {test}, on treatment",
        "Main barrier this week remains {p}",
        "{test} +ve: {p}",
        "Under our care for {p}",
        "Tx plan addresses {p}, which is troublesome at present",
    ),
    "ruled_out": (
        "Nil to suggest {p}",
        "{P} stood down after {test}",
        "{test} -ve for {p}",
        "No sign of {p} o/e",
        "{P} taken off the list",
        "GP happy this is not {p}",
        "Screened for {p}: clear",
    ),
    "possible": (
        "Query {p}, {test} booked",
        "?? {p}",
        "{P} TBC",
        "Might be {p}, GP to review",
        "Awaiting {test} to settle whether {p}",
        "{P} not excluded as yet",
        "Would keep {p} in mind",
    ),
    "historical": (
        "PH: {p} {year}",
        "Background: {p} ({year}), settled",
        "{P} {n} years back, made good recovery",
        "Previously treated for {p}, discharged from clinic {year}",
        "{P} in {year}, nil since",
        "Old notes: {p}, now closed",
    ),
    "family": (
        "FH: {rel} {p}",
        "{P} on {rel}'s side",
        "Lost {rel} to {p}",
        "Carer for {rel} with {p}",
        "{rel} known to our service with {p}",
        "Family: {p} ({rel})",
    ),
}

# One cue over two problems: its scope decides, which single words cannot show.
ACADEMIC_PAIRS: PairCues = {
    ("ruled_out", "ruled_out"): ("Neither {p} nor {q} was found.", "There is no evidence of {p} or {q}."),
    ("present", "present"): ("Both {p} and {q} were confirmed.",),
    ("possible", "possible"): ("{P} and {q} both remain on the differential.",),
    ("historical", "historical"): ("Both {p} and {q} resolved several years ago.",),
    ("family", "family"): ("{P} and {q} run in the family.",),
    ("ruled_out", "present"): ("{P} was excluded, whereas {q} was confirmed.",),
    ("present", "ruled_out"): ("The findings were diagnostic of {p} rather than {q}.",),
    ("possible", "ruled_out"): ("{P} is still considered, while {q} no longer is.",),
    ("historical", "present"): ("{P} has long resolved, but {q} is now active.",),
}
DISTRICT_PAIRS: PairCues = {
    ("ruled_out", "ruled_out"): ("Neg for {p}/{q}.", "Denies {p}, {q}."),
    ("present", "present"): ("Active {p} and {q}.",),
    ("possible", "possible"): ("{p} vs {q}, w/u ongoing.",),
    ("historical", "historical"): ("h/o {p}, {q}.",),
    ("family", "family"): ("FHx {p}, {q}.",),
    ("present", "ruled_out"): ("{p} but no {q}.",),
    ("ruled_out", "present"): ("No {p} but + {q}.",),
    ("historical", "present"): ("h/o {p}, now {q}.",),
}
COMMUNITY_PAIRS: PairCues = {
    ("ruled_out", "ruled_out"): ("Nil to suggest {p} or {q}",),
    ("present", "present"): ("Live problems: {p}, {q}",),
    ("possible", "possible"): ("Query {p} or {q}",),
    ("historical", "historical"): ("PH: {p}, {q}, both settled",),
    ("family", "family"): ("FH: {p}, {q}",),
    ("present", "ruled_out"): ("{P} it is, not {q}",),
    ("historical", "possible"): ("PH: {p}; query {q} this time",),
}
