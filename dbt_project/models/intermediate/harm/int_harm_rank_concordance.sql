with ranking as (
    select * from {{ ref('mart_harm_ranking') }}
),

-- Places counted from 0 without gaps, so that ties share one and the bits below are few.
placed as (
    select
        lsoa_code,
        harm_scheme,
        is_active_scheme,
        dense_rank() over (partition by harm_scheme order by harm_rank) - 1 as place
    from ranking
),

paired as (
    select
        active.harm_scheme as active_scheme,
        other.harm_scheme as other_scheme,
        active.place as active_place,
        other.place as other_place
    from placed as active
    inner join placed as other on active.lsoa_code = other.lsoa_code
    where active.is_active_scheme and not other.is_active_scheme
),

bit_places as (
    select unnest(range(20)) as bit_place
),

-- Two places differ first at one bit, counted from the top: a pair is out of order when the one that comes first
-- by the active scheme has that bit set and the other has not. Ties come in order, and so are never counted.
bits as (
    select
        paired.active_scheme,
        paired.other_scheme,
        (paired.other_place >> bit_places.bit_place) & 1 as bit_value,
        sum((paired.other_place >> bit_places.bit_place) & 1) over (
            partition by
                paired.active_scheme, paired.other_scheme,
                bit_places.bit_place, paired.other_place >> (bit_places.bit_place + 1)
            order by paired.active_place, paired.other_place
            rows between unbounded preceding and current row
        ) as set_before_count
    from paired
    cross join bit_places
),

out_of_order as (
    select
        active_scheme,
        other_scheme,
        sum(case when bit_value = 0 then set_before_count else 0 end)::bigint as discordant_count
    from bits
    group by active_scheme, other_scheme
),

tied as (
    select
        active_scheme,
        other_scheme,
        grouping(other_place) = 1 as is_active,
        grouping(active_place) = 1 as is_other,
        sum(count(*) * (count(*) - 1) // 2) over (
            partition by active_scheme, other_scheme, grouping(active_place), grouping(other_place)
        ) as pair_count
    from paired
    group by grouping sets (
        (active_scheme, other_scheme),
        (active_scheme, other_scheme, active_place),
        (active_scheme, other_scheme, other_place),
        (active_scheme, other_scheme, active_place, other_place)
    )
),

pair_counts as (
    select
        active_scheme,
        other_scheme,
        max(pair_count) filter (where is_active and is_other)::bigint as pair_count,
        max(pair_count) filter (where is_active and not is_other)::bigint as active_tied_count,
        max(pair_count) filter (where is_other and not is_active)::bigint as other_tied_count,
        max(pair_count) filter (where not is_active and not is_other)::bigint as both_tied_count
    from tied
    group by active_scheme, other_scheme
)

select
    pair_counts.active_scheme,
    pair_counts.other_scheme,
    pair_counts.pair_count,
    pair_counts.active_tied_count,
    pair_counts.other_tied_count,
    pair_counts.pair_count - pair_counts.active_tied_count - pair_counts.other_tied_count
    + pair_counts.both_tied_count - out_of_order.discordant_count as concordant_count,
    out_of_order.discordant_count
from pair_counts
inner join out_of_order
    on
        pair_counts.active_scheme = out_of_order.active_scheme
        and pair_counts.other_scheme = out_of_order.other_scheme
order by pair_counts.active_scheme, pair_counts.other_scheme
