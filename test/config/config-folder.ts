import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { type Config, ConfigRefused, type Mistake, readConfig } from '../../src/config.ts';

export const SECRET = 'a secret of the test, more than 32 long';

/** The required keys and nothing else. */
export function smallest() {
  return {
    publicUrl: 'https://sallyport.example.com',
    accountUrl: 'https://{account}.accounts.example.com',
    store: 'sqlite:data/sallyport.db',
    staff: {
      issuer: 'https://login.example.com',
      clientId: 'sallyport',
      clientSecret: 'staff secret',
      roles: { support: ['support'] },
    } as Record<string, unknown>,
    upstreams: [{ name: 'console', target: 'https://console.example.net' }] as unknown[],
    log: { origin: 'sallyport.example.com/access' } as Record<string, unknown>,
  };
}

type Values = { [key: string]: unknown };

/** The smallest configuration with one key changed; `undefined` takes it away. */
export function changed(path: string, value: unknown): Values {
  const settings: Values = smallest();
  change(settings, path, value);
  return settings;
}

/** Changes a key in place, making the sections and lists it stands in. */
export function change(settings: Values, path: string, value: unknown): void {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  const last = steps.pop() ?? assert.fail('a path has a last step');
  let place = settings;
  for (const [position, step] of steps.entries()) {
    const next = steps[position + 1] ?? last;
    place[step] ??= /^\d+$/.test(next) ? [] : {};
    place = place[step] as Values;
  }
  if (value === undefined) delete place[last];
  else place[last] = value;
}

/** A folder of its own for configuration files; it is removed after the tests of the file. */
export class ConfigFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'sallyport-config-'));

  constructor() {
    after(() => rmSync(this.path, { recursive: true, force: true }));
  }

  write(name: string, text: string | Uint8Array, mode = 0o600): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    // The umask has no say in it.
    chmodSync(file, mode);
    return file;
  }

  readText(text: string, env: Record<string, string> = {}): Config {
    return readConfig({ file: this.write('sallyport.yaml', text), env });
  }

  read(settings: object, env: Record<string, string> = {}): Config {
    return this.readText(JSON.stringify(settings), env);
  }

  refuseText(text: string, env: Record<string, string> = {}): readonly Mistake[] {
    try {
      this.readText(text, env);
    } catch (error) {
      assert.ok(error instanceof ConfigRefused, String(error));
      return error.mistakes;
    }
    return assert.fail('the configuration was accepted');
  }

  refuse(settings: object, env: Record<string, string> = {}): readonly Mistake[] {
    return this.refuseText(JSON.stringify(settings), env);
  }

  /** Asserts that there is exactly one mistake, at this path, with a detail that matches. */
  assertRefused(settings: object, path: string, detail: RegExp): void {
    const mistakes = this.refuse(settings);
    assert.deepEqual(
      mistakes.map((mistake) => mistake.path),
      [path],
      JSON.stringify(mistakes),
    );
    assert.match(mistakes[0]?.detail ?? '', detail);
  }
}
