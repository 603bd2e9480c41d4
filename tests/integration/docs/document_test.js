// /openapi.json of real hosts: valid, true, and of the services that the profile has.
import assert from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { callWithExamples, operationsOf } from './calls.js';
import { Program, startHost, startMemory } from './program.js';
import { assertValid } from './validators.js';

async function documentOf(address) {
  const response = await fetch(`http://${address}/openapi.json`);
  assert.equal(response.headers.get('content-type'), 'application/json');
  const text = await response.text();
  await assertValid(text);
  return JSON.parse(text);
}

const idsOf = (document) => operationsOf(document).map(({ operation }) => operation.operationId).sort();

// The user is made before anything is asked of it, and taken away after.
const rank = ({ operation }) => ({ CriarUsuario: 0, RemoverUsuario: 2 })[operation.operationId.split('_').pop()] ?? 1;

test('usuarios, in one process and in front of another', async (t) => {
  const memory = await startMemory(t);
  const document = await documentOf(memory.http);
  const operations = operationsOf(document).sort((a, b) => rank(a) - rank(b));
  await callWithExamples(memory.http, document, operations);

  const server = { GRPC_SERVER: memory.grpc };
  const cliente = await startHost(t, ['--profile', 'cliente'], ['http', 'admin_front'], server);
  assert.deepEqual(await documentOf(cliente.http), document);
});

test('admin: bytes and maps', async (t) => {
  const { admin_front: address } = await startMemory(t);
  const document = await documentOf(address);
  assert.ok(document.paths['/metrics']);
  await callWithExamples(address, document);
});

test('the errors and names that the config asks for', async (t) => {
  const { http } = await startMemory(t, ['components.http.config.errors=fastapi',
    'components.http.config.proto_names=true']);
  const document = await documentOf(http);
  assert.deepEqual(Object.keys(document.paths['/usuarios'].post.responses), ['200', '422', 'default']);
  assert.ok(document.components.schemas['usuarios.Usuario'].properties.criado_em);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`http://${http}/usuarios`, { method: 'POST', headers, body: '{"nome": ""}' });
  assert.equal(response.status, 422);
  const { detail: [first] } = await response.json();
  assert.deepEqual(Object.keys(first), document.components.schemas.ValidationError.required);
});

test('every kind of route', async (t) => {
  const { http } = await startHost(t, ['--config', 'mapping.yaml'], ['http']);
  const document = await documentOf(http);
  // One fails on purpose; of another, what it answers with is never set; the third has no example that is a URL.
  const special = ['/failing', '/nothing', '/open/{name}'];
  await callWithExamples(http, document, operationsOf(document).filter(({ path }) => !special.includes(path)));
});

test('a server that is asked for its services', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tomada_docs_'));
  t.after(() => rmSync(data, { recursive: true }));
  const { SERVIDOR, PROTO_FOLDER, GOOGLEAPIS_FOLDER } = process.env;
  const server = new Program(t, ['/usr/bin/python3', SERVIDOR, '0', PROTO_FOLDER, GOOGLEAPIS_FOLDER]);
  const [, port] = await server.line(/listening on port (\d+)/);
  const environment = { GRPC_SERVER: `127.0.0.1:${port}`, TOMADA_DATA: data };
  const { http } = await startHost(t, ['--profile', 'gateway'], ['http'], environment);
  const document = await documentOf(http);
  assert.deepEqual(idsOf(document), ['acervo_Acervo_Comprar', 'acervo_Acervo_Conferir', 'acervo_Acervo_Descartar',
    'acervo_Acervo_Emprestar', 'acervo_Acervo_ListarLivros', 'acervo_Acervo_ObterCapa', 'acervo_Acervo_ObterLivro',
    'acervo_Acervo_Receber']);
  await callWithExamples(http, document);
});
