-- The answer to list.graphql in one statement: $1 the viewer's tenant, $2 the container, $3 now.
SELECT json_agg(json_build_object(
    'id', p.id,
    'customerIdentification', p.customer_identification,
    'firstName', p.first_name,
    'lastName', p.last_name,
    'instruments', (
        SELECT coalesce(json_agg(json_build_object(
            'id', i.id,
            'kind', i.kind,
            'method', i.method,
            'details', json_build_object('brand', i.details ->> 'brand', 'lastFourDigits', i.details ->> 'last4')
        ) ORDER BY i.created_at DESC, i.id DESC), '[]')
        FROM instrument i
        WHERE i.profile_id = p.id AND (i.stored_by_tenant_id = $1 OR i.shareable = 'CONTAINER')
    ),
    'payments', (
        SELECT coalesce(json_agg(json_build_object(
            'merchantTransactionId', y.merchant_transaction_id,
            'status', y.status,
            'amount', json_build_object('amount', y.amount, 'currency', y.currency)
        ) ORDER BY y.created_at DESC, y.id DESC), '[]')
        FROM (
            SELECT * FROM payment
            WHERE profile_id = p.id AND tenant_id = $1
            ORDER BY created_at DESC, id DESC
            LIMIT 3
        ) y
    )
) ORDER BY page.profile_created_at DESC, page.profile_id DESC)::text
FROM (
    SELECT l.profile_created_at, l.profile_id
    FROM profile_link l
    WHERE l.tenant_id = $1 AND l.container_id = $2
      AND EXISTS (
          SELECT 1 FROM container_access a
          WHERE a.tenant_id = $1 AND a.container_id = $2 AND a.expires_at > $3
            AND a.permissions & 1 <> 0
      )
    ORDER BY l.profile_created_at DESC, l.profile_id DESC
    LIMIT 25
) page
JOIN profile p ON p.id = page.profile_id
