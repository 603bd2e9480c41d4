// `tomada schema` by a validator: it takes every profile that ships, and agrees with `tomada validate` on single ones.
import Ajv from 'ajv';
import { load, CORE_SCHEMA } from 'js-yaml';
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

const { TOMADA, CONFIGS } = process.env;

function tomada(...words) {
  return spawnSync(TOMADA, words, { encoding: 'utf8' });
}

// Strict: a keyword that draft 7 does not have is an error, but for ours.
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajv.addKeyword('x-tomada-claims');
const printed = tomada('schema');
assert.equal(printed.status, 0, printed.stderr);
const check = ajv.compile(JSON.parse(printed.stdout));

// What is wrong with a profile, one a line.
function mistakes(text) {
  return check(load(text, { schema: CORE_SCHEMA })) ? '' : ajv.errorsText(check.errors, { separator: '\n' });
}

test('every profile that ships', () => {
  const files = ['', 'parts'].flatMap((folder) => readdirSync(join(CONFIGS, folder)).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.yaml'));
  assert.ok(files.includes('local.yaml') && files.includes('parts/admin.yaml'), files);
  for (const file of files) assert.equal(mistakes(readFileSync(join(CONFIGS, file), 'utf8')), '', file);
});

// Components, each in a profile that has `usuarios` and `store` too.
const TEXTS = {
  good: [
    // Variables, in place of every type.
    'http: {plugin: pistache_http, uses: {services: "${A:-usuarios}"}, config: {workers: "${B:-4}", listen: "${C:-a:1}",' +
      ' docs: "${D:-true}", drain_linger: "${E:-1s}", max_unsent: "1${F:-MiB}", errors: "${G:-fastapi}",' +
      ' cors_origins: "${H:-http://a,http://b}"}}',
    'http: {plugin: "${A:-${B:-pistache_http}}", uses: {services: usuarios}, config: {workers: 4}}',
    'http: {plugin: pistache_http, uses: {services: ["${A:-usuarios}"]}, config: {cors_origins: ["${B:-http://a}"]}}',
    // A text may look like something else.
    'redis: {plugin: redis_store, config: {key_prefix: 0123, master: true, sentinels: [a:1], max_bytes: 4194304}}',
    'redis: {plugin: redis_store, config: {url: "redis://a"}}',
    'redis: {plugin: redis_store, config: {url: {file: url}}}',
    'redis: {plugin: redis_store, config: {url: {file: "${A:-url}"}}}',
    // All counts of ports.
    'http: {plugin: pistache_http, uses: {services: [usuarios]}, config: {listen: "[::1]:80"}}',
    'admin: {plugin: admin, uses: {host: host}}',
    'admin: {plugin: admin, uses: {host: [host]}, config: {}}',
    'usuarios2: {plugin: usuarios, uses: {store: store}}',
  ],
  bad: [
    'http: {plugin: pistache_http, uses: {services: usuarios}, confg: {}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {wrokers: 1}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {workers: many}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {workers: "1"}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {workers: 257}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {docs: yes}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {drain_linger: 10}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {max_unsent: 4kB}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {max_unsent: 65536}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {listen: 8000}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {errors: html}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {cors_origins: "http://a"}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: {listen: [a:1]}}',
    'http: {plugin: pistache_http, uses: {services: usuarios}, config: }',
    'http: {plugin: pistache_http, uses: {service: usuarios}}',
    'http: {plugin: pistache_http, uses: {services: [usuarios, usuarios]}}',
    'http: {plugin: pistache_http, uses: {services: []}}',
    'http: {plugin: pistache_http, uses: {}}',
    'http: {plugin: pistache_http, uses: }',
    'http: {plugin: pistache_http}',
    'http: {plugin: pistache_htp, uses: {services: usuarios}}',
    'http: {uses: {services: usuarios}}',
    'http: ',
    'redis: {plugin: redis_store, uses: {store: store}}',
    'redis: {plugin: redis_store, config: {url: {}}}',
    'redis: {plugin: redis_store, config: {url: {fiel: url}}}',
    'redis: {plugin: redis_store, config: {url: {file: url, text: "redis://a"}}}',
    'redis: {plugin: redis_store, config: {url: {file: }}}',
    'redis: {plugin: redis_store, config: {url: {file: ""}}}',
    'redis: {plugin: redis_store, config: {url: {file: [url]}}}',
    'redis: {plugin: redis_store, config: {key_prefix: {file: url}}}',
    'disk: {plugin: rocksdb_store}',
    'disk: {plugin: rocksdb_store, config: {durability: applied}}',
    'usuarios2: {plugin: usuarios, uses: {store: [store, store2]}}',
    'usuarios2: {plugin: usuarios, uses: {store: host}}',
    'admin: {plugin: admin, uses: {host: store}}',
    'Store2: {plugin: memory_store}',
    'host: {plugin: memory_store}',
  ],
};
const REST = `
  usuarios: {plugin: usuarios, uses: {store: store}}
  store: {plugin: memory_store}
`;
// Whole profiles.
const WHOLE = {
  good: [
    `host: {log: {level: debug, levels: [store=debug]}, shutdown: {grace: "\${A:-1s}"}}\ncomponents:${REST}`,
    // What this one lacks may be in a part.
    `include: [part.yaml, half.yaml]\ncomponents:\n  usuarios: {config: {}}\n  http: {plugin: pistache_http}\n  disk: {plugin: rocksdb_store}`,
    'include: ["${A:-part.yaml}"]',
    `plugins: .\ncomponents:${REST}`,
    `plugins: [., "\${A:-.}"]\ncomponents:${REST}`,
    `plugins: {only: [., "\${PLUGINS}"]}\ncomponents:${REST}`,
  ],
  bad: [
    `host: {lgo: {level: debug}}\ncomponents:${REST}`,
    `host: {log: {level: debgu}}\ncomponents:${REST}`,
    `host: {log: debug}\ncomponents:${REST}`,
    `host:\ncomponents:${REST}`,
    `component: {}\ncomponents:${REST}`,
    `plugins: []\ncomponents:${REST}`,
    `plugins: {}\ncomponents:${REST}`,
    `plugins: {only: []}\ncomponents:${REST}`,
    `plugins: {onyl: .}\ncomponents:${REST}`,
    `plugins: {only: {only: .}}\ncomponents:${REST}`,
    'components: {}',
    'components:',
    '[]',
    `include: part.yaml\ncomponents:${REST}`,
    'include: [part.yaml]\ncomponents: {usuarios: {plugn: usuarios}}',
  ],
};
// For `validate`: what they include, and the other half of it.
const PART = `components:${REST}`;
const HALF = `components: {http: {uses: {services: usuarios}}, disk: {config: {path: data}}}`;

for (const [verdict, word] of [['good', 'takes'], ['bad', 'refuses']]) {
  test(`what \`tomada validate\` ${word}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tomada_schema_'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'part.yaml'), PART);
    writeFileSync(join(folder, 'half.yaml'), HALF);
    writeFileSync(join(folder, 'url'), 'redis://a\n', { mode: 0o600 });
    const profile = join(folder, 'profile.yaml');
    const profiles = [...TEXTS[verdict].map((text) => `components:\n  ${text}${REST}`), ...WHOLE[verdict]];
    for (const text of profiles) {
      writeFileSync(profile, text);
      const { status, stderr } = tomada('validate', '--config', profile);
      assert.equal(status, verdict === 'good' ? 0 : 2, text + stderr);
      const found = mistakes(text);
      assert.equal(found === '', verdict === 'good', `${text}\n${found}`);
    }
  });
}
