-- A claim that names a declared GP, or says nothing, contradicts the missing row until the next claim that tells, two years at most.
select unit_key, month_start_date as valid_from, valid_to, 'pathway_says_otherwise' as reason_code
from (
    select
        cast(-claim_month.person_key as bigint) as unit_key,
        claim_month.month_start_date,
        least(
            {{ window_end('claim_month.month_start_date', 24) }},
            coalesce(
                lead(claim_month.month_start_date) over (
                    partition by claim_month.person_key order by claim_month.month_start_date nulls first
                ),
                {{ open_end() }}
            )
        ) as valid_to,
        pathway.role
    from {{ ref('fct_claim_month') }} as claim_month
    inner join {{ ref('code_list') }} as pathway
        on
            pathway.list_name = 'declared_gp_at_care_date'
            and pathway.code = cast(claim_month.pathway_code as string)
    where claim_month.person_key is not null
) as told
where role != 'mt_none'
