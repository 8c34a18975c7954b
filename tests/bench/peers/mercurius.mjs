// Mercurius with graphql-jit and its batching loaders, one statement per loader and level.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

// Instants and amounts are bigint; they fit a double here, and a string would cost more.
pg.types.setTypeParser(20, Number)
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 })
// The name makes it a prepared statement.
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows

const schema = `
  type Query {
    profile(id: ID!, tenant: ID!): Profile
    profiles(container: ID!, first: Int!): [Profile!]!
  }
  type Profile {
    id: ID! guid: String! customerIdentification: String status: String! kind: String! firstName: String
    lastName: String company: String birthDate: String gender: String email: String phone: String
    locale: String createdAt: Float! version: Int! container: Container addresses: [Address!]!
    overlay(tenant: ID!): Overlay instruments: [Instrument!]! totals(tenant: ID!): [Total!]!
    payments(tenant: ID!, first: Int!): [Payment!]!
  }
  type Container { id: ID! name: String! environment: String! }
  type Address { kind: String! line1: String city: String postcode: String country: String }
  type Overlay { externalId: String tags: [String!]! isFavorite: Boolean! }
  type Instrument { id: ID! kind: String! method: String! status: String! details: CardDetails }
  type CardDetails { brand: String last4: String }
  type Total { currency: String! paymentCount: Float! successCount: Float! captured: Float! lastPaymentAt: Float! }
  type Payment {
    merchantTransactionId: String! status: String! amount: Money! createdAt: Float! instrument: Instrument
  }
  type Money { amount: Float! currency: String! }
`

const PROFILE = `id, guid, container_id AS "containerId", customer_identification AS "customerIdentification",
  status, kind, first_name AS "firstName", last_name AS "lastName", company, birth_date AS "birthDate",
  gender, email, phone, locale, addresses, created_at AS "createdAt", version`

const resolvers = {
  Query: {
    profile: async (_, { id }) =>
      (await rows('profile', `SELECT ${PROFILE} FROM profile WHERE id = $1`, [id]))[0],
    profiles: (_, { container, first }) =>
      rows('profiles', `SELECT ${PROFILE} FROM profile WHERE container_id = $1
        ORDER BY created_at DESC, id DESC LIMIT $2`, [container, first]),
  },
}

const ids = (queries, member = 'id') => [...new Set(queries.map(({ obj }) => obj[member]))]

/** One row per key. */
const one = (queries, found, member) => {
  const known = new Map(found.map((row) => [row.id, row]))
  return queries.map(({ obj }) => known.get(obj[member]) ?? null)
}

/** Several rows per profile. */
const many = (queries, found) => {
  const known = Map.groupBy(found, (row) => row.profileId)
  return queries.map(({ obj }) => known.get(obj.id) ?? [])
}

const INSTRUMENT = 'id, profile_id AS "profileId", kind, method, status, details'

const loaders = {
  Profile: {
    container: async (queries) => one(queries, await rows('containers',
      'SELECT id, name, environment FROM container WHERE id = ANY($1)', [ids(queries, 'containerId')]), 'containerId'),
    overlay: async (queries) => one(queries, await rows('overlays',
      `SELECT profile_id AS id, external_id AS "externalId", tags, is_favorite AS "isFavorite"
       FROM profile_link WHERE tenant_id = $1 AND profile_id = ANY($2)`,
      [queries[0].params.tenant, ids(queries)]), 'id'),
    instruments: async (queries) => many(queries, await rows('instruments_of',
      `SELECT ${INSTRUMENT} FROM instrument WHERE profile_id = ANY($1) ORDER BY created_at DESC, id DESC`,
      [ids(queries)])),
    totals: async (queries) => many(queries, await rows('totals_of',
      `SELECT profile_id AS "profileId", currency, payment_count AS "paymentCount",
         success_count AS "successCount", captured, last_payment_at AS "lastPaymentAt"
       FROM profile_total WHERE tenant_id = $1 AND profile_id = ANY($2)`,
      [queries[0].params.tenant, ids(queries)])),
    payments: async (queries) => many(queries, (await rows('payments_of',
      `SELECT y.profile_id AS "profileId", y.merchant_transaction_id AS "merchantTransactionId", y.status,
         y.amount, y.currency, y.created_at AS "createdAt", y.instrument_id AS "instrumentId"
       FROM unnest($2::uuid[]) AS k (id) CROSS JOIN LATERAL (
         SELECT * FROM payment WHERE profile_id = k.id AND tenant_id = $1
         ORDER BY created_at DESC, id DESC LIMIT $3) y`,
      [queries[0].params.tenant, ids(queries), queries[0].params.first]))
      .map(({ amount, currency, ...row }) => ({ ...row, amount: { amount, currency } }))),
  },
  Payment: {
    instrument: async (queries) => one(queries, await rows('instruments',
      `SELECT ${INSTRUMENT} FROM instrument WHERE id = ANY($1)`, [ids(queries, 'instrumentId')]), 'instrumentId'),
  },
}

const app = Fastify()
app.register(mercurius, { schema, resolvers, loaders, jit: 1 })
await app.listen({ host: '127.0.0.1', port: 0 })
console.log(JSON.stringify({ address: `127.0.0.1:${app.server.address().port}` }))
