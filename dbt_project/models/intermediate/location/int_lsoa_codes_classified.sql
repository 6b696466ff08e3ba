with lookup as (
    select * from {{ ref('stg_ons__lsoa_lookup') }}
),

codes_2021 as (
    select
        lsoa_2021_code as supplied_lsoa_code,
        case
            when bool_or(change_indicator = 'U') then 'supplied_unchanged' else 'supplied_2021'
        end as code_method,
        lsoa_2021_code as lsoa_code
    from lookup
    group by lsoa_2021_code
),

codes_2011_only as (
    select
        lsoa_2011_code as supplied_lsoa_code,
        case when max(change_indicator) = 'M' then 'merged_parent' else 'split' end as code_method,
        case when max(change_indicator) = 'M' then max(lsoa_2021_code) end as lsoa_code
    from lookup
    where lsoa_2011_code not in (select codes_2021.supplied_lsoa_code from codes_2021)
    group by lsoa_2011_code
),

classified as (
    select * from codes_2021
    union all
    select * from codes_2011_only
)

select
    supplied_lsoa_code,
    code_method,
    lsoa_code
from classified
order by supplied_lsoa_code
