-- The answer to customer.graphql in one statement: $1 the viewer's tenant, $2 the profile, $3 now.
SELECT json_build_object(
    'id', p.id,
    'guid', p.guid,
    'customerIdentification', p.customer_identification,
    'status', p.status,
    'kind', p.kind,
    'firstName', p.first_name,
    'lastName', p.last_name,
    'company', p.company,
    'birthDate', p.birth_date,
    'gender', p.gender,
    'email', p.email,
    'phone', p.phone,
    'locale', p.locale,
    'createdAt', p.created_at,
    'version', p.version,
    'container', json_build_object('id', c.id, 'name', c.name, 'environment', c.environment),
    'addresses', p.addresses,
    'externalId', l.external_id,
    'tags', l.tags,
    'isFavorite', l.is_favorite,
    'instruments', (
        SELECT coalesce(json_agg(json_build_object(
            'id', i.id,
            'kind', i.kind,
            'method', i.method,
            'status', i.status,
            'details', json_build_object('brand', i.details ->> 'brand', 'lastFourDigits', i.details ->> 'last4')
        ) ORDER BY i.created_at DESC, i.id DESC), '[]')
        FROM instrument i
        WHERE i.profile_id = p.id AND (i.stored_by_tenant_id = $1 OR i.shareable = 'CONTAINER')
    ),
    'totals', (
        SELECT coalesce(json_agg(json_build_object(
            'currency', t.currency,
            'paymentCount', t.payment_count,
            'successCount', t.success_count,
            'captured', t.captured,
            'lastPaymentAt', t.last_payment_at
        )), '[]')
        FROM profile_total t
        WHERE t.tenant_id = $1 AND t.profile_id = p.id
    ),
    'payments', (
        SELECT coalesce(json_agg(json_build_object(
            'merchantTransactionId', y.merchant_transaction_id,
            'status', y.status,
            'amount', json_build_object('amount', y.amount, 'currency', y.currency),
            'createdAt', y.created_at,
            'instrument', json_build_object('id', i.id, 'method', i.method)
        ) ORDER BY y.created_at DESC, y.id DESC), '[]')
        FROM (
            SELECT * FROM payment
            WHERE profile_id = p.id AND tenant_id = $1
            ORDER BY created_at DESC, id DESC
            LIMIT 10
        ) y
        LEFT JOIN instrument i
            ON i.id = y.instrument_id AND (i.stored_by_tenant_id = $1 OR i.shareable = 'CONTAINER')
    )
)::text
FROM profile_link l
JOIN profile p ON p.id = l.profile_id
JOIN container c ON c.id = p.container_id
WHERE l.tenant_id = $1 AND l.profile_id = $2
  AND EXISTS (
      SELECT 1 FROM container_access a
      WHERE a.tenant_id = $1 AND a.container_id = p.container_id AND a.expires_at > $3
        AND a.permissions & 1 <> 0
  )
