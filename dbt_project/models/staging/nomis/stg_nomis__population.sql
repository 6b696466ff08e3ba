with published as (
    select * from {{ validated('nomis_population') }}
)

select
    lsoa_2021_code as lsoa_code,
    population_year::integer as population_year,
    population_count::bigint as population_count
from published
