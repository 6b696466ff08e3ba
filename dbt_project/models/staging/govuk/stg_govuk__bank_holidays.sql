with published as (
    select *
    from {{ validated_if_supplied(
        'govuk_bank_holidays',
        {'division': 'varchar', 'holiday_date': 'date', 'title': 'varchar', 'notes': 'varchar'}
    ) }}
)

select
    division,
    holiday_date,
    title as holiday_name,
    notes as holiday_note
from published
