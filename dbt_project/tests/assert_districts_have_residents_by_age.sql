-- Codes of another vintage match nothing; without any estimate, audit_coverage says that the dataset is absent.
with districts as (
    select distinct
        lad_code,
        resident_basis
    from {{ ref('dim_district_residents') }}
),

estimated as (
    select distinct lad_code from {{ ref('stg_nomis__age_sex') }}
)

select
    coalesce(districts.lad_code, estimated.lad_code) as lad_code,
    coalesce(districts.resident_basis, 'not_looked_up') as problem
from districts
full outer join estimated on districts.lad_code = estimated.lad_code
where
    (districts.lad_code is null or districts.resident_basis in ('not_in_estimates', 'disagrees_with_areas'))
    and (select count(*) from {{ ref('stg_nomis__age_sex') }}) > 0
