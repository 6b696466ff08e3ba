{%- set domains = ['income', 'employment', 'education', 'health', 'crime', 'housing', 'environment'] -%}
with weights as (
    select * from {{ ref('int_lsoa_2011_to_2021_weights') }}
),

imd_2019 as (
    select * from {{ ref('stg_iod__imd_2019') }}
),

imd_2025 as (
    select * from {{ ref('stg_iod__imd_2025') }}
),

domains as (
    select * from {{ ref('deprivation_domains') }}
),

published as (
    {%- for year, edition, code in [(2019, 'imd_2019', 'lsoa_2011_code'), (2025, 'imd_2025', 'lsoa_2021_code')] %}
        {%- set is_last_edition = loop.last %}
        {%- for domain in domains %}
            select
                {{ year }} as index_year,
                {{ code }} as lsoa_code,
                population_count,
                '{{ domain }}' as "domain",
                {{ domain }}_rank as domain_rank
            from {{ edition }}
            {{- ' union all' if not (is_last_edition and loop.last) }}
        {%- endfor %}
    {%- endfor %}
),

ranked as (
    select
        *,
        greatest(
            count(*) over (partition by index_year, "domain"),
            max(domain_rank) over (partition by index_year, "domain")
        )::double as rank_count
    from published
),

-- Ranks cannot be averaged; the index's own exponential transformation of them can (technical report, 2019).
scored as (
    select
        index_year,
        lsoa_code,
        population_count,
        "domain",
        -23 * ln(1 - (rank_count - domain_rank + 1) / rank_count * (1 - exp(-100.0 / 23))) as domain_score
    from ranked
),

carried as (
    select
        weights.lsoa_2021_code as lsoa_code,
        scored."domain",
        max(weights.change_indicator) as change_indicator,
        count(*) as parent_count,
        max(scored.domain_score) as highest_score,
        -- Decimals, because sums of doubles depend on the order of addition.
        sum((scored.population_count * weights.count_weight)::decimal(18, 6))::double as resident_weight,
        sum((scored.domain_score * scored.population_count * weights.count_weight)::decimal(24, 9))::double
            as weighted_score,
        sum(scored.domain_score::decimal(18, 9))::double as score_sum
    from scored
    inner join weights on scored.lsoa_code = weights.lsoa_2011_code
    where scored.index_year = 2019
    group by weights.lsoa_2021_code, scored."domain"
),

on_lsoa_2021 as (
    select
        2019 as index_year,
        lsoa_code,
        "domain",
        case change_indicator
            when 'U' then 'unchanged'
            when 'S' then 'inherited_from_split'
            when 'M' then 'merged_mean'
            else 'irregular_mean'
        end as domain_method,
        case
            when parent_count = 1 then highest_score
            when resident_weight > 0 then weighted_score / resident_weight
            else score_sum / parent_count
        end as domain_score
    from carried
    union all
    select
        index_year,
        lsoa_code,
        "domain",
        'native' as domain_method,
        domain_score
    from scored
    where index_year = 2025
),

without_crime as (
    select
        on_lsoa_2021.index_year,
        on_lsoa_2021.lsoa_code,
        'all_but_crime' as "domain",
        max(on_lsoa_2021.domain_method) as domain_method,
        sum((on_lsoa_2021.domain_score * domains.domain_weight::double)::decimal(24, 12))::double
        / sum(domains.domain_weight)::double as domain_score
    from on_lsoa_2021
    inner join domains on on_lsoa_2021."domain" = domains."domain"
    where not domains.is_built_from_crime
    group by on_lsoa_2021.index_year, on_lsoa_2021.lsoa_code
),

all_domains as (
    select
        on_lsoa_2021.index_year,
        on_lsoa_2021.lsoa_code,
        on_lsoa_2021."domain",
        on_lsoa_2021.domain_method,
        round(on_lsoa_2021.domain_score, 9) as domain_score,
        domains.is_built_from_crime
    from on_lsoa_2021
    inner join domains on on_lsoa_2021."domain" = domains."domain"
    union all
    select
        index_year,
        lsoa_code,
        "domain",
        domain_method,
        round(domain_score, 9) as domain_score,
        false as is_built_from_crime
    from without_crime
),

placed as (
    select
        *,
        rank() over (partition by index_year, "domain" order by domain_score desc) as domain_rank,
        count(*) over (partition by index_year, "domain") as area_count
    from all_domains
)

select
    lsoa_code,
    index_year::integer as index_year,
    "domain",
    is_built_from_crime,
    domain_score,
    domain_rank::integer as domain_rank,
    ceil(10.0 * domain_rank / area_count)::integer as domain_decile,
    domain_method
from placed
order by lsoa_code, index_year, "domain"
