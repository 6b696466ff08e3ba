with published as (
    select * from {{ validated('ons_lad_police_forces') }}
)

select
    lad_2024_code as lad_code,
    lad_2024_name as lad_name,
    police_force_area_code,
    police_force_area_name
from published
