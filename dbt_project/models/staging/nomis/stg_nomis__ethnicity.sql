with published as (
    select * from {{ validated('nomis_ethnicity') }}
)

select
    lsoa_2021_code as lsoa_code,
    ethnic_group,
    resident_count::bigint as resident_count
from published
