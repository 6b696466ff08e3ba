with ranking as (
    select * from {{ ref('mart_harm_ranking') }}
),

positioned as (
    select
        *,
        row_number() over (partition by harm_scheme order by harm_days desc, lsoa_code asc)
        <= ceil(0.05 * count(*) over (partition by harm_scheme)) as is_top_5_percent
    from ranking
),

compared as (
    select
        active.lsoa_code,
        active.lsoa_name,
        active.lad_name,
        active.force_slug,
        active.harm_scheme as active_scheme,
        other.harm_scheme as other_scheme,
        active.harm_rank as active_rank,
        other.harm_rank as other_rank,
        active.harm_rank - other.harm_rank as rank_gain,
        active.harm_days as active_harm_days,
        other.harm_days as other_harm_days,
        active.is_top_5_percent as is_top_5_percent_active,
        other.is_top_5_percent as is_top_5_percent_other
    from positioned as active
    inner join positioned as other on active.lsoa_code = other.lsoa_code
    where active.is_active_scheme and not other.is_active_scheme
),

ordered as (
    select
        *,
        row_number() over (
            partition by other_scheme
            order by abs(rank_gain) desc, lsoa_code asc
        ) as mover_place
    from compared
    where rank_gain <> 0
)

select
    active_scheme,
    other_scheme,
    mover_place,
    lsoa_code,
    lsoa_name,
    lad_name,
    force_slug,
    active_rank,
    other_rank,
    rank_gain,
    active_harm_days,
    other_harm_days,
    is_top_5_percent_active,
    is_top_5_percent_other
from ordered
where mover_place <= {{ var('rank_mover_count') }}
order by other_scheme, mover_place
