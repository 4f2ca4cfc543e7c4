// PostGraphile over HTTP: the token of each request is checked, and its claims go into the transaction.
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';

import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { postgraphile } from 'postgraphile';
import jsonwebtoken from 'jsonwebtoken';

const { DATABASE_URL, PORT, SIGNING_KEY, CONNECTIONS } = process.env;
const key = createPublicKey({ key: JSON.parse(SIGNING_KEY), format: 'jwk' });

const server = createServer();
const serv = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: DATABASE_URL,
      schemas: ['public'],
      pubsub: false,
      poolConfig: { max: Number(CONNECTIONS) },
    }),
  ],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: {
    context({ node }) {
      const [, token] = (node.req.headers.authorization ?? '').split(' ');
      const claims = jsonwebtoken.verify(token, key, { algorithms: ['RS256'] });
      return {
        pgSettings: { role: 'authenticated', 'request.jwt.claims': JSON.stringify(claims) },
      };
    },
  },
}).createServ(grafserv);

await serv.addTo(server);
server.listen(Number(PORT), '127.0.0.1');
