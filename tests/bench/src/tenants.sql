-- A marketplace (made by the operator's command) with two shops below it, and a container that it owns and
-- shares with both. :NAME is replaced by a value that the program made.
INSERT INTO tenant
SELECT id, ':ROOT', ':ROOT', path, slug, slug, 'ACTIVE', root.features, 'EUR', 0, 0, 1
FROM (VALUES
    (':SHOP'::uuid, ':SHOP_PATH', 'shop'),
    (':NEIGHBOUR'::uuid, ':NEIGHBOUR_PATH', 'neighbour')
) AS child (id, path, slug)
CROSS JOIN (SELECT features FROM tenant WHERE id = ':ROOT') AS root;

INSERT INTO container (id, owner_tenant_id, environment, name, status, created_at, updated_at, version)
VALUES (':CONTAINER', ':ROOT', 'SANDBOX', 'All customers', 'ACTIVE', 0, 0, 1);

INSERT INTO container_share
    (id, container_id, grantee_tenant_id, include_descendants, permissions, status, granted_by, expires_at,
     created_at, updated_at)
SELECT md5('share' || grantee)::uuid, ':CONTAINER', grantee, false, 127, 'ACTIVE', 'bench', :NEVER, 0, 0
FROM (VALUES (':SHOP'::uuid), (':NEIGHBOUR'::uuid)) AS of (grantee);

INSERT INTO container_access (tenant_id, container_id, source_id, permissions, is_owner, expires_at)
SELECT grantee_tenant_id, container_id, id, permissions, false, expires_at FROM container_share
UNION ALL
SELECT ':ROOT', ':CONTAINER', ':CONTAINER', 127, true, :NEVER;

INSERT INTO connector
    (id, tenant_id, environment, plugin_id, processor, name, status, settings, sealed_credentials,
     ignores_tenant_default, created_at, updated_at, version)
SELECT md5('connector' || owner)::uuid, owner, 'SANDBOX', 'sandbox', 'northbank', 'cards', 'ACTIVE', '{}', '\x00',
    false, 0, 0, 1
FROM (VALUES (':SHOP'::uuid), (':NEIGHBOUR'::uuid)) AS of (owner);
