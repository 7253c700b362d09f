"""The three invented institutions and how each writes a note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evalsets.demo import cues as cue_lists
from evalsets.demo.cues import Cues, PairCues


@dataclass(frozen=True)
class Institution:
    """One documentation style.

    ``{p}`` in ``headers`` and ``plans`` is the index problem; ``{age}``, ``{sex}``, ``{visit_date}``,
    ``{medication}`` and ``{dose}`` become fields.

    Args:
        name: Name of the institution.
        column: Which column of the lexicon it uses.
        headers: First lines, which name the index problem without its status.
        intros: Who was seen and when.
        medication: How the main medication is written.
        plans: Lines that name the index problem again, without a status.
        fillers: Everything else a note says; homonyms of cue words are here on purpose.
        signatures: Last lines.
        cues: One problem, one status.
        pair_cues: Two problems in one statement.
        relatives: Who ``{rel}`` may be.
        sexes: How female and male are written.
        date_format: ``strftime`` format of the visit date.
        separator: What stands between statements.
    """

    name: str
    column: Literal[0, 1, 2]
    headers: tuple[str, ...]
    intros: tuple[str, ...]
    medication: tuple[str, ...]
    plans: tuple[str, ...]
    fillers: tuple[str, ...]
    signatures: tuple[str, ...]
    cues: Cues
    pair_cues: PairCues
    relatives: tuple[str, ...]
    sexes: tuple[str, str]
    date_format: str
    separator: str


ACADEMIC = Institution(
    name="Thornmere University Hospital",
    column=0,
    headers=(
        "Reason for consultation: {p}.\n",
        "Question to the service: {p}.\n",
        "Index problem: {p}.\n",
        "Consultation regarding {p}.\n",
    ),
    intros=(
        "This {age}-year-old {sex} was seen on {visit_date}.",
        "On {visit_date} we evaluated a {age}-year-old {sex}.",
        "The patient is a {age}-year-old {sex} examined on {visit_date}.",
    ),
    medication=(
        "The main medication is {medication} {dose} daily.",
        "The patient takes {medication} {dose} each day.",
        "Treatment with {medication} {dose} was continued.",
    ),
    plans=(
        "We discussed {p} with the patient at length.",
        "The team will revisit {p} on rounds.",
        "Written information about {p} was provided.",
    ),
    fillers=(
        "Blood pressure was {sys}/{dia} and heart rate {hr}.",
        "The patient is afebrile with an oxygen saturation of {sat} percent.",
        "The patient denies tobacco use and drinks alcohol rarely.",
        "Discharge is planned for later this week.",
        "The patient lives alone and is independent in daily life.",
        "No acute distress was noted.",
        "The course has been stable overnight.",
        "Extremities were warm, and the abdomen was soft.",
        "The patient is in positive spirits and eager to go home.",
        "A possible transfer to the ward was arranged with the family.",
        "Routine laboratory values were reviewed.",
        "The patient works as a {job}.",
    ),
    signatures=(
        "\nIlvane Osterrath, MD",
        "\nTobren Kastellane, MD, PhD",
        "\nMirela Quandry, MD",
        "\nAttending: S. Vollmarin",
    ),
    cues=cue_lists.ACADEMIC,
    pair_cues=cue_lists.ACADEMIC_PAIRS,
    relatives=("mother", "father", "sister", "brother", "grandmother", "uncle"),
    sexes=("woman", "man"),
    date_format="%B %d, %Y",
    separator=" ",
)

DISTRICT = Institution(
    name="Pellbrook District Hospital",
    column=1,
    headers=("Re: {p}. ", "Index prob: {p}. ", "Consult {p}. ", "CC/eval: {p}. "),
    intros=(
        "{age}{sex} seen {visit_date}.",
        "{visit_date}: {age} yo {sex}.",
        "Pt {age}{sex}, seen {visit_date}.",
    ),
    medication=(
        "Meds: {medication} {dose} qd.",
        "On {medication} {dose} qd.",
        "Cont {medication} {dose} qd.",
    ),
    plans=("D/w pt re {p}.", "F/u re {p} w/ PCP.", "{p} handout given."),
    fillers=(
        "VS: BP {sys}/{dia}, HR {hr}, SpO2 {sat}% RA.",
        "Afeb, NAD.",
        "SH: -EtOH, -tob, lives w/ spouse.",
        "SH: +tob 1ppd, denies EtOH.",
        "Pt c/o SOB on stairs, cold x3d.",
        "Hemodynamically stable, ambulating.",
        "D/c home when stable.",
        "Wound c/d/i, no drainage noted.",
        "PE: lungs CTA b/l, abd soft NT.",
        "NKDA.",
        "Labs reviewed, lytes repleted.",
        "Diet as tol, OOB w/ PT.",
        "Works as {job}.",
        "No acute events o/n.",
        "Cx neg to date, BCx x2 pending.",
    ),
    signatures=("-- K. Drabb, NP", "-- J. Ombrey MD", "-- L. Fesk, PA-C", "-- R. Tavish RN/MD team 2"),
    cues=cue_lists.DISTRICT,
    pair_cues=cue_lists.DISTRICT_PAIRS,
    relatives=("mo", "fa", "sis", "bro", "MGM", "PGF"),
    sexes=("F", "M"),
    date_format="%m/%d/%y",
    separator=" ",
)

COMMUNITY = Institution(
    name="Wrenholm Community Rehabilitation Network",
    column=2,
    headers=("REFERRAL QUERY: {p}\n", "FOCUS TODAY: {p}\n", "REVIEW OF: {p}\n", "ASKED TO SEE RE: {p}\n"),
    intros=(
        "ATTENDED: {visit_date}, {age} y, {sex}",
        "SEEN AT HOME: {sex}, {age}, on {visit_date}",
        "CONTACT: {visit_date}. {sex} aged {age}",
    ),
    medication=(
        "RX: {medication} {dose} od",
        "MEDS: {medication} {dose} each morning",
        "CHART: {medication} {dose} od",
    ),
    plans=("PLAN: leaflet re {p} given", "PLAN: talk through {p} at next MDT", "CP updated to mention {p}"),
    fillers=(
        "OBS: BP {sys}/{dia}, pulse {hr}, sats {sat}%",
        "DRESSING: scant discharge from heel, nil odour",
        "MOOD: positive and motivated in session",
        "MOOD: rather negative about progress, encouraged",
        "PHYSIO: stable on feet, stairs with rail",
        "PHYSIO: cold packs to knee, range improving",
        "SOCIAL: lives in ground-floor flat, denies falls",
        "SOCIAL: carers bd, meals on wheels",
        "OT: kettle tipper and perching stool ordered",
        "GOALS: walk to shops by Easter",
        "OUTINGS: retired {job}, enjoys choir",
        "PE given (patient education), booklet left",
        "ACUTE TEAM: not involved this fortnight",
        "TRANSPORT: possible Tuesday slot, historical no-shows",
    ),
    signatures=(
        "Signed: Sr P. Wexcombe",
        "Signed: H. Aldergrove, physio",
        "Signed: Dr N. Tamsin-Rooke, GPwSI",
        "Signed: C. Burrowmere, OT",
    ),
    cues=cue_lists.COMMUNITY,
    pair_cues=cue_lists.COMMUNITY_PAIRS,
    relatives=("mum", "dad", "nan", "aunt", "twin", "grandad"),
    sexes=("lady", "gentleman"),
    date_format="%d.%m.%Y",
    separator="\n",
)

INSTITUTIONS: tuple[Institution, ...] = (ACADEMIC, DISTRICT, COMMUNITY)
JOBS: tuple[str, ...] = (
    "teacher",
    "welder",
    "bus driver",
    "librarian",
    "farmer",
    "cook",
    "clerk",
    "joiner",
    "nurse",
)
