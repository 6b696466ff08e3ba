with published as (
    select * from {{ validated('ons_lsoa_2011_2021_lookup') }}
)

select
    lsoa_2011_code,
    lsoa_2011_name,
    lsoa_2021_code,
    lsoa_2021_name,
    change_indicator,
    lad_2022_code,
    lad_2022_name
from published
