-- How many writes the payments, the attempts, the events, the ledger and the totals tell of.
SELECT
    (SELECT count(*) FROM payment WHERE merchant_transaction_id LIKE 'write-%' AND status = 'SUCCEEDED' AND version = 2),
    (SELECT count(*) FROM attempt WHERE connector_reference LIKE 'ref-%' AND status = 'SUCCEEDED'),
    (SELECT count(*) FROM event WHERE kind = 'PAYMENT_SUCCEEDED' AND position = 2),
    (SELECT count(*) FROM ledger_transfer WHERE credit = 'CAPTURED'),
    (SELECT COALESCE(sum(t.success_count), 0)::bigint FROM profile_total t JOIN profile p ON p.id = t.profile_id
        WHERE p.guid LIKE 'WRITER-%' AND t.captured = t.success_count * 999)
