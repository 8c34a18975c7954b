-- The answer to look_up.graphql: $1 the viewer's tenant, $2 the profile, $3 now.
SELECT json_build_object(
    'id', p.id,
    'guid', p.guid,
    'customerIdentification', p.customer_identification,
    'firstName', p.first_name,
    'lastName', p.last_name,
    'email', p.email,
    'version', p.version
)::text
FROM profile_link l
JOIN profile p ON p.id = l.profile_id
WHERE l.tenant_id = $1 AND l.profile_id = $2
  AND EXISTS (
      SELECT 1 FROM container_access a
      WHERE a.tenant_id = $1 AND a.container_id = p.container_id AND a.expires_at > $3
        AND a.permissions & 1 <> 0
  )
