import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { evidenceFiles } from './evidence.ts';
import { CONNECTION_ROWS, type RunningWorld, startWorld } from './index.ts';

let world: RunningWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

function dialled(port: number, address: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => {
      socket.destroy();
      resolve('open');
    });
    socket.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? 'error'));
  });
}

describe('the rows', () => {
  it('are a world with an attempt, or an attempt somebody recorded', () => {
    for (const { id, on, world: start, connect: how, attempt } of CONNECTION_ROWS) {
      expect(on === 'evidence', id).toBe(attempt !== undefined);
      if (attempt !== undefined) expect([start, how], id).toEqual([undefined, undefined]);
      else expect(start, id).toBeDefined();
    }
  });

  it('say in both languages how they are reproduced', () => {
    for (const { id, how } of CONNECTION_ROWS) {
      expect(how.en, id).toMatch(/[a-z]/);
      expect(how.ja, id).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
    }
  });
});

describe('a world', () => {
  it('without a host has a closed port', async () => {
    world = await startWorld({});
    expect(await dialled(world.place.port, world.place.address)).toBe('ECONNREFUSED');
    expect([world.checks(), world.logons()]).toEqual([0, []]);
  });

  it('ends everything it started', async () => {
    world = await startWorld({ host: { listeners: [{ transport: 'HTTPS' }] }, inspected: true, kdc: { principals: [] } });
    const { place, cert } = world;
    expect(place.transport).toBe('https');
    expect(cert).toContain('BEGIN CERTIFICATE');
    expect(await dialled(place.port, place.address)).toBe('open');
    await world.close();
    world = undefined;
    expect(await dialled(place.port, place.address)).toBe('ECONNREFUSED');
  });

  it('shows the inspecting device in the place of the host', async () => {
    const spec = { host: { listeners: [{ transport: 'HTTPS' }] } } as const;
    const [plain, inspected] = [await startWorld(spec), await startWorld({ ...spec, inspected: true })];
    expect(inspected.cert).not.toBe(plain.cert);
    await Promise.all([plain.close(), inspected.close()]);
  });
});

describe('evidence', () => {
  it('is one file for each channel, and one for the settings', () => {
    const logon = { id: 4625, user: 'alice', domain: 'CORP', scheme: 'NTLM', status: 0xc000_006a } as const;
    const event = { channel: 'Microsoft-Windows-NTLM/Operational', provider: 'Microsoft-Windows-NTLM', id: 4010, data: [] };
    const files = evidenceFiles({ securityLog: true, events: [event], facts: ['a=b'] }, [logon], Date.now());
    expect(files.map(({ name }) => name)).toEqual(['Security.evtx', 'Microsoft-Windows-NTLM%4Operational.evtx', 'facts.json']);
    expect(Buffer.from(files[2]?.bytes ?? []).toString()).toBe('[{"fact":"a","value":"b"}]');
  });

  it('holds no log when nothing failed', () => {
    const logon = { id: 4624, user: 'alice', domain: 'CORP', scheme: 'NTLM', status: 0 } as const;
    expect(evidenceFiles({ securityLog: true }, [logon], Date.now())).toEqual([]);
  });
});
