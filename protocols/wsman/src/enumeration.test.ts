import { describe, expect, it } from 'vitest';
import { writeFault } from './fault-write.ts';
import { DIALECT, wmi } from './namespaces.ts';
import { writeEmptyAnswer, writeEnumerateAnswer, writePullAnswer } from './response-write.ts';
import { type Answer, CLASS, clientOf, errorOf, fault, indexes, instance } from './test-service.ts';
import type { WsmanInstance } from './values.ts';

const range = (length: number) => Array.from({ length }, (_, index) => index);

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
