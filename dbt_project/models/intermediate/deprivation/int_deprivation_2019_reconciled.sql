with weights as (
    select * from {{ ref('int_lsoa_2011_to_2021_weights') }}
),

imd as (
    select * from {{ ref('stg_iod__imd_2019') }}
),

parents as (
    select
        weights.lsoa_2021_code,
        weights.change_indicator,
        imd.imd_score,
        imd.population_count * weights.count_weight as resident_weight
    from weights
    inner join imd on weights.lsoa_2011_code = imd.lsoa_2011_code
),

-- Sums are of decimals, because sums of doubles depend on the order of addition.
merged as (
    select
        lsoa_2021_code,
        max(change_indicator) as change_indicator,
        count(*) as parent_count,
        max(imd_score) as highest_score,
        sum(resident_weight::decimal(18, 6))::double as resident_weight,
        sum((imd_score * resident_weight)::decimal(24, 9))::double as weighted_score,
        sum(imd_score::decimal(18, 9))::double as score_sum
    from parents
    group by lsoa_2021_code
),

scored as (
    select
        lsoa_2021_code as lsoa_code,
        case change_indicator
            when 'U' then 'unchanged'
            when 'S' then 'inherited_from_split'
            when 'M' then 'merged_mean'
            else 'irregular_mean'
        end as imd_2019_method,
        case
            -- A single parent's score is taken as it is: a weighted mean of one would round it.
            when parent_count = 1 then highest_score
            when resident_weight > 0 then weighted_score / resident_weight
            else score_sum / parent_count
        end as imd_2019_score
    from merged
),

ranked as (
    select
        lsoa_code,
        imd_2019_score,
        imd_2019_method,
        rank() over (order by imd_2019_score desc) as imd_2019_rank,
        count(*) over () as area_count
    from scored
)

select
    lsoa_code,
    imd_2019_score,
    imd_2019_rank::integer as imd_2019_rank,
    ceil(10.0 * imd_2019_rank / area_count)::integer as imd_2019_decile,
    imd_2019_method
from ranked
order by lsoa_code
