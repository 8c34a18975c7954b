// PostGraphile 5 over the tables as they are; what it cannot see, relations without a foreign key and
// orders by the second column of an index, it is told.
import { createServer } from 'node:http'
import { makePgService } from 'postgraphile/adaptors/pg'
import { postgraphile } from 'postgraphile'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { jsonPgSmartTags } from 'postgraphile/utils'

const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      payment: {
        tags: {
          foreignKey: [
            '(profile_id) references profile (id)',
            '(instrument_id) references instrument (id)',
          ],
        },
        attribute: { created_at: { tags: { behavior: '+orderBy' } } },
      },
      profile: { attribute: { created_at: { tags: { behavior: '+orderBy' } } } },
      instrument: { attribute: { created_at: { tags: { behavior: '+orderBy' } } } },
    },
  },
})

const gateway = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, poolConfig: { max: 4 } })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: { explain: false },
})
const server = createServer()
await gateway.createServ(grafserv).addTo(server)
server.listen({ host: '127.0.0.1', port: 0 }, () => {
  console.log(JSON.stringify({ address: `127.0.0.1:${server.address().port}` }))
})
