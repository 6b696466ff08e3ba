"""Reference files of every shape become one canonical table, or an error naming file, column and remedy."""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.reference_readers import read_reference
from orchestration.sources.types import SourceError
from tests.unit.sources.reference_files import csv_of, page, write

LOOKUP = "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId"
LOOKUP_ROW = "E01000001,City 001A,E01000001,City 001A,U,E09000001,City of London,,1"


def test_a_lookup_reads_the_same_from_csv_and_from_pages(tmp_path: Path) -> None:
    """The profile mirror would give another table than the live one."""
    text = f"\ufeff{LOOKUP}\r\nE01000009,Ex 1,E01000010,Ex 2,S,E09000002,Barking,,2\r\n{LOOKUP_ROW}\r\n"
    names, rows = LOOKUP.split(","), [line.split(",") for line in text.split("\r\n")[1:3]]
    features = [{"attributes": dict(zip(names, row, strict=True))} for row in rows]
    pages = [page(tmp_path, f"page-000{n}.json", [feature]) for n, feature in enumerate(features, start=1)]
    zipped = write(tmp_path, "lookup.csv.gz", gzip.compress(text.encode(), mtime=0))
    frame = read_reference("ons_lsoa_2011_2021_lookup", [zipped])
    pd.testing.assert_frame_equal(frame, read_reference("ons_lsoa_2011_2021_lookup", pages))
    assert frame["lsoa_2011_code"].tolist() == ["E01000001", "E01000009"]
    assert frame["change_indicator"].tolist() == ["U", "S"]
    declared = CATALOGUE["ons_lsoa_2011_2021_lookup"].columns
    assert list(frame.columns) == [column.name for column in declared]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (LOOKUP.replace("CHGIND", "CHANGE"), "column 'CHGIND' is missing"),
        (LOOKUP.replace("ObjectId", "Confidence"), "column 'Confidence' is not known"),
    ],
)
def test_a_missing_or_new_column_is_named(tmp_path: Path, header: str, message: str) -> None:
    """A changed edition would be read with columns shifted or meanings changed."""
    path = write(tmp_path, "lookup.csv", f"{header}\n{LOOKUP_ROW}\n")
    with pytest.raises(SourceError, match=rf"lookup\.csv: {message}.*Remedy: check"):
        read_reference("ons_lsoa_2011_2021_lookup", [path])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"LSOA11CD\n\xff\xfe\n", "cannot be read as UTF-8 CSV"),
        ("a.csv", b"", "cannot be read as UTF-8 CSV"),
        ("a.csv.gz", b"not gzip", "cannot be read as UTF-8 CSV"),
        ("a.csv.gz", gzip.compress(LOOKUP.encode() * 99, mtime=0)[:40], "cannot be read as UTF-8 CSV"),
        ("a.csv", b"<!DOCTYPE html><html></html>", "column 'LSOA11CD' is missing"),
        ("a.csv", LOOKUP.encode(), "a header and no record"),
        ("page-0001.json", b"{", "it is not JSON"),
        ("page-0001.json", b'{"error": {}}', "no list of features"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """It would surface as a parser's exception without a file name."""
    path = write(tmp_path, name, content)
    with pytest.raises(SourceError, match=rf"{re.escape(name)}: .*{message}"):
        read_reference("ons_lsoa_2011_2021_lookup", [path])


def test_force_areas_read_the_same_under_both_sets_of_names(tmp_path: Path) -> None:
    """A tidied copy would give another table than ONS's own file."""
    row = 'E09000001,City of London,E22000001,City,E23000034,"London, City of"\n'
    ons = write(tmp_path, "ons.csv", f"LAD24CD,LAD24NM,CSP24CD,CSP24NM,PFA24CD,PFA24NM\n{row}")
    tidied = "ltla24_code,ltla24_name,csp24_code,csp24_name,pfa24_code,pfa24_name\n"
    frame = read_reference("ons_lad_police_forces", [ons])
    other = read_reference("ons_lad_police_forces", [write(tmp_path, "tidied.csv", tidied + row)])
    pd.testing.assert_frame_equal(frame, other)
    assert frame["police_force_area_name"].tolist() == ["London, City of"]


def test_centroids_agree_between_grid_and_degrees(tmp_path: Path) -> None:
    """A swap of axes would move every centroid into the sea."""
    grid = write(tmp_path, "c.csv", "FID,LSOA21CD,GlobalID,x,y\n1,E01000001,g,532181.7642,181792.2818\n")
    point = {"type": "Point", "coordinates": [-0.096282, 51.519543]}
    feature = {"type": "Feature", "geometry": point, "properties": {"FID": 1, "LSOA21CD": "E01000001"}}
    frame = read_reference("ons_lsoa_2021_centroids", [grid])
    other = read_reference("ons_lsoa_2021_centroids", [page(tmp_path, "page-0001.json", [feature])])
    assert frame.iloc[0].tolist() == ["E01000001", 532181.7642, 181792.2818]
    assert other["easting_m"].iloc[0] == pytest.approx(532181.8, abs=10)
    assert other["northing_m"].iloc[0] == pytest.approx(181792.3, abs=10)


def test_a_centroid_without_a_point_is_refused(tmp_path: Path) -> None:
    """It would surface as a TypeError."""
    feature = {"geometry": None, "properties": {"LSOA21CD": "E01000001"}}
    with pytest.raises(SourceError, match="no LSOA21CD or no point"):
        read_reference("ons_lsoa_2021_centroids", [page(tmp_path, "page-0001.json", [feature])])


def square(code: str, side: float, longitude: float = -0.1) -> dict[str, Any]:
    """Return a square LSOA of ``side`` degrees as GeoJSON."""
    x, y = longitude, 51.5
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    properties = {
        "FID": 1,
        "LSOA21CD": code,
        "LSOA21NM": f"{code} name",
        "LSOA21NMW": " ",
        "BNG_E": 1,
        "LAT": 1,
    }
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def test_boundaries_come_valid_and_in_metres(tmp_path: Path) -> None:
    """Areas in square degrees, or a self-crossing ring that no spatial join accepts."""
    import shapely

    bow = square("E01000002", 0.01)
    ring = bow["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    path = page(tmp_path, "page-0001.json", [bow, square("E01000001", 0.01)])
    frame = read_reference("ons_lsoa_2021_boundaries", [path])
    shapes = shapely.from_wkb(frame["geometry_wkb"])
    assert frame["lsoa_2021_code"].tolist() == ["E01000001", "E01000002"]
    assert frame["is_point_in_polygon_grade"].all()
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapes[0]) == pytest.approx(693.6 * 1112.6, rel=0.01)
    assert shapely.get_x(shapely.centroid(shapes[0])) == pytest.approx(531_200, abs=1500)


def layers_of(folder: Path) -> tuple[Path, Path]:
    """Write a good zipped shapefile of one LSOA and a simplified GeoParquet of two."""
    import geopandas as gpd

    good = gpd.GeoDataFrame.from_features([square("E01000001", 0.01)], crs="EPSG:4326").to_crs("EPSG:27700")
    parts = folder / "parts"
    parts.mkdir()
    good[["LSOA21CD", "LSOA21NM", "geometry"]].to_file(parts / "london.shp")
    archive = folder / "london-2021-lsoa-gen20.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for path in sorted(parts.iterdir()):
            opened.write(path, path.name)
    crude = gpd.GeoDataFrame.from_features(
        [square("E01000001", 0.02), square("E01000005", 0.02, -0.5)], crs="EPSG:4326"
    )
    crude = crude.rename(columns={"LSOA21CD": "lsoa21_code", "LSOA21NM": "lsoa21_name"})
    simplified = folder / "lsoa_2021_EW_simplified.parquet"
    crude[["lsoa21_code", "lsoa21_name", "geometry"]].to_parquet(simplified)
    return archive, simplified


def test_the_better_polygon_of_an_lsoa_wins(tmp_path: Path) -> None:
    """Crimes would be placed by polygons that are fit for maps alone."""
    import shapely

    archive, simplified = layers_of(tmp_path)
    for files in ([archive, simplified], [simplified, archive]):
        frame = read_reference("ons_lsoa_2021_boundaries", files)
        assert frame["lsoa_2021_code"].tolist() == ["E01000001", "E01000005"]
        assert frame["is_point_in_polygon_grade"].tolist() == [True, False]
        areas = shapely.area(shapely.from_wkb(frame["geometry_wkb"]))
        assert areas[0] == pytest.approx(areas[1] / 4, rel=0.01)


def test_a_layer_without_coordinates_or_shapes_is_refused(tmp_path: Path) -> None:
    """Metres would be read as degrees, or a zip of documents as boundaries."""
    import geopandas as gpd

    layer = gpd.GeoDataFrame.from_features([square("E01000001", 1)])
    path = tmp_path / "lsoa_2021.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        layer.to_file(path)
    with pytest.raises(SourceError, match="does not say in what coordinates"):
        read_reference("ons_lsoa_2021_boundaries", [path])
    empty = tmp_path / "lsoa_2021.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("README.txt", "none")
    with pytest.raises(SourceError, match=r"lsoa_2021\.zip: it holds 0 usable shapefiles"):
        read_reference("ons_lsoa_2021_boundaries", [empty])
    for name in ("bad.zip", "bad.gpkg", "bad.parquet", "bad.geojson"):
        with pytest.raises(SourceError, match="cannot be read as a map layer"):
            read_reference("ons_lsoa_2021_boundaries", [write(tmp_path, name, b"junk")])


def test_town_centres_are_read_and_one_class_has_one_name(tmp_path: Path) -> None:
    """District centres would be counted as two classes."""
    centre = square("x", 0.01)
    centre["properties"] = {"objectid": 1, "sitename": "Angel", "classification": "District Centre"}
    frame = read_reference("gla_town_centres", [page(tmp_path, "page-0001.json", [centre])])
    assert frame[["town_centre_name", "classification"]].to_numpy().tolist() == [["Angel", "District"]]


def test_population_reads_the_same_from_nomis_and_from_the_density_table(tmp_path: Path) -> None:
    """Rates would change with the profile."""
    rows = 'E01000001,2021,"1,475"\nE01000001,2022,1500\n'
    nomis = write(tmp_path, "page-0001.csv", "GEOGRAPHY_CODE,DATE_NAME,OBS_VALUE\n" + rows)
    wide = {
        "LSOA 2021 Code": ["E01000001"],
        "LSOA 2021 Name": ["City 001A"],
        "Area Sq Km": [0.13],
        "Mid-2022: Population": [1500],
        "Mid-2022: People per Sq Km": [11.0],
        "Mid-2021: Population": [1475],
    }
    table = tmp_path / "LSOA21_mid2021_population.parquet"
    pd.DataFrame(wide).to_parquet(table)
    frame = read_reference("nomis_population", [nomis])
    pd.testing.assert_frame_equal(frame, read_reference("nomis_population", [table]))
    assert frame["population_count"].tolist() == [1475, 1500]
    assert frame.dtypes.astype(str).tolist() == ["str", "Int32", "Int64"]


def test_nomis_pages_are_joined(tmp_path: Path) -> None:
    """Only the first 25,000 cells would be read."""
    header = "GEOGRAPHY_CODE,DATE_NAME,OBS_VALUE,RECORD_COUNT\n"
    pages = [write(tmp_path, f"page-000{n}.csv", f"{header}E0100000{n},2022,{n},2\n") for n in (1, 2)]
    assert read_reference("nomis_population", pages)["population_count"].tolist() == [1, 2]


def test_estimates_of_an_earlier_census_are_refused(tmp_path: Path) -> None:
    """Rates of today would be over the residents of years ago."""
    text = "GEOGRAPHY_CODE,DATE_NAME,OBS_VALUE\nE01000001,2020,1\nE01000001,2021,2\n"
    with pytest.raises(SourceError, match="estimates end with mid-2021, where the catalogue names mid-2022"):
        read_reference("nomis_population", [write(tmp_path, "a.csv", text)])


def test_two_figures_for_one_area_are_refused(tmp_path: Path) -> None:
    """A download by sex would double or halve every rate."""
    text = "GEOGRAPHY_CODE,DATE_NAME,GENDER_NAME,OBS_VALUE\nE01000001,2022,Male,1\nE01000001,2022,Female,2\n"
    with pytest.raises(SourceError, match="E01000001, 2022 is there more than once"):
        read_reference("nomis_population", [write(tmp_path, "a.csv", text)])


@pytest.mark.parametrize("value", ["n/a", "12.5", "inf"])
def test_a_count_that_is_no_whole_number_is_named(tmp_path: Path, value: str) -> None:
    """Suppressed or rounded cells would turn into missing ones without a word."""
    text = f"GEOGRAPHY_CODE,DATE_NAME,OBS_VALUE\nE01000001,2022,1\nE01000002,2022,{value}\n"
    with pytest.raises(SourceError, match=rf"'population_count' holds '{value}' in record 2"):
        read_reference("nomis_population", [write(tmp_path, "a.csv", text)])


GROUPS = [
    "Asian, Asian British or Asian Welsh",
    "Black, Black British, Black Welsh, Caribbean or African",
    "Mixed or Multiple ethnic groups",
    "White",
    "Other ethnic group",
]


def test_ethnicity_reads_the_same_in_its_three_shapes(tmp_path: Path) -> None:
    """Totals and sub-groups would be counted beside the groups."""
    names = ["Total: All usual residents", *GROUPS, "White: Irish"]
    counts = [150, 10, 20, 30, 40, 50, 7]
    codes = ["E01000001"] * len(names)
    nomis = csv_of({"GEOGRAPHY_CODE": codes, "C2021_ETH_20_NAME": names, "OBS_VALUE": counts})
    tidied = csv_of(
        {
            "lsoa21_code": codes[1:6],
            "total_residents": 150,
            "ethnic_group": GROUPS,
            "n": counts[1:6],
            "prop": 0.1,
        }
    )
    bulk = {"date": [2021], "geography": ["City 001A"], "geography code": ["E01000001"]}
    bulk |= {f"Ethnic group: {name}": [count] for name, count in zip(names, counts, strict=True)}
    texts = {"nomis.csv": nomis, "tidied.csv": tidied, "bulk.csv": csv_of(bulk)}
    frames = [
        read_reference("nomis_ethnicity", [write(tmp_path, name, text)]) for name, text in texts.items()
    ]
    for frame in frames:
        pd.testing.assert_frame_equal(frame, frames[0])
    assert dict(zip(frames[0]["ethnic_group"], frames[0]["resident_count"], strict=True)) == {
        "Asian": 10,
        "Black": 20,
        "Mixed": 30,
        "Other": 50,
        "White": 40,
    }


@pytest.mark.parametrize("groups", [GROUPS[:4], [*GROUPS, "Martian"]])
def test_other_groups_than_the_five_are_refused(tmp_path: Path, groups: list[str]) -> None:
    """A group renamed upstream would vanish from the fairness audit."""
    columns = {"GEOGRAPHY_CODE": ["E01000001"] * len(groups), "C2021_ETH_20_NAME": groups, "OBS_VALUE": 1}
    with pytest.raises(SourceError, match="not the five of TS021"):
        read_reference("nomis_ethnicity", [write(tmp_path, "a.csv", csv_of(columns))])


@pytest.mark.parametrize(
    ("dataset", "header", "message"),
    [
        ("ons_lsoa_2021_wards", "LSOA21CD,LSOA21NM,WD23CD,WD23NM,LAD23CD,LAD23NM", "no WD24CD but WD23CD"),
        ("ons_lad_police_forces", "LAD25CD,LAD25NM,PFA25CD,PFA25NM", "no LAD24CD but LAD25CD"),
        (
            "ons_lad_police_forces",
            "ltla23_code,ltla23_name,pfa23_code,pfa23_name",
            "no ltla24_code but ltla23_code",
        ),
        ("ons_lsoa_2021_centroids", "FID,LSOA11CD,x,y", "no LSOA21CD but LSOA11CD"),
    ],
)
def test_another_edition_is_named_with_the_one_to_supply(
    tmp_path: Path, dataset: str, header: str, message: str
) -> None:
    """Wards and districts change each year: a join to last year's codes loses areas without a word."""
    path = write(tmp_path, "lookup.csv", f"{header}\n" + ",".join("1" for _ in header.split(",")) + "\n")
    with pytest.raises(SourceError, match=rf"{message}: it is the edition of 20\d\d.*Remedy: supply"):
        read_reference(dataset, [path])


def test_an_unknown_dataset_or_no_file_is_refused(tmp_path: Path) -> None:
    """It would surface as a KeyError or an IndexError."""
    for dataset, files in (("iod_2004", [tmp_path / "a.csv"]), ("iod_2019", [])):
        with pytest.raises(SourceError, match=f"{dataset}: there is no reader, or no file"):
            read_reference(dataset, files)
