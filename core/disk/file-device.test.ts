import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openFileDevice, openFileSink } from './file-device.ts';
import { diskUses } from './in-use.ts';

const folders: string[] = [];
const file = (bytes: Uint8Array): string => {
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-device-'));
  folders.push(folder);
  const path = join(folder, 'disk.raw');
  writeFileSync(path, bytes);
  return path;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('an image file', () => {
  it('is read at any place and ends where the file ends', () => {
    const device = openFileDevice(file(Uint8Array.from({ length: 1000 }, (_, i) => i)));
    const into = new Uint8Array(10);
    expect(device.readAt(995, into)).toBe(5);
    expect([...into.subarray(0, 5)]).toEqual([227, 228, 229, 230, 231]);
    expect(device.readAt(1000, into)).toBe(0);
    expect(device).toMatchObject({ sizeBytes: 1000, sectorBytes: 512, isDevice: false });
    expect('write' in device).toBe(false);
    device.close();
  });

  it('is written, grows and is cut', () => {
    const path = file(new Uint8Array(512));
    const sink = openFileSink(path);
    sink.write(510, Uint8Array.of(1, 2, 3));
    sink.flush();
    expect(sink.sizeBytes).toBe(513);
    sink.resize?.(511);
    sink.close();
    expect(readFileSync(path).length).toBe(511);
    expect(readFileSync(path)[510]).toBe(1);
  });

  it.runIf(process.platform === 'linux').each([
    ['', false],
    [' by another name', true],
  ])('is in use while another process has it open for writing%s, and free afterwards', async (_, linked) => {
    const { spawn } = await import('node:child_process');
    const path = file(new Uint8Array(512));
    const name = linked ? `${path}.link` : path;
    if (linked) linkSync(path, name);
    expect(diskUses(path).uses).toEqual([]);
    const child = spawn(process.execPath, [
      '-e',
      `require('fs').openSync(${JSON.stringify(name)}, 'r+'); console.log('open'); setInterval(() => {}, 1000)`,
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(diskUses(path).uses).toEqual([{ kind: 'open', by: expect.stringContaining(`(${child.pid})`) }]);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(diskUses(path).uses).toEqual([]);
  });
});
