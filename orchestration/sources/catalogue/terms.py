"""Licences and words of attribution, once: catalogue, provenance and releases take them from here."""

from __future__ import annotations

OGL = "Open Government Licence v3.0"
OGL_ADDRESS = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"

PUBLIC_SECTOR = "Contains public sector information licensed under the Open Government Licence v3.0."
_OS = "Contains OS data © Crown copyright and database right 2024."

ONS = "Source: Office for National Statistics licensed under the Open Government Licence v.3.0."
ONS_AND_OS = f"{ONS} {_OS}"
MHCLG = (
    "Source: Ministry of Housing, Communities and Local Government, English Indices of Deprivation, "
    "licensed under the Open Government Licence v3.0."
)
GLA = f"Source: Greater London Authority licensed under the Open Government Licence v3.0. {_OS}"
GOVUK = f"Source: GOV.UK, UK bank holidays. {PUBLIC_SECTOR}"
MET_OFFICE = f"Source: Met Office, historic station data. {PUBLIC_SECTOR}"
