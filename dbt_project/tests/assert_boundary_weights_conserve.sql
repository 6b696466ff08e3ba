select
    lsoa_2011_code,
    sum(count_weight) as weight_sum
from {{ ref('int_lsoa_2011_to_2021_weights') }}
group by lsoa_2011_code
having not coalesce(abs(sum(count_weight) - 1) <= 1e-9, false)
