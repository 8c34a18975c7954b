-- :COUNT payments of the shop that wait for their processor's answer, as the intent leaves them: a payment, its
-- attempt, and the event that it began. Payment number n is of customer n modulo :PROFILES, who has totals
-- already. Ids end in twelve decimal digits, so that a client that can only count can name them.
CREATE OR REPLACE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (':PREFIX-' || kind || '-8000-' || (100000000000 + n))::uuid
$$;

INSERT INTO profile
    (id, container_id, guid, customer_identification, status, kind, first_name, last_name, addresses,
     created_by_tenant_id, created_via, created_at, updated_at, version)
SELECT pg_temp.id('7001', i), ':CONTAINER', 'WRITER-' || i, 'writer-' || i, 'ACTIVE', 'PERSON', 'Alex',
    'Smith ' || i, '[]', ':SHOP', 'API', :AT, :AT, 1
FROM generate_series(0, :PROFILES - 1) AS i;

INSERT INTO profile_total
    (tenant_id, profile_id, currency, payment_count, success_count, captured, refunded, last_payment_at)
SELECT ':SHOP', pg_temp.id('7001', i), 'EUR', 1, 0, 0, 0, :AT
FROM generate_series(0, :PROFILES - 1) AS i;

INSERT INTO payment
    (id, tenant_id, environment, kind, merchant_transaction_id, profile_id, container_id, connector_id, status,
     currency, amount, amount_original, amount_authorized, amount_captured, amount_capture_pending,
     amount_refunded, amount_refund_pending, method, description, source, initiator, route, metadata,
     created_at, updated_at, version)
SELECT pg_temp.id('7002', n), ':SHOP', 'SANDBOX', 'DEBIT', 'write-' || n, pg_temp.id('7001', n % :PROFILES),
    ':CONTAINER', md5('connector' || ':SHOP')::uuid, 'PROCESSING', 'EUR', 999, 999, 0, 0, 0, 0, 0, 'card',
    'Your order', 'API', 'CUSTOMER', '{"steps": [], "considered": []}', '{}', :AT + n, :AT + n, 1
FROM generate_series(0, :COUNT - 1) AS n;

INSERT INTO attempt
    (id, payment_id, tenant_id, environment, position, operation, connector_id, currency, amount, status,
     started_at, next_check_at, request)
SELECT pg_temp.id('7003', n), pg_temp.id('7002', n), ':SHOP', 'SANDBOX', 1, 'SALE',
    md5('connector' || ':SHOP')::uuid, 'EUR', 999, 'STARTED', :AT + n, :AT + n + 60000000,
    decode(repeat(md5('request'), 16), 'hex')
FROM generate_series(0, :COUNT - 1) AS n;

INSERT INTO event
    (id, tenant_id, environment, payment_id, position, kind, status_to, origin, attempt_id, amount, currency, at)
SELECT pg_temp.id('7004', n), ':SHOP', 'SANDBOX', pg_temp.id('7002', n), 1, 'PAYMENT_PROCESSING', 'PROCESSING',
    'REQUEST', pg_temp.id('7003', n), 999, 'EUR', :AT + n
FROM generate_series(0, :COUNT - 1) AS n;
