with published as (
    select * from {{ validated('iod_2025') }}
)

select
    lsoa_2021_code,
    imd_score::double as imd_score,
    imd_score_basis,
    imd_rank::integer as imd_rank,
    imd_decile::integer as imd_decile,
    income_rank::integer as income_rank,
    employment_rank::integer as employment_rank,
    education_rank::integer as education_rank,
    health_rank::integer as health_rank,
    crime_rank::integer as crime_rank,
    housing_rank::integer as housing_rank,
    environment_rank::integer as environment_rank,
    population_count::bigint as population_count
from published
