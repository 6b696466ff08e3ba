"""Words and codes that police.uk and ONS use; open-ended lists only ever raise warnings."""

from __future__ import annotations

ANTI_SOCIAL_BEHAVIOUR = "Anti-social behaviour"

CRIME_TYPES_SINCE_2013_05 = frozenset(
    {
        ANTI_SOCIAL_BEHAVIOUR,
        "Bicycle theft",
        "Burglary",
        "Criminal damage and arson",
        "Drugs",
        "Other crime",
        "Other theft",
        "Possession of weapons",
        "Public order",
        "Robbery",
        "Shoplifting",
        "Theft from the person",
        "Vehicle crime",
        "Violence and sexual offences",
    }
)
CRIME_TYPES_BEFORE_2013_05 = frozenset(
    {
        ANTI_SOCIAL_BEHAVIOUR,
        "Burglary",
        "Criminal damage and arson",
        "Drugs",
        "Other crime",
        "Other theft",
        "Public disorder and weapons",
        "Robbery",
        "Shoplifting",
        "Vehicle crime",
        "Violent crime",
    }
)

# The API's code list; the archive words one of them without its article.
OUTCOMES = frozenset(
    {
        "Action to be taken by another organisation",
        "Awaiting court outcome",
        "Court case unable to proceed",
        "Court result unavailable",
        "Defendant found not guilty",
        "Defendant sent to Crown Court",
        "Formal action is not in the public interest",
        "Further action is not in the public interest",
        "Further investigation is not in the public interest",
        "Investigation complete; no suspect identified",
        "Local resolution",
        "Offender deprived of property",
        "Offender fined",
        "Offender given a caution",
        "Offender given a drugs possession warning",
        "Offender given a penalty notice",
        "Offender given absolute discharge",
        "Offender given community sentence",
        "Offender given conditional discharge",
        "Offender given penalty notice",
        "Offender given suspended prison sentence",
        "Offender ordered to pay compensation",
        "Offender otherwise dealt with",
        "Offender sent to prison",
        "Status update unavailable",
        "Suspect charged",
        "Suspect charged as part of another case",
        "Unable to prosecute suspect",
        "Under investigation",
    }
)

STOP_TYPES = frozenset({"Person search", "Person and Vehicle search", "Vehicle search"})
GENDERS = frozenset({"Female", "Male", "Other"})
AGE_RANGES = frozenset({"under 10", "10-17", "18-24", "25-34", "over 34"})
OFFICER_DEFINED_ETHNICITIES = frozenset({"Asian", "Black", "Mixed", "Other", "White"})

# Census 2011 wording, then the older wording with codes such as (W1).
SELF_DEFINED_ETHNICITY_PATTERN = (
    r"^(?:(?:White"
    r"|Mixed/Multiple ethnic groups"
    r"|Asian/Asian British"
    r"|Black/African/Caribbean/Black British"
    r"|Other ethnic group"
    r"|Mixed"
    r"|Asian or Asian British"
    r"|Black or Black British"
    r"|Chinese or other ethnic group"
    r") - \S.*|Not [Ss]tated(?: \(NS\))?)\Z"
)

LEGISLATION = frozenset(
    {
        "Aviation Security Act 1982 (section 27(1))",
        "Conservation of Seals Act 1970 (section 4)",
        "Criminal Justice Act 1988 (section 139B)",
        "Criminal Justice and Public Order Act 1994 (section 60)",
        "Crossbows Act 1987 (section 4)",
        "Customs and Excise Management Act 1979 (section 163)",
        "Deer Act 1991 (section 12)",
        "Environmental Protection Act 1990 (section 34B )",
        "Firearms Act 1968 (section 47)",
        "Hunting Act 2004 (section 8)",
        "Misuse of Drugs Act 1971 (section 23)",
        "Poaching Prevention Act 1862 (section 2)",
        "Police and Criminal Evidence Act 1984 (section 1)",
        "Police and Criminal Evidence Act 1984 (section 6)",
        "Protection of Badgers Act 1992 (section 11)",
        "Psychoactive Substances Act 2016 (s36(2))",
        "Psychoactive Substances Act 2016 (s37(2))",
        "Public Stores Act 1875 (section 6)",
        "Wildlife and Countryside Act 1981 (section 19)",
    }
)
OBJECTS_OF_SEARCH = frozenset(
    {
        "Anything to threaten or harm anyone",
        "Article for use in theft",
        "Articles for use in criminal damage",
        "Controlled drugs",
        "Crossbows",
        "Detailed object of search unavailable",
        "Evidence of offences under the Act",
        "Evidence of wildlife offences",
        "Firearms",
        "Fireworks",
        "Game or poaching equipment",
        "Goods on which duty has not been paid etc.",
        "Offensive weapons",
        "Psychoactive substances",
        "Seals or hunting equipment",
        "Stolen goods",
    }
)
# Current wording, then the wording of the files up to 2016.
STOP_OUTCOMES = frozenset(
    {
        "A no further action disposal",
        "Arrest",
        "Caution (simple or conditional)",
        "Community resolution",
        "Khat or Cannabis warning",
        "Penalty Notice for Disorder",
        "Summons / charged by post",
        "Article found - Detailed outcome unavailable",
        "Local resolution",
        "Nothing found - no further action",
        "Offender cautioned",
        "Offender given drugs possession warning",
        "Offender given penalty notice",
        "Suspect arrested",
        "Suspect summonsed to court",
    }
)
TRUTH_WORDS = frozenset({"True", "False"})

# They end in \Z since $ would let a trailing line break pass.
LSOA_PATTERN = r"^[EW]01\d{6}\Z"
ENGLISH_LSOA_PATTERN = r"^E01\d{6}\Z"
WARD_PATTERN = r"^[EW]05\d{6}\Z"
DISTRICT_PATTERN = r"^(?:E0[6-9]|W06)\d{6}\Z"
POLICE_FORCE_AREA_PATTERN = r"^(?:E23|W15)\d{6}\Z"
CRIME_ID_PATTERN = r"^[0-9a-f]{64}\Z"

ETHNIC_GROUPS = frozenset({"Asian", "Black", "Mixed", "White", "Other"})
CHANGE_INDICATORS = frozenset({"U", "S", "M", "X"})
IMD_SCORE_BASES = frozenset({"published", "rebuilt_from_domain_ranks"})


def crime_types_of(month: str) -> frozenset[str]:
    """Return the crime categories that police.uk used in a month, given as ``YYYY-MM``."""
    return CRIME_TYPES_BEFORE_2013_05 if month < "2013-05" else CRIME_TYPES_SINCE_2013_05
