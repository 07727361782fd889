-- Responses that cannot count are kept too: with why, and without a decision.
alter table interaction_responses
    alter column decision drop not null,
    alter column answer drop not null,
    add column error bytea,
    drop constraint interaction_responses_verdict_check,
    add constraint interaction_responses_verdict
        check (verdict in ('decided', 'repeated', 'late', 'refused'));
