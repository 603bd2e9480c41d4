// /docs as a person sees it, in Debian's Chromium: each operation is tried out as it stands.
import assert from 'node:assert';
import test from 'node:test';
import { chromium } from 'playwright-core';

import { PATIENCE, startMemory } from './program.js';

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

// What the page shows of the answer to a call with the values that it came with.
async function tryOut(page, method) {
  const block = page.locator(`[id$="-usuarios_Usuarios_${method}"]`);
  await block.locator('.opblock-summary-control').click();
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
  const requests = [];
  const complaints = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));

  await page.goto(`http://${http}/`);
  assert.equal(new URL(page.url()).pathname, '/docs');
  await page.locator('.opblock').first().waitFor();
  await page.waitForFunction(() => document.title === 'Usuarios');
  await page.screenshot({ path: 'overview.png', fullPage: true });

  const created = await tryOut(page, 'CriarUsuario');
  assert.equal(created.status, 200, created.body);
  assert.match(created.body, /"nome": "Ana"/);
  const got = await tryOut(page, 'ObterUsuario');
  assert.equal(got.status, 200, got.body);
  assert.match(got.body, /"email": "ana@example.com"/);
  await page.screenshot({ path: 'tried_out.png', fullPage: true });
  for (const method of OTHERS) {
    const { status, body } = await tryOut(page, method);
    assert.equal(status, 200, `${method}: ${body}`);
  }

  assert.ok(requests.length > OTHERS.length);
  assert.deepEqual(requests.filter((url) => !url.startsWith('data:') && new URL(url).host !== http), []);
  assert.deepEqual(complaints, []);
});
