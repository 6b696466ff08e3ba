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
        coalesce(imd.population_count * forward.count_weight, 0) as resident_weight,
        count(*) over child as parent_count,
        sum(coalesce(imd.population_count * forward.count_weight, 0)) over child as residents_weight
    from forward
    left join imd on forward.lsoa_2011_code = imd.lsoa_2011_code
    window child as (
        partition by forward.lsoa_2021_code
        -- The order is fixed because sums of doubles depend on it.
        order by forward.lsoa_2011_code
        rows between unbounded preceding and unbounded following
    )
)

select
    lsoa_2021_code,
    lsoa_2011_code,
    change_indicator,
    case
        when parent_count = 1 then 1.0
        when residents_weight = 0 then 1.0 / parent_count
        else resident_weight / residents_weight
    end::double as count_weight
from parents
order by lsoa_2021_code, lsoa_2011_code
