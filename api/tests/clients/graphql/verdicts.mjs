// What graphql-js says of each request of corpus.jsonl: one word per line, the step that fails, or `ok`.
import { readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, GraphQLError, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';

const [schemaFile, corpusFile] = process.argv.slice(2);
const schema = buildSchema(readFileSync(schemaFile, 'utf8'));

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** A string of this form, as the descriptions of the schema say. */
function scalar(name, form) {
  const read = (value) => {
    if (typeof value === 'string' && form.test(value)) return value;
    throw new GraphQLError(`not a ${name}`);
  };
  const type = schema.getType(name);
  type.parseValue = read;
  type.parseLiteral = (literal) => read(literal.kind === 'StringValue' ? literal.value : null);
}
scalar('UUID', UUID);
scalar('DateTime', INSTANT);

function verdict({ query, variables = {}, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch {
    return 'syntax';
  }
  if (validate(schema, document).length > 0) return 'validation';
  const operation = getOperationAST(document, operationName);
  if (!operation) return 'operation';
  const definitions = operation.variableDefinitions ?? [];
  return getVariableValues(schema, definitions, variables).errors ? 'variables' : 'ok';
}

for (const line of readFileSync(corpusFile, 'utf8').split('\n').filter(Boolean)) {
  console.log(verdict(JSON.parse(line)));
}
