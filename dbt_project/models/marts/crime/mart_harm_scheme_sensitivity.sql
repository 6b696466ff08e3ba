with ranking as (
    select * from {{ ref('mart_harm_ranking') }}
),

concordance as (
    select * from {{ ref('int_harm_rank_concordance') }}
),

positioned as (
    select
        lsoa_code,
        harm_scheme,
        is_active_scheme,
        -- Spearman's correlation gives tied areas the mean of the ranks that they share.
        harm_rank + (count(*) over (partition by harm_scheme, harm_rank) - 1) / 2.0 as mean_rank,
        row_number() over (partition by harm_scheme order by harm_days desc, lsoa_code asc)
        <= ceil(0.05 * count(*) over (partition by harm_scheme)) as is_top_5_percent
    from ranking
),

paired as (
    select
        active.harm_scheme as active_scheme,
        other.harm_scheme as other_scheme,
        active.mean_rank as active_rank,
        other.mean_rank as other_rank,
        active.is_top_5_percent as is_top_active,
        other.is_top_5_percent as is_top_other
    from positioned as active
    inner join positioned as other on active.lsoa_code = other.lsoa_code
    where active.is_active_scheme and not other.is_active_scheme
),

compared as (
    select
        active_scheme,
        other_scheme,
        -- Twelve places: beyond them the order of addition shows.
        round(corr(active_rank, other_rank), 12) as rank_correlation,
        count(*) filter (where is_top_active and is_top_other)
        / nullif(count(*) filter (where is_top_active), 0) as top_5_percent_overlap_share,
        count(*) as lsoa_count
    from paired
    group by active_scheme, other_scheme
)

select
    compared.active_scheme,
    compared.other_scheme,
    -- Undefined, not zero, where every area has the same harm.
    case when not isnan(compared.rank_correlation) then compared.rank_correlation end as rank_correlation,
    (concordance.concordant_count - concordance.discordant_count)::double / nullif(
        sqrt(
            (concordance.pair_count - concordance.active_tied_count)::double
            * (concordance.pair_count - concordance.other_tied_count)::double
        ), 0
    ) as kendall_tau,
    compared.top_5_percent_overlap_share,
    compared.lsoa_count
from compared
inner join concordance
    on
        compared.active_scheme = concordance.active_scheme
        and compared.other_scheme = concordance.other_scheme
order by compared.active_scheme, compared.other_scheme
