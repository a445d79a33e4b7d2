import { describe, expect, it } from 'vitest';
import { type FaultToWrite, writeFault } from './fault-write.ts';
import { DIALECT, NS, RESOURCE } from './namespaces.ts';
import {
  writeAnswer,
  writeCommandAnswer,
  writeCreated,
  writeEmptyAnswer,
  writeEventPage,
  writeIdentity,
  writeInstanceAnswer,
  writeInvokeAnswer,
  writeReceiveAnswer,
  writeSendAnswer,
  writeSignalAnswer,
  writeSubscribed,
} from './response-write.ts';
import { type Answer, CLASS, clientOf, errorOf, fault, indexes, instance } from './test-service.ts';

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
