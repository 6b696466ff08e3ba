with reconciliation as (
    select * from {{ ref('audit_row_reconciliation') }}
),

coverage as (
    select * from {{ ref('audit_coverage') }}
),

-- An absent or withheld month is a gap, which audit_coverage names, and no month of zero records.
series as (
    select
        coverage.dataset,
        coverage."force" as force_slug,
        strptime(coverage."month", '%Y-%m')::date as record_month,
        coalesce(reconciliation.staged_count, 0) as record_count
    from coverage
    left join reconciliation
        on
            coverage.dataset = reconciliation.dataset
            and coverage."month" = reconciliation."month"
            and coverage."force" = reconciliation."force"
    where coverage.status = 'present' and coverage."force" is not null
),

-- A file with a header alone tells no season and no level: the same month a year later would be the anomaly.
filled as (
    select * from series
    where record_count > 0
),

seasons as (
    select
        this.dataset,
        this.force_slug,
        this.record_month,
        this.record_count,
        earlier.record_month as season_month,
        earlier.record_count as season_count
    from series as this
    inner join filled as earlier
        on
            this.dataset = earlier.dataset
            and this.force_slug = earlier.force_slug
            and month(this.record_month) = month(earlier.record_month)
            and this.record_month > earlier.record_month
),

-- How far the months before this one lie above or below the months before that earlier one, pair by pair.
levels as (
    select
        seasons.dataset,
        seasons.force_slug,
        seasons.record_month,
        seasons.season_month,
        sum(recent.record_count)::double / nullif(sum(past.record_count), 0) as level_ratio
    from seasons
    inner join filled as recent
        on
            seasons.dataset = recent.dataset
            and seasons.force_slug = recent.force_slug
            and seasons.record_month > recent.record_month
            and seasons.record_month - interval {{ var('volume_level_months') }} month <= recent.record_month
    inner join filled as past
        on
            seasons.dataset = past.dataset
            and seasons.force_slug = past.force_slug
            and recent.record_month - (
                datediff('month', seasons.season_month, seasons.record_month) * interval 1 month
            ) = past.record_month
    group by seasons.dataset, seasons.force_slug, seasons.record_month, seasons.season_month
    having count(*) >= {{ var('volume_level_months_needed') }}
),

expectations as (
    select
        seasons.dataset,
        seasons.force_slug,
        seasons.record_month,
        avg((seasons.season_count * levels.level_ratio)::decimal(18, 6)) as expected_count,
        count(*) as season_count
    from seasons
    inner join levels
        on
            seasons.dataset = levels.dataset
            and seasons.force_slug = levels.force_slug
            and seasons.record_month = levels.record_month
            and seasons.season_month = levels.season_month
    where levels.level_ratio is not null
    group by seasons.dataset, seasons.force_slug, seasons.record_month
),

scored as (
    select
        series.dataset,
        series.force_slug,
        series.record_month,
        series.record_count,
        expectations.expected_count,
        coalesce(expectations.season_count, 0) as season_count,
        -- Chance in this month and in the months that the expectation rests on, and a tenth that is no chance.
        (series.record_count - expectations.expected_count) / sqrt(
            greatest(expectations.expected_count, 1) * (4.0 / 3 + 1.0 / expectations.season_count)
            + power({{ var('volume_tolerance') }} * expectations.expected_count, 2)
        ) as anomaly_score
    from series
    left join expectations
        on
            series.dataset = expectations.dataset
            and series.force_slug = expectations.force_slug
            and series.record_month = expectations.record_month
)

select
    dataset,
    force_slug,
    record_month,
    record_count,
    expected_count::double as expected_count,
    season_count,
    record_count / nullif(expected_count, 0)::double as count_ratio,
    anomaly_score::double as anomaly_score,
    abs(anomaly_score) > {{ var('volume_anomaly_score') }} as is_anomalous,
    case
        when anomaly_score is null
            then
                'no same month of an earlier year with {{ var("volume_level_months_needed") }} or more months '
                || 'before both to compare the level by'
    end as reason_without_score
from scored
order by dataset, force_slug, record_month
