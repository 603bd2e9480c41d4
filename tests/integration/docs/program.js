// Programs in processes of their own, as an operator starts them.
import assert from 'node:assert';
import { spawn } from 'node:child_process';

// For what is expected to happen; generous, because sanitizers and busy machines are slow.
export const PATIENCE = 60_000;

export class Program {
  #output = '';
  #process;
  #ended;
  #heard = () => {};

  // Stopped when `test` ends, if not before.
  constructor(test, command, environment = {}) {
    // None is left behind when the test is killed.
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', ...command],
      { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on('data', (text) => {
        this.#output += text;
        this.#heard();
      });
    }
    this.#ended = new Promise((resolve) => { this.#process.on('close', resolve); });
    this.#ended.then(() => this.#heard());
    test.after(() => this.stop());
  }

  // Waits for output that matches, printed now or earlier, and returns the match.
  async line(pattern) {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = this.#output.match(pattern);
      if (found) return found;
      if (this.#process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${this.#process.spawnargs.join(' ')} did not print ${pattern}:\n${this.#output}`);
      }
      await new Promise((resolve) => {
        const again = setTimeout(resolve, 1000);
        this.#heard = () => { clearTimeout(again); resolve(); };
      });
    }
  }

  // Its exit code.
  stop() {
    this.stop = () => this.#ended;  // a second signal would be another wish
    this.#process.kill('SIGTERM');
    return this.#ended;
  }
}

// `tomada run`, once it is ready: the address of each of `transports`.
export async function startHost(test, options, transports, environment = {}) {
  const settings = transports.flatMap((id) => [`${id}.config.listen=127.0.0.1:0`,
    // Connections that fetch keeps need not hold up the stop.
    ...(id === 'grpc' ? [] : [`${id}.config.drain_linger=0s`])]);
  const set = settings.flatMap((setting) => ['--set', `components.${setting}`]);
  const host = new Program(test, [process.env.TOMADA, 'run', ...options, ...set], environment);
  test.after(async () => assert.equal(await host.stop(), 0));
  await host.line(/host: ready/);
  const addresses = {};
  for (const id of transports) {
    addresses[id] = (await host.line(new RegExp(` ${id}: listening .*address=(127\\.0\\.0\\.1:\\d+)`)))[1];
  }
  return addresses;
}

export function startMemory(test, settings = []) {
  const options = ['--profile', 'memory', ...settings.flatMap((setting) => ['--set', setting])];
  return startHost(test, options, ['http', 'grpc', 'admin_front']);
}
