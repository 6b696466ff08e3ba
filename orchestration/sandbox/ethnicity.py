"""The wordings of ethnicity in stop and search files: today's, and the older one with codes."""

from __future__ import annotations

_BLACK = "Black/African/Caribbean/Black British"
_MIXED = "Mixed/Multiple ethnic groups"
#: Self-defined ethnicity: broad group, today's wording, older wording, share within its group.
SELF_DEFINED = (
    ("Asian", "Asian/Asian British - Indian", "Asian or Asian British - Indian (A1)", 0.25),
    ("Asian", "Asian/Asian British - Pakistani", "Asian or Asian British - Pakistani (A2)", 0.30),
    ("Asian", "Asian/Asian British - Bangladeshi", "Asian or Asian British - Bangladeshi (A3)", 0.15),
    ("Asian", "Asian/Asian British - Chinese", "Chinese or other ethnic group - Chinese (O1)", 0.05),
    (
        "Asian",
        "Asian/Asian British - Any other Asian background",
        "Asian or Asian British - Any other Asian ethnic background (A9)",
        0.25,
    ),
    ("Black", f"{_BLACK} - Caribbean", "Black or Black British - Caribbean (B1)", 0.30),
    ("Black", f"{_BLACK} - African", "Black or Black British - African (B2)", 0.40),
    (
        "Black",
        f"{_BLACK} - Any other Black/African/Caribbean background",
        "Black or Black British - Any other Black ethnic background (B9)",
        0.30,
    ),
    ("Mixed", f"{_MIXED} - White and Black Caribbean", "Mixed - White and Black Caribbean (M1)", 0.40),
    ("Mixed", f"{_MIXED} - White and Black African", "Mixed - White and Black African (M2)", 0.15),
    ("Mixed", f"{_MIXED} - White and Asian", "Mixed - White and Asian (M3)", 0.15),
    (
        "Mixed",
        f"{_MIXED} - Any other Mixed/Multiple ethnic background",
        "Mixed - Any other Mixed ethnic background (M9)",
        0.30,
    ),
    ("White", "White - English/Welsh/Scottish/Northern Irish/British", "White - White British (W1)", 0.80),
    ("White", "White - Irish", "White - White Irish (W2)", 0.03),
    (
        "White",
        "White - Gypsy or Irish Traveller",
        "White - Any other White ethnic background (W9)",
        0.02,
    ),
    (
        "White",
        "White - Any other White background",
        "White - Any other White ethnic background (W9)",
        0.15,
    ),
    (
        "Other",
        "Other ethnic group - Arab",
        "Chinese or other ethnic group - Any other ethnic group (O9)",
        0.20,
    ),
    (
        "Other",
        "Other ethnic group - Any other ethnic group",
        "Chinese or other ethnic group - Any other ethnic group (O9)",
        0.80,
    ),
)
NOT_STATED = ("Other ethnic group - Not stated", "Not Stated (NS)")
