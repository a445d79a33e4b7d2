import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { CliError } from './errors.ts';
import { portsOf, targetsOf } from './targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'winmedic-targets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('takes hosts of the command line and the first column of a list, each once', () => {
  const path = join(folder, 'hosts.csv');
  writeFileSync(path, '\ufeff# servers\r\nhv01,Tokyo\r\n"hv02";Osaka\r\n\r\nhv01\r\n');
  expect(targetsOf(['hv00', 'hv01'], [path], 'connect')).toEqual(['hv00', 'hv01', 'hv02']);
});

it('does not repeat what may be a password in a URL', () => {
  for (const password of ['hunter22', 'hunter22/x', 'hunter22@x', '/hunter22', 'hunter22\nx'])
    for (const scheme of ['http://', 'HTTPS://', '']) {
      const error = catching(() => targetsOf([`${scheme}alice:${password}@hv01/wsman`], [], 'connect'));
      expect(error.code).toBe('CLI_INVALID_VALUE');
      expect(error.text('en') + error.text('ja')).not.toContain('hunter22');
      expect(error.text('en')).toContain(`${scheme}…@hv01/wsman`);
    }
});

it('asks for a host when there is none', () => {
  expect(catching(() => targetsOf([], [], 'connect')).code).toBe('CLI_MISSING_ARGUMENT');
});

it('reads lists and ranges of ports, and refuses what is none', () => {
  expect(portsOf(['3389,3390-3392', '3391'], '--find-rdp')).toEqual([3389, 3390, 3391, 3392]);
  for (const wrong of ['', '0', '70000', '5-3', 'a', '1-2-3']) expect(() => portsOf([wrong], '--find-rdp')).toThrow(CliError);
});

function catching(work: () => unknown): CliError {
  try {
    work();
  } catch (error) {
    if (error instanceof CliError) return error;
  }
  throw new Error('no CliError');
}
