// A client that knows nothing but a document: calls operations with their examples, as "Try it out" does.
import Ajv from 'ajv/dist/2020.js';
import assert from 'node:assert';

export function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
}

// Expects of each operation that its example succeeds and that the answer is what the document says of it.
export async function callWithExamples(address, document, operations = operationsOf(document)) {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  for (const one of operations) {
    const status = successOf(one);
    const response = await fetch(`http://${address}${targetOf(one)}`, { redirect: 'manual', ...requestOf(one) });
    const body = await response.text();
    assert.equal(response.status, Number(status), `${one.method} ${targetOf(one)} ${requestOf(one).body}: ${body}`);
    const declared = one.operation.responses[status];
    assert.equal(response.headers.has('location'), declared.headers?.Location !== undefined);
    if (declared.content === undefined) assert.equal(body, '');
    for (const answer of messagesOf(response, body)) {
      const pointer = ['paths', one.path, one.method, 'responses', status, 'content', mediaTypeOf(response), 'schema'];
      const check = ajv.compile({ $ref: `document#/${pointer.map(escape).join('/')}` });
      assert.ok(check(answer), `${one.method} ${one.path}: ${ajv.errorsText(check.errors)} in ${body}`);
    }
  }
}

const successOf = ({ operation }) => Object.keys(operation.responses).find((status) => /^[23]/.test(status));

function targetOf({ path, operation }) {
  const given = operation.parameters.filter((parameter) => parameter.example !== undefined);
  const query = new URLSearchParams(given.filter(({ in: place }) => place === 'query').map((p) => [p.name, p.example]));
  const target = given.reduce((text, p) => text.replace(`{${p.name}}`, encodeURIComponent(p.example)), path);
  return query.size === 0 ? target : `${target}?${query}`;
}

function requestOf({ method, operation }) {
  const json = operation.requestBody?.content['application/json'];
  if (json) {
    return { method: method.toUpperCase(), body: JSON.stringify(json.example),
      headers: { 'content-type': 'application/json' } };
  }
  return { method: method.toUpperCase(), body: operation.requestBody && 'any bytes' };
}

const mediaTypeOf = (response) => (response.headers.get('content-type') ?? '').split(';')[0];

// Of what is JSON.
function messagesOf(response, body) {
  switch (mediaTypeOf(response)) {
    case 'application/json': return [JSON.parse(body)];
    case 'application/x-ndjson': return body.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    default: return [];
  }
}

const escape = (key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
