-- Hospital records carry a beneficiary number, seldom the rank: the number alone names one person only where one rank
-- exists. A second rank without a first tells of a twin whose row did not come: the number is shared all the same.
select
    ben_nir_psa,
    min(ben_rng_gem) as ben_rng_gem,
    max(ben_rng_gem) as last_rank,
    cast(greatest(count(distinct ben_rng_gem), max(ben_rng_gem)) as integer) as rank_count
from {{ source('snds', 'IR_BEN_R') }}
group by ben_nir_psa
