with forward as (
    select * from {{ ref('int_lsoa_2011_to_2021_weights') }}
),

imd as (
    select * from {{ ref('stg_iod__imd_2019') }}
),

parents as (
    select
        forward.lsoa_2021_code,
        forward.lsoa_2011_code,
        forward.change_indicator,
        -- Decimals, because sums of doubles depend on the order of addition.
        coalesce(imd.population_count * forward.count_weight, 0)::decimal(18, 6) as resident_weight
    from forward
    left join imd on forward.lsoa_2011_code = imd.lsoa_2011_code
),

totals as (
    select
        lsoa_2021_code,
        count(*) as parent_count,
        sum(resident_weight) as resident_weight
    from parents
    group by lsoa_2021_code
)

select
    parents.lsoa_2021_code,
    parents.lsoa_2011_code,
    parents.change_indicator,
    case
        when totals.parent_count = 1 then 1.0
        when totals.resident_weight = 0 then 1.0 / totals.parent_count
        else parents.resident_weight::double / totals.resident_weight::double
    end::double as count_weight
from parents
inner join totals on parents.lsoa_2021_code = totals.lsoa_2021_code
order by parents.lsoa_2021_code, parents.lsoa_2011_code
