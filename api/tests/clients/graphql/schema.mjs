// Where a schema file differs from the schema that a service describes by introspection: a line for each difference.
import { readFileSync } from 'node:fs';
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } from 'graphql';

const [file, url, token] = process.argv.slice(2);
const query = getIntrospectionQuery({ specifiedByUrl: true });
const response = await fetch(url, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ query }),
});
const { data, errors } = await response.json();
if (!data) throw new Error(JSON.stringify(errors));

const lines = (schema) => new Set(printSchema(lexicographicSortSchema(schema)).split('\n'));
const written = lines(buildSchema(readFileSync(file, 'utf8')));
const live = lines(buildClientSchema(data));
for (const line of written) if (!live.has(line)) console.log(`in the file only: ${line}`);
for (const line of live) if (!written.has(line)) console.log(`in the service only: ${line}`);
