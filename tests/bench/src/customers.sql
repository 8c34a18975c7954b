-- Customers :FROM to :TO of the shop, each with two or three cards (every second one stored by the neighbour
-- and shared) and ten payments. Payments come in the order of their time, not of their customers, so that
-- the rows of one customer are spread over the table as they are in life.
CREATE OR REPLACE FUNCTION pg_temp.id(kind text, at bigint, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    -- A UUIDv7: 48 bits of milliseconds, the version, and bits that stand for the random ones.
    SELECT (lpad(to_hex(at / 1000), 12, '0') || '7' || substr(md5(kind || number), 1, 3)
        || '8' || substr(md5(kind || number), 4, 15))::uuid
$$;
-- The instant at which customer i came, then one more every five days.
CREATE OR REPLACE FUNCTION pg_temp.came(i bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT 1700000000000000 + i * 60000000
$$;
CREATE OR REPLACE FUNCTION pg_temp.later(i bigint, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.came(i) + n * 432000000000
$$;

INSERT INTO profile
    (id, container_id, guid, customer_identification, status, kind, first_name, last_name, birth_date, gender,
     email, phone, locale, addresses, preferred_instrument_id, created_by_tenant_id, created_via, created_at,
     updated_at, version)
SELECT pg_temp.id('profile', pg_temp.came(i), i), ':CONTAINER',
    'CP-' || upper(regexp_replace(substr(md5('guid' || i), 1, 24), '(....)(?=.)', '\1-', 'g')),
    'customer-' || i, 'ACTIVE', 'PERSON', 'Alex', 'Smith ' || i, '1985-04-23', 'X',
    'alex.smith.' || i || '@example.org', '+14155552671', 'en-GB',
    jsonb_build_array(jsonb_build_object('kind', 'BILLING', 'isDefault', true, 'firstName', NULL,
        'lastName', NULL, 'company', NULL, 'line1', i || ' Market Street', 'line2', NULL, 'city', 'London',
        'postcode', 'N1 9GU', 'state', NULL, 'country', 'GB', 'phone', NULL)),
    pg_temp.id('instrument', pg_temp.later(i, 1), i * 3 + 1), ':SHOP', 'API', pg_temp.came(i), pg_temp.came(i), 1
FROM generate_series(:FROM, :TO) AS i;

INSERT INTO profile_link
    (tenant_id, profile_id, container_id, environment, external_id, metadata, tags, is_favorite, linked_via,
     profile_created_at, created_at, updated_at)
SELECT ':SHOP', pg_temp.id('profile', pg_temp.came(i), i), ':CONTAINER', 'SANDBOX', 'ext-' || i, '{}', '["vip"]',
    i % 10 = 0, 'CREATED', pg_temp.came(i), pg_temp.came(i), pg_temp.came(i)
FROM generate_series(:FROM, :TO) AS i;

INSERT INTO instrument
    (id, container_id, profile_id, payment_token, stored_by_tenant_id, kind, method, details, status, shareable,
     connector_id, plugin_id, processor, token_scope, sealed_token, created_at)
SELECT pg_temp.id('instrument', pg_temp.later(i, n), i * 3 + n), ':CONTAINER',
    pg_temp.id('profile', pg_temp.came(i), i), 'pt::' || md5('token' || (i * 3 + n)), owner, 'CARD', 'card',
    jsonb_build_object('type', 'CARD', 'brand', 'visa', 'holder', 'Alex Smith', 'bin6', '411111',
        'last4', lpad((i % 10000)::text, 4, '0'), 'exp_month', 12, 'exp_year', 2031, 'funding', 'CREDIT',
        'issuer_country', 'GB'),
    'ACTIVE', 'CONTAINER', md5('connector' || owner)::uuid, 'sandbox', 'northbank', 'PROCESSOR', '\x00',
    pg_temp.later(i, n)
FROM generate_series(:FROM, :TO) AS i
CROSS JOIN LATERAL generate_series(1, 2 + i % 2) AS n
CROSS JOIN LATERAL (SELECT (CASE n % 2 WHEN 1 THEN ':SHOP' ELSE ':NEIGHBOUR' END)::uuid AS owner) AS stored
ORDER BY n, i;

INSERT INTO payment
    (id, tenant_id, environment, kind, merchant_transaction_id, profile_id, container_id, instrument_id,
     connector_id, status, currency, amount, amount_authorized, amount_captured, amount_capture_pending,
     amount_refunded, amount_refund_pending, method, description, source, initiator, route, metadata,
     created_at, updated_at, version)
SELECT pg_temp.id('payment', pg_temp.later(i, n), i * 10 + n), ':SHOP', 'SANDBOX', 'DEBIT', 'order-' || i || '-' || n,
    pg_temp.id('profile', pg_temp.came(i), i), ':CONTAINER',
    pg_temp.id('instrument', pg_temp.later(i, 1 + n % 2), i * 3 + 1 + n % 2), md5('connector' || ':SHOP')::uuid,
    'SUCCEEDED', 'EUR', 999, 999, 999, 0, 0, 0, 'card', 'Your order', 'API', 'CUSTOMER',
    '{"steps": [], "considered": []}', '{}', pg_temp.later(i, n), pg_temp.later(i, n), 3
FROM generate_series(1, 10) AS n
CROSS JOIN generate_series(:FROM, :TO) AS i
ORDER BY n, i;

INSERT INTO profile_total
    (tenant_id, profile_id, currency, payment_count, success_count, captured, refunded, last_payment_at)
SELECT ':SHOP', pg_temp.id('profile', pg_temp.came(i), i), 'EUR', 10, 10, 9990, 0, pg_temp.later(i, 10)
FROM generate_series(:FROM, :TO) AS i;
