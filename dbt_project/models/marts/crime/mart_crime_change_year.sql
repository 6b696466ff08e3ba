with area_months as (
    select * from {{ ref('mart_crime_area_month') }}
    where area_type in ('force', 'district')
),

areas as (
    select * from {{ ref('dim_lsoa') }}
),

coverage as (
    select * from {{ ref('audit_coverage') }}
),

breaks as (
    select * from {{ ref('recording_breaks') }}
),

present as (
    select
        "force" as force_slug,
        strptime("month", '%Y-%m')::date as crime_month
    from coverage
    where dataset = 'police_street' and status = 'present'
),

months as (
    select unnest(generate_series(min(crime_month), max(crime_month), interval 1 month))::date as crime_month
    from area_months
),

-- A district's months are whole when its own force's are.
district_forces as (
    select
        lad_code,
        max(force_slug) as force_slug
    from areas
    group by lad_code
),

counted_areas as (
    select
        area_months.area_type,
        area_months.area_code,
        any_value(area_months.area_name) as area_name,
        any_value(
            case area_months.area_type when 'force' then area_months.area_code else district_forces.force_slug end
        ) as force_slug
    from area_months
    left join district_forces on area_months.area_code = district_forces.lad_code
    group by area_months.area_type, area_months.area_code
),

crime_types as (
    select distinct crime_type from area_months
    union all
    select 'All crime' as crime_type
),

counted as (
    select
        area_type,
        area_code,
        crime_type,
        crime_month,
        crime_count
    from area_months
    union all
    select
        area_type,
        area_code,
        'All crime' as crime_type,
        crime_month,
        sum(crime_count)::bigint as crime_count
    from area_months
    group by area_type, area_code, crime_month
),

-- Every month of every series, so that a window is twelve months and not the last twelve with a record.
series as (
    select
        counted_areas.area_type,
        counted_areas.area_code,
        counted_areas.area_name,
        counted_areas.force_slug,
        crime_types.crime_type,
        months.crime_month,
        coalesce(counted.crime_count, 0) as crime_count,
        (present.crime_month is not null)::integer as is_present
    from counted_areas
    cross join crime_types
    cross join months
    left join counted
        on
            counted_areas.area_type = counted.area_type
            and counted_areas.area_code = counted.area_code
            and crime_types.crime_type = counted.crime_type
            and months.crime_month = counted.crime_month
    left join present
        on
            counted_areas.force_slug = present.force_slug
            and months.crime_month = present.crime_month
),

rolled as (
    select
        area_type,
        area_code,
        area_name,
        force_slug,
        crime_type,
        crime_month as window_end_month,
        sum(crime_count) over latest_year as crime_count,
        coalesce(sum(crime_count) over year_before, 0) as earlier_crime_count,
        sum(is_present) over latest_year as month_count,
        coalesce(sum(is_present) over year_before, 0) as earlier_month_count
    from series
    window
        latest_year as (
            partition by area_type, area_code, crime_type
            order by crime_month
            rows between 11 preceding and current row
        ),
        year_before as (
            partition by area_type, area_code, crime_type
            order by crime_month
            rows between 23 preceding and 12 preceding
        )
),

-- A break that falls between the first month of the earlier window and the last of the later one splits them.
broken as (
    select distinct
        rolled.area_type,
        rolled.force_slug,
        rolled.window_end_month
    from rolled
    inner join breaks
        on
            rolled.window_end_month >= breaks.break_month
            and rolled.window_end_month - interval 23 month < breaks.break_month
            and (nullif(breaks.force_slug, '') is null or rolled.force_slug = breaks.force_slug)
            and (breaks.affects = 'counts' or rolled.area_type <> 'force')
),

judged as (
    select
        rolled.*,
        broken.window_end_month is not null as has_recording_break,
        rolled.month_count = 12
        and rolled.earlier_month_count = 12
        and broken.window_end_month is null as is_comparable,
        rolled.crime_count + rolled.earlier_crime_count as both_count,
        1.959963984540054 as z
    from rolled
    left join broken
        on
            rolled.area_type = broken.area_type
            and rolled.force_slug is not distinct from broken.force_slug
            and rolled.window_end_month = broken.window_end_month
),

-- Given both counts together, the later one is binomial: Wilson's interval of its share gives that of the ratio.
shares as (
    select
        *,
        crime_count::double / nullif(both_count, 0) as later_share,
        z * z / nullif(both_count, 0) as z_part
    from judged
),

bounds as (
    select
        *,
        (later_share + z_part / 2 - z * sqrt(later_share * (1 - later_share) / both_count + z_part / both_count / 4))
        / (1 + z_part) as share_lower,
        (later_share + z_part / 2 + z * sqrt(later_share * (1 - later_share) / both_count + z_part / both_count / 4))
        / (1 + z_part) as share_upper
    from shares
)

select
    area_type,
    area_code,
    area_name,
    crime_type,
    window_end_month,
    window_end_month = max(window_end_month) over () as is_latest_window,
    crime_count::bigint as crime_count,
    earlier_crime_count::bigint as earlier_crime_count,
    month_count::integer as month_count,
    earlier_month_count::integer as earlier_month_count,
    has_recording_break,
    is_comparable,
    case when is_comparable then crime_count::double / nullif(earlier_crime_count, 0) end as rate_ratio,
    case
        when is_comparable and both_count > 0
            then case when crime_count = 0 then 0 else share_lower / (1 - share_lower) end
    end::double as rate_ratio_lower,
    case when is_comparable and earlier_crime_count > 0 then share_upper / (1 - share_upper) end as rate_ratio_upper
from bounds
order by area_type, area_code, crime_type, window_end_month
