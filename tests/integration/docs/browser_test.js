// /docs as a person sees it, in Debian's Chromium: each operation is tried out as it stands.
import assert from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { chromium } from 'playwright-core';

import { PATIENCE, Program, startMemory } from './program.js';

// The browser can find no other machine, as without a network.
const OFFLINE = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

const OTHERS = ['ObterUsuarios', 'BuscarPorEmail', 'AtualizarUsuario', 'VerificarSenha', 'ExportarUsuarios',
  'RemoverUsuario'];

async function openBrowser(t) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: OFFLINE, timeout: PATIENCE });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
  page.setDefaultTimeout(PATIENCE);
  return page;
}

const blockOf = (page, method) => page.locator(`[id$="-usuarios_Usuarios_${method}"]`);

// Opens the block of a method, or closes it.
const toggle = (page, method) => blockOf(page, method).locator('.opblock-summary-control').click();

// Of requests and mistakes of the page, from here on.
function watch(page) {
  const seen = { requests: [], complaints: [] };
  page.on('request', (request) => request.url().startsWith('data:') || seen.requests.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && seen.complaints.push(message.text()));
  page.on('pageerror', (error) => seen.complaints.push(error.message));
  return seen;
}

// Takes the prefix off, as README.md of pistache_http shows it.
const nginxConfig = (folder, port, target) => `daemon off;
user root;
pid ${folder}/pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    location /api/ { proxy_pass http://${target}/; }
  }
}
`;

async function freePort() {
  const server = net.createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

async function startNginx(t, port, target) {
  const folder = await mkdtemp(join(tmpdir(), 'tomada_nginx_'));
  await writeFile(join(folder, 'conf'), nginxConfig(folder, port, target));
  const nginx = new Program(t, ['nginx', '-e', 'stderr', '-c', join(folder, 'conf')],
    { PATH: `${process.env.PATH}:/usr/sbin` });
  t.after(async () => { await nginx.stop(); await rm(folder, { recursive: true }); });
  await nginx.line(/start worker process /);
}

// What the page shows of the answer to a call with the values that it came with.
async function tryOut(page, method) {
  const block = blockOf(page, method);
  await toggle(page, method);
  await block.getByRole('button', { name: 'Try it out' }).click();
  await block.getByRole('button', { name: 'Execute' }).click();
  const answer = block.locator('.live-responses-table .response');
  const status = await answer.locator('.response-col_status').innerText();
  const body = await answer.locator('.response-col_description .highlight-code').first().innerText();
  return { status: parseInt(status), body };
}

test('/docs, from / to the last Execute', async (t) => {
  const page = await openBrowser(t);  // closed before the host stops, which waits for its connections
  const { http } = await startMemory(t);
  const { requests, complaints } = watch(page);

  await page.goto(`http://${http}/`);
  assert.equal(new URL(page.url()).pathname, '/docs');
  await page.locator('.opblock').first().waitFor();
  await page.waitForFunction(() => document.title === 'Usuarios');
  await page.screenshot({ path: 'overview.png', fullPage: true });

  const created = await tryOut(page, 'CriarUsuario');
  assert.equal(created.status, 200, created.body);
  assert.match(created.body, /"nome": "Ana"/);
  await toggle(page, 'CriarUsuario');
  const got = await tryOut(page, 'ObterUsuario');
  assert.equal(got.status, 200, got.body);
  assert.match(got.body, /"email": "ana@example.com"/);
  // docs/live-documentation.png is its upper part, in 64 colours.
  await page.screenshot({ path: 'tried_out.png', fullPage: true });
  for (const method of OTHERS) {
    const { status, body } = await tryOut(page, method);
    assert.equal(status, 200, `${method}: ${body}`);
  }

  assert.ok(requests.length > OTHERS.length);
  assert.deepEqual(requests.filter((url) => new URL(url).host !== http), []);
  assert.deepEqual(complaints, []);
});

for (const named of [false, true]) {
  test(`/docs behind nginx and a path prefix, ${named ? 'by public_url' : 'which nobody names'}`, async (t) => {
    const page = await openBrowser(t);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/api`;
    const { http } = await startMemory(t, named ? [`components.http.config.public_url=${url}/`] : []);
    await startNginx(t, port, http);
    const { requests, complaints } = watch(page);

    await page.goto(`${url}/`);
    assert.equal(page.url(), `${url}/docs`);
    await page.locator('.opblock').first().waitFor();
    const created = await tryOut(page, 'CriarUsuario');
    assert.equal(created.status, 200, created.body);
    const got = await tryOut(page, 'ObterUsuario');
    assert.equal(got.status, 200, got.body);

    const { servers } = await (await fetch(`${url}/openapi.json`)).json();
    assert.equal(new URL(servers[0].url, `${url}/openapi.json`).href.replace(/\/$/, ''), url);
    assert.ok(requests.includes(`${url}/usuarios`), requests.join(' '));
    assert.deepEqual(requests.filter((one) => !one.startsWith(`${url}/`)), []);
    assert.deepEqual(complaints, []);
  });
}
