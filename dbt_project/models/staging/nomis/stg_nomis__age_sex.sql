with published as (
    select *
    from {{ validated_if_supplied(
        'nomis_age_sex',
        {
            'lad_2023_code': 'varchar', 'lad_2023_name': 'varchar', 'population_year': 'integer', 'sex': 'varchar',
            'age_years': 'integer', 'resident_count': 'bigint'
        }
    ) }}
)

select
    lad_2023_code as lad_code,
    lad_2023_name as lad_name,
    population_year::integer as population_year,
    sex,
    age_years::integer as age_years,
    resident_count::bigint as resident_count
from published
