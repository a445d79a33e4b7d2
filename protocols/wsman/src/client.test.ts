import { describe, expect, it } from 'vitest';
import { WsmanClient } from './client.ts';
import type { ClientOptions } from './client-types.ts';
import { WsmanError } from './errors.ts';
import { type FaultToWrite, writeFault } from './fault-write.ts';
import { DIALECT, NS, RESOURCE, wmi } from './namespaces.ts';
import type { ReceivedRequest } from './request.ts';
import { parseRequest } from './request-read.ts';
import {
  type AnswerContext,
  writeAnswer,
  writeCommandAnswer,
  writeCreated,
  writeEmptyAnswer,
  writeEnumerateAnswer,
  writeEventPage,
  writeIdentity,
  writeInstanceAnswer,
  writeInvokeAnswer,
  writePullAnswer,
  writeReceiveAnswer,
  writeSendAnswer,
  writeSignalAnswer,
  writeSubscribed,
} from './response-write.ts';
import type { SessionApi } from './session-types.ts';
import type { WsmanInstance } from './values.ts';

const CLASS = wmi('root/cimv2', 'Win32_X');
const instance = (index: number): WsmanInstance => ({
  class: 'Win32_X',
  namespace: 'root/cimv2',
  resourceUri: CLASS,
  properties: new Map([['Index', String(index)]]),
});

type Answer = (request: ReceivedRequest, context: AnswerContext) => string;

/** A client on a session whose service is a function; sleeps are noted and not slept. */
function clientOf(answer: Answer, options: ClientOptions = {}) {
  const requests: ReceivedRequest[] = [];
  const sleeps: number[] = [];
  const session: SessionApi = {
    state: 'accepted',
    roundTrips: 0,
    probe: () => Promise.reject(new Error('not here')),
    login: () => Promise.reject(new Error('not here')),
    post: async (envelope) => {
      const request = parseRequest(envelope);
      requests.push(request);
      const written = answer(request, { request, messageId: `uuid:${requests.length}` });
      return { status: written.includes(':Fault>') ? 500 : 200, envelope: Buffer.from(written), sealed: true };
    },
    close: () => {},
  };
  const client = new WsmanClient(session, { sleep: async (ms) => void sleeps.push(ms), random: () => 1, ...options });
  return { client, requests, sleeps, session };
}

const fault = (code: number, subcode = 'InternalError'): FaultToWrite => ({
  shape: code === 0 ? 'plain' : 'wsman',
  soapCode: 'Receiver',
  subcode: ['w', subcode],
  code,
  machine: 'HV01',
  text: '日本語の説明',
});

/** A service of `total` instances that gives at most `cap` per answer, and faults when more than `fits` are asked for. */
function enumerating(total: number, { cap = 32_000, fits = Number.POSITIVE_INFINITY, dropsContext = false } = {}): Answer {
  const open = new Map<string, number>();
  let contexts = 0;
  return ({ operation }, context) => {
    if (operation.kind === 'release') {
      open.delete(operation.context);
      return writeEmptyAnswer(context);
    }
    if (operation.kind !== 'enumerate' && operation.kind !== 'pull') throw new Error(operation.kind);
    if (operation.kind === 'pull' && !open.has(operation.context)) {
      return writeFault(context, { ...fault(0x8033801b), subcode: ['n', 'InvalidEnumerationContext'] });
    }
    const asked = Math.min(operation.maxElements ?? 1, cap);
    if (asked > fits && total > fits) {
      if (dropsContext) open.clear();
      return writeFault(context, fault(0x80338048, 'EncodingLimit'));
    }
    const id = operation.kind === 'pull' ? operation.context : `uuid:C${++contexts}`;
    const from = operation.kind === 'pull' ? (open.get(id) ?? 0) : 0;
    const items = Array.from({ length: Math.min(asked, total - from) }, (_, at) => instance(from + at));
    const end = from + items.length >= total;
    if (end) open.delete(id);
    else open.set(id, from + items.length);
    const page = { items, mode: 'object' as const, context: end ? '' : id, end };
    return operation.kind === 'pull' ? writePullAnswer(context, page) : writeEnumerateAnswer(context, page);
  };
}

async function indexes(instances: AsyncIterable<WsmanInstance>): Promise<number[]> {
  const result: number[] = [];
  for await (const each of instances) result.push(Number(each.properties.get('Index')));
  return result;
}
const range = (length: number) => Array.from({ length }, (_, index) => index);

async function errorOf(run: Promise<unknown>): Promise<WsmanError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WsmanError);
  return error as WsmanError;
}

describe('an enumeration', () => {
  it('takes one round trip when everything fits', async () => {
    const { client, requests } = clientOf(enumerating(300));
    expect(await indexes(client.query('root\\cimv2', 'select Index from Win32_X'))).toEqual(range(300));
    expect(client.counters).toEqual({ roundTrips: 1, instances: 300, timeoutRepeats: 0, quotaRepeats: 0, halvings: 0 });
    expect(requests[0]).toMatchObject({
      resourceUri: wmi('root/cimv2', '*'),
      maxEnvelopeSize: 512_000,
      operationTimeoutMs: 20_000,
      operation: {
        kind: 'enumerate',
        optimize: true,
        maxElements: 32_000,
        filter: { dialect: DIALECT.wql, text: 'select Index from Win32_X' },
      },
    });
  });

  it('pulls the rest, and learns the batch of an old host', async () => {
    const { client, requests } = clientOf(enumerating(90, { cap: 20 }));
    expect(await indexes(client.enumerate({ resourceUri: CLASS }))).toEqual(range(90));
    expect(requests.map(({ operation }) => 'maxElements' in operation && operation.maxElements)).toEqual([32_000, 32_000, 20, 20, 20]);
    expect(client.maxElements).toBe(20);
  });

  it('is released when it is left early, or when its reader fails', async () => {
    const { client, requests } = clientOf(enumerating(90, { cap: 20 }));
    for await (const each of client.enumerate({ resourceUri: CLASS })) if (each.properties.get('Index') === '3') break;
    expect(requests.map(({ operation }) => operation.kind)).toEqual(['enumerate', 'release']);
    const failing = async () => {
      for await (const each of client.enumerate({ resourceUri: CLASS })) throw new Error(String(each.properties.get('Index')));
    };
    await expect(failing()).rejects.toThrow('0');
    expect(requests.map(({ operation }) => operation.kind)).toEqual(['enumerate', 'release', 'enumerate', 'release']);
  });

  it('is not released again when it came to its end', async () => {
    const { client, requests } = clientOf(enumerating(40, { cap: 20 }));
    await indexes(client.enumerate({ resourceUri: CLASS }));
    expect(requests.map(({ operation }) => operation.kind)).toEqual(['enumerate', 'pull']);
  });

  it('asks for smaller pieces when an answer would be too large', async () => {
    const { client, requests } = clientOf(enumerating(30, { fits: 8 }), { maxElements: 32 });
    expect(await indexes(client.enumerate({ resourceUri: CLASS }))).toEqual(range(30));
    expect(requests.map(({ operation }) => 'maxElements' in operation && operation.maxElements)).toEqual([32, 16, 8, 8, 8, 8]);
    expect(client.counters.halvings).toBe(2);
  });

  it('gives up when one instance alone is too large', async () => {
    const { client } = clientOf(enumerating(30, { fits: 0 }), { maxElements: 4 });
    const error = await errorOf(indexes(client.enumerate({ resourceUri: CLASS })));
    expect([error.code, error.fault?.wsmanCode]).toEqual(['WSMAN_FAULT', 0x80338048]);
    expect(client.counters).toMatchObject({ roundTrips: 3, halvings: 2 });
  });

  it('starts again on a host that dropped it with the answer that was too large, as long as nothing was given out', async () => {
    // Nothing in the first answer (the host does not optimise), then a Pull that is too large and loses the context.
    const service = enumerating(30, { fits: 8, dropsContext: true });
    let enumerations = 0;
    const { client } = clientOf(
      (request, context) => {
        if (request.operation.kind !== 'enumerate') return service(request, context);
        enumerations++;
        const full = service({ ...request, operation: { ...request.operation, maxElements: 0 } }, context);
        return full;
      },
      { maxElements: 16 },
    );
    expect(await indexes(client.enumerate({ resourceUri: CLASS }))).toEqual(range(30));
    expect(enumerations).toBe(2);
  });

  it('does not start again and again on a host that never knows its contexts', async () => {
    const { client, requests } = clientOf(
      ({ operation }, context) => {
        if (operation.kind === 'pull' && operation.maxElements! > 8) return writeFault(context, fault(0x80338048, 'EncodingLimit'));
        if (operation.kind === 'pull') return writeFault(context, fault(0x8033801b));
        return writeEnumerateAnswer(context, { items: [], mode: 'object', context: 'uuid:1', end: false });
      },
      { maxElements: 32 },
    );
    expect((await errorOf(indexes(client.enumerate({ resourceUri: CLASS })))).fault?.wsmanCode).toBe(0x8033801b);
    expect(requests.map(({ operation }) => operation.kind)).toEqual(['enumerate', 'pull', 'pull', 'pull', 'enumerate', 'pull']);
  });

  it('does not hide a context that was lost in the middle', async () => {
    const service = enumerating(90, { cap: 20 });
    const { client, requests } = clientOf((request, context) =>
      request.operation.kind === 'pull' ? writeFault(context, fault(0x8033801b)) : service(request, context),
    );
    expect((await errorOf(indexes(client.enumerate({ resourceUri: CLASS })))).fault?.wsmanCode).toBe(0x8033801b);
    expect(requests.map(({ operation }) => operation.kind)).toEqual(['enumerate', 'pull']);
  });

  it('may give references, or both', async () => {
    const reference = { address: 'http://HV01/wsman', resourceUri: CLASS, selectors: new Map([['Index', '7']]) };
    const { client } = clientOf(({ operation }, context) =>
      writeEnumerateAnswer(context, {
        items: [{ ...instance(7), reference }],
        mode: operation.kind === 'enumerate' ? operation.mode : 'object',
        context: '',
        end: true,
      }),
    );
    const all = async (mode: 'object' | 'reference' | 'objectAndReference') => {
      const result: WsmanInstance[] = [];
      for await (const each of client.enumerate({ resourceUri: CLASS }, { mode })) result.push(each);
      return result;
    };
    expect(await all('object')).toEqual([instance(7)]);
    expect(await all('reference')).toEqual([{ properties: new Map(), reference }]);
    expect(await all('objectAndReference')).toEqual([{ ...instance(7), reference }]);
  });

  it('keeps other operations out until it is read or left', async () => {
    const { client } = clientOf(enumerating(2));
    for await (const _ of client.enumerate({ resourceUri: CLASS })) {
      expect((await errorOf(client.get({ resourceUri: CLASS }))).code).toBe('WSMAN_BUSY');
      break;
    }
    expect(await indexes(client.enumerate({ resourceUri: CLASS }))).toEqual([0, 1]);
  });
});

describe('a fault', () => {
  const once = (first: FaultToWrite, count = 1): Answer => {
    let left = count;
    return (request, context) =>
      left-- > 0
        ? writeFault(context, first)
        : request.operation.kind === 'identify'
          ? writeIdentity({ securityProfiles: [] })
          : writeInstanceAnswer(context, instance(1));
  };

  it('of the operation time-out is repeated when the operation only reads', async () => {
    const { client, sleeps } = clientOf(once(fault(0x80338029, 'TimedOut'), 3));
    expect((await client.get({ resourceUri: CLASS })).class).toBe('Win32_X');
    expect([client.counters.timeoutRepeats, client.counters.roundTrips, sleeps]).toEqual([3, 4, []]);
    const writer = clientOf(once(fault(0x80338029, 'TimedOut')));
    expect((await errorOf(writer.client.invoke({ resourceUri: CLASS }, 'Reboot'))).fault?.wsmanCode).toBe(0x80338029);
    expect(writer.requests).toHaveLength(1);
  });

  it('of the operation time-out is repeated a bounded number of times', async () => {
    const { client, requests } = clientOf(once(fault(0x80338029, 'TimedOut'), 100), { timeoutRepeats: 4 });
    expect((await errorOf(client.get({ resourceUri: CLASS }))).code).toBe('WSMAN_FAULT');
    expect(requests).toHaveLength(5);
  });

  it('of a quota waits longer each time, with chance, and then gives up', async () => {
    const { client, sleeps, requests } = clientOf(once(fault(0x803381a6), 100));
    expect((await errorOf(client.invoke({ resourceUri: CLASS }, 'X'))).fault?.wsmanCode).toBe(0x803381a6);
    expect(sleeps).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(requests).toHaveLength(6);
    const early = clientOf(once(fault(0x803381a6)), { random: () => 0 });
    await early.client.get({ resourceUri: CLASS });
    expect(early.sleeps).toEqual([500]);
    const long = clientOf(once(fault(0x803381a6), 9), { quotaRepeats: 9 });
    await long.client.get({ resourceUri: CLASS });
    expect(Math.max(...long.sleeps)).toBe(60_000);
  });

  it('without a code that is InternalError is tried once more, only when the operation reads', async () => {
    const { client, requests } = clientOf(once(fault(0), 5));
    expect((await errorOf(client.get({ resourceUri: CLASS }))).fault?.soapSubcode).toBe('InternalError');
    expect(requests).toHaveLength(2);
    const writer = clientOf(once(fault(0), 5));
    await errorOf(writer.client.delete({ resourceUri: CLASS }));
    expect(writer.requests).toHaveLength(1);
  });

  it('of the size that is asked for makes it smaller, for good', async () => {
    const { client, requests } = clientOf(once(fault(0x80338049, 'EncodingLimit')));
    await client.get({ resourceUri: CLASS });
    await client.get({ resourceUri: CLASS });
    expect(requests.map(({ maxEnvelopeSize }) => maxEnvelopeSize)).toEqual([512_000, 153_600, 153_600]);
  });

  it('of any other kind is told at once, in either shape', async () => {
    for (const shape of ['wsman', 'wmi'] as const) {
      const { client, requests } = clientOf(once({ ...fault(5, 'AccessDenied'), shape }));
      const error = await errorOf(client.get({ resourceUri: CLASS }));
      expect(error.fault).toMatchObject({ wsmanCode: 5, soapSubcode: 'AccessDenied' });
      expect(requests).toHaveLength(1);
    }
  });

  it('of a message has an id of its own each time', async () => {
    const { client, requests } = clientOf(once(fault(0x80338029), 2));
    await client.get({ resourceUri: CLASS });
    expect(new Set(requests.map(({ messageId }) => messageId)).size).toBe(3);
    expect(requests[0]?.messageId).toMatch(/^uuid:[0-9A-F]{8}-/);
  });
});

describe('single operations', () => {
  it('Identify, Get, Put, Delete, Invoke', async () => {
    const { client, requests } = clientOf(({ operation, action }, context) => {
      if (operation.kind === 'identify') return writeIdentity({ productVendor: 'V', securityProfiles: ['urn:1', 'urn:2'] });
      if (operation.kind === 'put') return writeInstanceAnswer(context, operation.instance);
      if (operation.kind === 'invoke') return writeInvokeAnswer(context, action.split('/').at(-1)!, new Map([['ReturnValue', '0']]));
      return operation.kind === 'get' ? writeInstanceAnswer(context, instance(1)) : writeEmptyAnswer(context);
    });
    const target = { resourceUri: CLASS, selectors: new Map([['Index', '1']]), options: new Map([['wmi:x', 'y']]) };
    expect(await client.identify()).toEqual({ productVendor: 'V', securityProfiles: ['urn:1', 'urn:2'] });
    expect(await client.get(target)).toEqual(instance(1));
    expect(await client.put(target, instance(2))).toEqual(instance(2));
    await client.delete(target);
    expect([...(await client.invoke(target, 'Reboot', new Map([['Force', 'true']]))).properties]).toEqual([['ReturnValue', '0']]);
    expect(requests.slice(1).every(({ selectors, options }) => selectors.get('Index') === '1' && options.get('wmi:x') === 'y')).toBe(true);
    expect(requests.at(-1)?.action).toBe(`${CLASS}/Reboot`);
  });

  it('an answer of the wrong kind is an error', async () => {
    const { client } = clientOf((_, context) => writeAnswer(context, [], (writer) => writer.leaf('w:Odd')));
    expect((await errorOf(client.identify())).code).toBe('WSMAN_ENVELOPE');
    expect((await errorOf(indexes(client.enumerate({ resourceUri: CLASS })))).code).toBe('WSMAN_ENVELOPE');
    expect((await errorOf(client.openShell())).code).toBe('WSMAN_ENVELOPE');
    expect((await errorOf(client.subscribe({ resourceUri: CLASS }))).code).toBe('WSMAN_ENVELOPE');
  });
});

describe('a subscription', () => {
  it('gives events with a bookmark, nothing when nothing happens, and ends', async () => {
    let pulls = 0;
    const bookmark = `<w:Bookmark xmlns:w="${NS.w}"><BookmarkList/></w:Bookmark>`;
    const { client, requests } = clientOf(({ operation }, context) => {
      if (operation.kind === 'subscribe')
        return writeSubscribed(context, { address: 'http://HV01/wsman', identifier: 'I1', context: 'uuid:1' });
      if (operation.kind === 'unsubscribe') return writeEmptyAnswer(context);
      return ++pulls === 1
        ? writeEventPage(context, { context: 'uuid:2', events: ['<Event><System><EventID>41</EventID></System></Event>'], bookmark })
        : writeFault(context, fault(0x80338029, 'TimedOut'));
    });
    const query = { dialect: DIALECT.eventQuery, text: '<QueryList/>' };
    const subscription = await client.subscribe(
      { resourceUri: RESOURCE.eventLog },
      { filter: query, options: new Map([['ReadExistingEvents', 'true']]) },
    );
    const batch = await subscription.pull(10);
    expect(batch.events[0]?.child('System')?.child('EventID')?.text).toBe('41');
    expect(batch.bookmark).toContain('BookmarkList');
    expect(await subscription.pull()).toEqual({ events: [] });
    await subscription.unsubscribe();
    expect(requests.map(({ operation }) => (operation.kind === 'pull' ? operation.context : operation.kind))).toEqual([
      'subscribe',
      'uuid:1',
      'uuid:2',
      'unsubscribe',
    ]);
    expect(requests[3]?.operation).toEqual({ kind: 'unsubscribe', identifier: 'I1' });
  });
});

describe('a shell', () => {
  it('runs a command from creation to deletion', async () => {
    let gone = false;
    const { client, requests } = clientOf(({ operation }, context) => {
      switch (operation.kind) {
        case 'createShell':
          return writeCreated(
            context,
            { address: 'http://HV01/wsman', resourceUri: RESOURCE.commandShell, selectors: new Map([['ShellId', 'S1']]) },
            [['ShellId', 'S1']],
          );
        case 'command':
          return writeCommandAnswer(context, 'C1');
        case 'send':
          return writeSendAnswer(context);
        case 'receive':
          return writeReceiveAnswer(context, 'C1', {
            pieces: [
              { stream: 'stdout', data: Buffer.from('hi\r\n'), end: false },
              { stream: 'stdout', data: new Uint8Array(), end: true },
            ],
            state: 'Done',
            exitCode: -1073741510,
          });
        case 'signal':
          return writeSignalAnswer(context);
        default:
          if (gone) return writeFault(context, fault(0x8033805b, 'InvalidSelectors'));
          gone = true;
          return writeEmptyAnswer(context);
      }
    });
    const shell = await client.openShell({ workingDirectory: 'C:\\' }, new Map([['WINRS_CODEPAGE', '65001']]));
    const command = await shell.command('cmd', ['/c', 'echo hi']);
    await shell.send(command, Buffer.from('in'), true);
    const output = await shell.receive(command);
    expect(output.pieces.map(({ stream, data, end }) => [stream, Buffer.from(data).toString(), end])).toEqual([
      ['stdout', 'hi\r\n', false],
      ['stdout', '', true],
    ]);
    expect([output.state, output.exitCode]).toEqual(['Done', -1073741510]);
    await shell.signal(command);
    await shell.delete();
    await shell.delete();
    expect(requests.slice(1).every(({ selectors }) => selectors.get('ShellId') === 'S1')).toBe(true);
    expect(requests.map(({ operation }) => operation.kind)).toEqual([
      'createShell',
      'command',
      'send',
      'receive',
      'signal',
      'delete',
      'delete',
    ]);
  });
});
