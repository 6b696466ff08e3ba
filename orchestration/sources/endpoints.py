"""Base addresses of the upstream hosts; a sandbox differs from the live hosts in these alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoints:
    """Base address of each upstream host, without a trailing slash.

    Parameters
    ----------
    police_uk
        Host of the police.uk archive (``/data/archive``) and API (``/api``).
    arcgis
        ``rest/services`` folder of the ONS Open Geography Portal.
    nomis
        Host of the Nomis API (``/api/v01``).
    mhclg
        Host of the files of the English Indices of Deprivation (``/media``).
    gla
        ``rest/services`` folder of the Greater London Authority.
    san_jose
        Open data portal of San Jose, for calls for service (``/dataset``).
    arcgis_hub
        Host of the downloads of the ONS Open Geography Portal (``/api/download``).
    govuk
        Host of ``bank-holidays.json``.
    metoffice
        Host of the Met Office's station files (``/pub/data``).
    """

    police_uk: str
    arcgis: str
    nomis: str
    mhclg: str
    gla: str
    san_jose: str
    arcgis_hub: str
    govuk: str
    metoffice: str


LIVE_ENDPOINTS = Endpoints(
    police_uk="https://data.police.uk",
    arcgis="https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services",
    nomis="https://www.nomisweb.co.uk",
    mhclg="https://assets.publishing.service.gov.uk",
    gla="https://gis2.london.gov.uk/server/rest/services",
    san_jose="https://data.sanjoseca.gov",
    arcgis_hub="https://open-geography-portalx-ons.hub.arcgis.com",
    govuk="https://www.gov.uk",
    metoffice="https://www.metoffice.gov.uk",
)


def sandbox_endpoints(base_url: str) -> Endpoints:
    """Return the addresses under which one server speaks all the upstream protocols.

    Parameters
    ----------
    base_url
        Address of the sandbox, such as ``http://127.0.0.1:8099``.

    Returns
    -------
    Endpoints
        One path per upstream host below ``base_url``.
    """
    base = base_url.rstrip("/")
    return Endpoints(
        police_uk=f"{base}/police-uk",
        arcgis=f"{base}/arcgis",
        nomis=f"{base}/nomis",
        mhclg=f"{base}/mhclg",
        gla=f"{base}/gla",
        san_jose=f"{base}/san-jose",
        arcgis_hub=f"{base}/arcgis-hub",
        govuk=f"{base}/govuk",
        metoffice=f"{base}/metoffice",
    )
