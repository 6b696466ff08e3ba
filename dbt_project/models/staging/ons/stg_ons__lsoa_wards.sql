with published as (
    select * from {{ validated('ons_lsoa_2021_wards') }}
)

select
    lsoa_2021_code as lsoa_code,
    lsoa_2021_name as lsoa_name,
    ward_2024_code as ward_code,
    ward_2024_name as ward_name,
    lad_2024_code as lad_code,
    lad_2024_name as lad_name
from published
