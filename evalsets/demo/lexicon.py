"""Problems, tests and medications, each as the three institutions write them."""

from __future__ import annotations

from typing import NamedTuple

Names = tuple[str, ...]


class ProblemEntry(NamedTuple):
    """Names of one problem and of the test that settles it: academic, district, community."""

    id: str
    names: tuple[Names, Names, Names]
    tests: tuple[str, str, str]


class MedicationEntry(NamedTuple):
    """Names of one medication and its usual doses in milligrams."""

    id: str
    names: tuple[str, str, str]
    doses: tuple[str, ...]


def _problem(
    id: str, academic: str, district: str, community: str, test_a: str, test_d: str, test_c: str
) -> ProblemEntry:
    names = tuple(tuple(part.split("|")) for part in (academic, district, community))
    return ProblemEntry(id, (names[0], names[1], names[2]), (test_a, test_d, test_c))


# Abbreviations change their sense between institutions on purpose: "MS" is multiple sclerosis
# in the academic hospital and mitral stenosis in the district hospital, as in real life.
# fmt: off
PROBLEMS: tuple[ProblemEntry, ...] = (
    _problem("pulmonary_embolism", "pulmonary embolism|pulmonary thromboembolism", "PE|pulm embolus",
             "lung clot|pulmonary embolus", "CT angiography", "CTPA", "CTPA scan"),
    _problem("deep_vein_thrombosis", "deep vein thrombosis|lower-extremity venous thrombosis", "DVT|LE clot",
             "leg clot|calf thrombosis", "duplex ultrasonography", "LE duplex", "leg Doppler"),
    _problem("myocardial_infarction", "myocardial infarction|acute coronary occlusion", "MI|AMI",
             "heart attack|infarct", "serial troponin testing", "trops", "troponin bloods"),
    _problem("angina", "angina pectoris|exertional chest pain", "CP|angina", "angina|chest tightness",
             "stress testing", "stress test", "treadmill test"),
    _problem("heart_failure", "congestive heart failure|left ventricular failure", "CHF|LVF",
             "heart failure|cardiac failure", "natriuretic peptide testing", "BNP", "NT-proBNP"),
    _problem("atrial_fibrillation", "atrial fibrillation|atrial fibrillatory arrhythmia", "AF|afib",
             "AF|fibrillation of the atria", "ambulatory rhythm monitoring", "Holter", "24-hour tape"),
    _problem("mitral_stenosis", "mitral stenosis|rheumatic mitral valve disease", "MS|mitral stenosis",
             "tight mitral valve|mitral narrowing", "transthoracic echocardiography", "TTE", "echo"),
    _problem("multiple_sclerosis", "multiple sclerosis|MS|demyelinating disease",
             "mult sclerosis|demyelinating dz", "MS|demyelination", "cerebrospinal fluid analysis", "LP",
             "lumbar puncture"),
    _problem("hypertension", "arterial hypertension|high blood pressure", "HTN|high BP",
             "raised blood pressure|hypertension", "ambulatory pressure monitoring", "serial BPs",
             "home BP diary"),
    _problem("pneumonia", "pneumonia|lower-lobe consolidation", "PNA|pneumonia", "chest infection|LRTI",
             "chest radiography", "CXR", "chest film"),
    _problem("asthma", "asthma|reactive airway disease", "asthma|RAD", "asthma|twitchy airways",
             "methacholine challenge", "PFTs", "peak flow chart"),
    _problem("copd", "chronic obstructive pulmonary disease|emphysema", "COPD|emphysema",
             "COAD|smoker's lung",
             "spirometry", "spiro", "blowing tests"),
    _problem("tuberculosis", "pulmonary tuberculosis|mycobacterial infection", "TB|pulm TB",
             "TB|tuberculous infection", "sputum culture", "sputum cx", "sputum pot"),
    _problem("sleep_apnea", "obstructive sleep apnea|sleep-disordered breathing", "OSA|sleep apnea",
             "sleep apnoea|night-time apnoeas", "polysomnography", "PSG", "sleep study"),
    _problem("urinary_infection", "urinary tract infection|bacterial cystitis", "UTI|cystitis",
             "water infection|bladder infection", "urine culture", "UCx", "MSU"),
    _problem("kidney_injury", "acute kidney injury|acute renal failure", "AKI|ARF",
             "kidney injury|poor renal function",
             "serum creatinine testing", "Cr trend", "U&Es"),
    _problem("kidney_stone", "nephrolithiasis|renal calculus", "renal stone|kidney stone",
             "ureteric stone|kidney stone", "noncontrast tomography", "CT KUB", "KUB scan"),
    _problem("stroke", "ischemic stroke|cerebral infarction", "CVA|stroke", "stroke|brain infarct",
             "diffusion-weighted imaging", "MRI brain", "head scan"),
    _problem("tia", "transient ischemic attack|transient cerebral ischemia", "TIA|transient ischemia",
             "mini-stroke|TIA", "carotid imaging", "carotid US", "neck Doppler"),
    _problem("epilepsy", "seizure disorder|epilepsy", "sz d/o|epilepsy", "fits|epilepsy",
             "electroencephalography", "EEG", "EEG tracing"),
    _problem("parkinson", "Parkinson disease|idiopathic parkinsonism", "PD|Parkinson's",
             "Parkinson's|shaking palsy", "dopamine transporter imaging", "DaT", "DaT scan"),
    _problem("dementia", "Alzheimer dementia|neurocognitive disorder", "dementia|AD",
             "dementia|memory disease", "cognitive testing", "MoCA", "memory clinic test"),
    _problem("diabetes", "type 2 diabetes mellitus|adult-onset diabetes", "DM2|T2DM",
             "type 2 diabetes|sugar diabetes",
             "hemoglobin A1c testing", "A1c", "HbA1c"),
    _problem("hypothyroidism", "hypothyroidism|thyroid hormone deficiency", "hypothyroidism|low thyroid",
             "underactive thyroid|myxoedema", "thyrotropin testing", "TSH", "TFTs"),
    _problem("depression", "major depressive disorder|clinical depression", "MDD|depression",
             "depressive illness|low mood disorder", "structured interview", "PHQ-9", "mood questionnaire"),
    _problem("gi_bleeding", "gastrointestinal hemorrhage|upper gastrointestinal bleeding", "GIB|UGIB",
             "gut bleed|GI haemorrhage", "upper endoscopy", "EGD", "OGD"),
    _problem("peptic_ulcer", "peptic ulcer disease|gastric ulceration", "PUD|gastric ulcer",
             "stomach ulcer|peptic ulcer", "breath testing", "H pylori test", "breath test"),
    _problem("pancreatitis", "pancreatitis|pancreatic inflammation", "pancreatitis|panc",
             "inflamed pancreas|pancreatitis", "lipase testing", "lipase", "amylase"),
    _problem("gallstones", "cholelithiasis|gallstone disease", "chole|GB stones", "gallstones|biliary stones",
             "biliary ultrasonography", "RUQ US", "abdo ultrasound"),
    _problem("appendicitis", "appendicitis|appendiceal inflammation", "appy|appendicitis",
             "grumbling appendix|appendicitis", "abdominal tomography", "CT abd", "surgical review"),
    _problem("anemia", "iron-deficiency anemia|microcytic anemia", "IDA|iron def anemia", "anaemia|low iron",
             "ferritin testing", "ferritin", "FBC and ferritin"),
    _problem("osteoporosis", "osteoporosis|low bone density", "osteoporosis|low BMD",
             "thin bones|osteoporosis",
             "densitometry", "DEXA", "bone scan"),
    _problem("rheumatoid_arthritis", "rheumatoid arthritis|inflammatory polyarthritis", "RA|rheum arthritis",
             "rheumatoid|inflammatory arthritis", "serologic testing", "RF/CCP", "rheumatology bloods"),
    _problem("gout", "gout|urate arthropathy", "gout|gouty arthritis", "gout|crystal arthritis",
             "joint aspiration", "joint tap", "joint aspirate"),
    _problem("hip_fracture", "hip fracture|femoral neck fracture", "hip fx|FNF", "broken hip|#NOF",
             "pelvic radiography", "hip XR", "hip film"),
    _problem("cellulitis", "cellulitis|soft-tissue infection", "cellulitis|SSTI",
             "cellulitis|spreading skin infection",
             "wound culture", "wound cx", "skin swab"),
    _problem("colon_cancer", "colorectal carcinoma|colon cancer", "CRC|colon ca", "bowel cancer|bowel tumour",
             "colonoscopy", "c-scope", "lower scope"),
    _problem("lung_cancer", "lung carcinoma|bronchogenic carcinoma", "lung ca|NSCLC",
             "lung cancer|lung tumour",
             "transbronchial biopsy", "bronch bx", "bronchoscopy"),
)

MEDICATIONS: tuple[MedicationEntry, ...] = (
    MedicationEntry("furosemide", ("furosemide", "lasix", "frusemide"), ("20", "40", "80")),
    MedicationEntry("acetaminophen", ("acetaminophen", "APAP", "paracetamol"), ("500", "650", "1000")),
    MedicationEntry("morphine", ("morphine sulfate", "MS", "MST"), ("5", "10", "15")),
    MedicationEntry("metoprolol", ("metoprolol", "metop", "metoprolol"), ("25", "50", "100")),
    MedicationEntry("lisinopril", ("lisinopril", "lisin", "lisinopril"), ("5", "10", "20")),
    MedicationEntry("metformin", ("metformin", "metf", "metformin"), ("500", "850", "1000")),
    MedicationEntry("atorvastatin", ("atorvastatin", "atorva", "atorvastatin"), ("10", "20", "40", "80")),
    MedicationEntry("omeprazole", ("omeprazole", "PPI omep", "omeprazole"), ("20", "40")),
    MedicationEntry("sertraline", ("sertraline", "sert", "sertraline"), ("25", "50", "100")),
    MedicationEntry("prednisone", ("prednisone", "pred", "prednisolone"), ("5", "10", "20", "40")),
    MedicationEntry("gabapentin", ("gabapentin", "gaba", "gabapentin"), ("100", "300", "600")),
    MedicationEntry("amlodipine", ("amlodipine", "amlod", "amlodipine"), ("2.5", "5", "10")),
)
# fmt: on


def clash(first: ProblemEntry, second: ProblemEntry) -> bool:
    """Whether two problems share a name anywhere, so that one note naming both would be ambiguous."""
    theirs = {name.lower() for names in second.names for name in names}
    return any(name.lower() in theirs for names in first.names for name in names)
