import { inspect } from 'node:util';
import { type PasswordCredential, Secret } from '@winmedic/gss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lmHash } from './hashes.ts';
import {
  flagsOf,
  type NtlmAcceptor,
  type NtlmAcceptorOptions,
  type NtlmAuthenticate,
  type NtlmChallenge,
  type NtlmCheck,
  type NtlmFlag,
  type NtlmInitiator,
  type NtlmInitiatorOptions,
  type NtlmTarget,
  ntHash,
  ntlmAcceptor,
  ntlmInitiator,
  parseNtlmMessage,
  writeAuthenticate,
  writeChallenge,
} from './index.ts';

const PASSWORD = new Secret('Pässw0rd');
const ASCII = new Secret('Passw0rd');
const TARGET: NtlmTarget = {
  netbiosComputer: 'HV01',
  netbiosDomain: 'CORP',
  dnsComputer: 'hv01.corp.example',
  dnsDomain: 'corp.example',
  forest: 'corp.example',
  version: { major: 10, minor: 0, build: 20348, revision: 15 },
};
const ALICE: PasswordCredential = { user: 'alice', domain: 'CORP', password: PASSWORD };
const BINDING = new Uint8Array(16).fill(0xb1);
const ESS: NtlmFlag = 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY';

function client(options: Partial<NtlmInitiatorOptions> = {}): NtlmInitiator {
  return ntlmInitiator({ credential: ALICE, ...options });
}

function server(options: Partial<NtlmAcceptorOptions> = {}, password = PASSWORD): { acceptor: NtlmAcceptor; checks: NtlmCheck[] } {
  const checks: NtlmCheck[] = [];
  const hash = lmHash(password);
  const acceptor = ntlmAcceptor({
    target: TARGET,
    lookUp: (user) => (user.toLowerCase() === 'alice' ? { ntHash: ntHash(password), ...(hash && { lmHash: hash }) } : undefined),
    onCheck: (check) => checks.push(check),
    ...options,
  });
  return { acceptor, checks };
}

/** The three messages, the last one changed on its way when wanted. */
async function login(
  initiator: NtlmInitiator,
  acceptor: NtlmAcceptor,
  change: (authenticate: Uint8Array) => Uint8Array = (bytes) => bytes,
): Promise<NtlmAuthenticate> {
  const challenge = await acceptor.step(await initiator.step());
  const authenticate = (await initiator.step(challenge)) as Uint8Array;
  expect(await acceptor.step(change(authenticate))).toBeUndefined();
  return parseNtlmMessage(authenticate) as NtlmAuthenticate;
}

async function code(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: { code: string }) => error.code,
  );
}

describe('tokens that are Buffers', () => {
  it('are judged as plain bytes are, and left as they came', async () => {
    const initiator = client();
    const { acceptor } = server();
    const challenge = await acceptor.step(Buffer.from((await initiator.step()) as Uint8Array));
    const authenticate = Buffer.from((await initiator.step(Buffer.from(challenge as Uint8Array))) as Uint8Array);
    const before = authenticate.toString('hex');
    await acceptor.step(authenticate);
    expect(acceptor.peer).toMatchObject({ user: 'alice', domain: 'CORP' });
    expect(authenticate.toString('hex')).toBe(before);
  });
});

describe('a login with the right password', () => {
  it('seals both ways at every level, with every set of flags the server withholds', async () => {
    const withheld: readonly NtlmFlag[] = [
      ESS,
      'NTLMSSP_NEGOTIATE_128',
      'NTLMSSP_NEGOTIATE_56',
      'NTLMSSP_NEGOTIATE_KEY_EXCH',
      'NTLMSSP_NEGOTIATE_UNICODE',
      'NTLMSSP_NEGOTIATE_VERSION',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1, 2, 3, 4, 5),
        fc.subarray([...withheld]),
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.uint8Array({ maxLength: 300 })), { maxLength: 8 }),
        async (level, withhold, timestamp, lmKeys, messages) => {
          const initiator = client({ level, credential: { ...ALICE, password: ASCII } });
          const { acceptor, checks } = server({ withhold, timestamp, lmKeys }, ASCII);
          const sent = await login(initiator, acceptor);
          expect(checks.map(({ outcome }) => outcome)).toEqual(['accepted']);
          expect(sent.response === 'v2').toBe(level >= 3);
          expect(sent.hasMic).toBe(level >= 3 && timestamp);
          expect(acceptor.peer).toEqual({ user: 'alice', domain: 'CORP', workstation: '' });
          expect(initiator.protection.sessionKey).toEqual(acceptor.protection.sessionKey);
          for (const [fromClient, alone, data] of messages) {
            const [from, to] = fromClient ? [initiator, acceptor] : [acceptor, initiator];
            if (alone) to.protection.verify(data, from.protection.sign(data));
            else expect(to.protection.unseal(from.protection.seal(data))).toEqual(data);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('may be of messages from 0 bytes to 1 MB', async () => {
    const initiator = client();
    const { acceptor } = server();
    await login(initiator, acceptor);
    for (const size of [0, 1, 1_000_000]) {
      const data = Uint8Array.from({ length: size }, (_, i) => i);
      const sealed = initiator.protection.seal(data);
      expect([sealed.header.length, sealed.data.length, initiator.protection.headerLength(size)]).toEqual([16, size, 16]);
      expect(Buffer.compare(acceptor.protection.unseal(sealed), data)).toBe(0);
    }
  });

  it('uses a key from the LM hash when both sides have one and the server grants it', async () => {
    for (const lmKeys of [true, false]) {
      const initiator = client({ level: 0, credential: { ...ALICE, password: ASCII } });
      const { acceptor } = server({ lmKeys }, ASCII);
      expect((await login(initiator, acceptor)).flagNames.includes('NTLMSSP_NEGOTIATE_LM_KEY')).toBe(lmKeys);
      expect(acceptor.protection.unseal(initiator.protection.seal(BINDING))).toEqual(BINDING);
    }
  });

  it('may use the NT hash in place of the password', async () => {
    const digits = new Secret(Buffer.from(ntHash(PASSWORD)).toString('hex'));
    const { acceptor } = server();
    await login(client({ credential: { user: 'alice', domain: 'CORP', ntHash: digits } }), acceptor);
    expect(acceptor.complete).toBe(true);
    const wrong = client({ credential: { user: 'alice', domain: 'CORP', ntHash: new Secret('abc') } });
    expect(await code(login(wrong, server().acceptor))).toBe('NTLM_CREDENTIAL');
  });

  it('tells what it sent and what the host said of itself', async () => {
    const initiator = client({ workstation: 'MGMT', servicePrincipalName: 'HTTP/hv01.corp.example' });
    const { acceptor } = server({ now: () => 133_000_000_000_000_000n, clockSkewSeconds: -1.5 });
    const sent = await login(initiator, acceptor);
    expect(initiator.sent).toEqual({ user: 'alice', domain: 'CORP', workstation: 'MGMT' });
    expect(initiator.challenge).toMatchObject({
      targetName: 'CORP',
      version: { major: 10, build: 20348 },
      targetInfo: { netbiosComputer: 'HV01', forest: 'corp.example', timestamp: 133_000_000_000_000_000n - 15_000_000n },
    });
    expect(sent.clientChallenge?.targetInfo.targetName).toBe('HTTP/hv01.corp.example');
    expect(sent.clientChallenge?.timestamp).toBe(initiator.challenge?.targetInfo?.timestamp);
    expect(sent.lmResponse).toEqual(new Uint8Array(24));
    expect(acceptor.peer?.workstation).toBe('MGMT');
  });

  it('of a client that leaves its domain out of the key is accepted', async () => {
    const { acceptor } = server({ timestamp: false });
    const initiator = client({ credential: { ...ALICE, domain: '' } });
    await login(initiator, acceptor, (bytes) => {
      const { lmResponse, ntResponse, encryptedSessionKey, flags } = parseNtlmMessage(bytes) as NtlmAuthenticate;
      return writeAuthenticate({ flags, user: 'ALICE', domain: 'CORP', lmResponse, ntResponse, encryptedSessionKey });
    });
    expect(acceptor.peer).toMatchObject({ user: 'ALICE', domain: 'CORP' });
  });

  it('is sent to a computer of a workgroup under its own name', async () => {
    const { acceptor } = server({ target: { netbiosComputer: 'LONE', netbiosDomain: 'lone' } });
    const initiator = client();
    await login(initiator, acceptor);
    expect(initiator.challenge).toMatchObject({ targetName: 'LONE', targetInfo: { netbiosDomain: 'lone' } });
    expect(initiator.challenge?.flagNames).toContain('NTLMSSP_TARGET_TYPE_SERVER');
  });
});

describe('a login that must not succeed', () => {
  const other = { ...ALICE, password: new Secret('other') };

  it('with the wrong password, at every level', async () => {
    for (const level of [0, 1, 2, 3, 4, 5] as const) {
      const { acceptor, checks } = server();
      const login3 = login(client({ level, credential: other }), acceptor);
      await expect(login3, `level ${level}`).rejects.toMatchObject({ code: 'NTLM_LOGON_FAILURE', ntstatus: 0xc000006a });
      expect(checks).toEqual([{ user: 'alice', domain: 'CORP', workstation: '', outcome: 'wrong-password' }]);
      expect([acceptor.complete, acceptor.peer]).toEqual([false, undefined]);
    }
  });

  it('of an unknown user, or of an account that may not log on', async () => {
    const unknown = server();
    const bob = client({ credential: { ...ALICE, user: 'bob' } });
    await expect(login(bob, unknown.acceptor)).rejects.toMatchObject({ code: 'NTLM_LOGON_FAILURE', ntstatus: 0xc0000064 });
    const locked = server({ lookUp: async () => ({ ntHash: ntHash(PASSWORD), refused: 0xc0000234 }) });
    await expect(login(client(), locked.acceptor)).rejects.toMatchObject({ code: 'NTLM_LOGON_FAILURE', ntstatus: 0xc0000234 });
    expect([unknown.checks[0]?.outcome, locked.checks[0]?.outcome]).toEqual(['unknown-user', 'refused']);
  });

  it('by LmCompatibilityLevel: 5 refuses NTLMv1, 4 an LM response alone', async () => {
    const accepted = async (mine: 0 | 2 | 3, theirs: number): Promise<string | undefined> =>
      code(login(client({ level: mine }), server({ lmCompatibilityLevel: theirs }).acceptor));
    expect([await accepted(0, 4), await accepted(2, 4), await accepted(3, 5)]).toEqual([undefined, undefined, undefined]);
    expect([await accepted(0, 5), await accepted(2, 5)]).toEqual(['NTLM_LEVEL', 'NTLM_LEVEL']);
    const lmAlone = async (theirs: number): Promise<string | undefined> => {
      const initiator = client({ level: 0, credential: { ...ALICE, password: ASCII } });
      const drop = (bytes: Uint8Array): Uint8Array => {
        const { ntResponse: _, ...rest } = parseNtlmMessage(bytes) as NtlmAuthenticate;
        return writeAuthenticate({ ...rest, mic: new Uint8Array(16) });
      };
      return code(login(initiator, server({ lmCompatibilityLevel: theirs }, ASCII).acceptor, drop));
    };
    expect([await lmAlone(3), await lmAlone(4)]).toEqual([undefined, 'NTLM_LEVEL']);
  });

  it('by channel binding', async () => {
    const outcome = async (
      sent: Uint8Array | undefined,
      bindings: 'none' | 'relaxed' | 'strict',
      channelBindings?: Uint8Array,
      level: 2 | 3 = 3,
    ): Promise<string | undefined> =>
      code(
        login(
          client({ level, ...(sent && { channelBindings: sent }) }),
          server({ bindings, ...(channelBindings && { channelBindings }) }).acceptor,
        ),
      );
    const wrong = new Uint8Array(16).fill(1);
    expect(await outcome(BINDING, 'strict', BINDING)).toBeUndefined();
    expect(await outcome(undefined, 'strict', BINDING)).toBe('NTLM_BINDINGS');
    expect(await outcome(wrong, 'strict', BINDING)).toBe('NTLM_BINDINGS');
    expect(await outcome(BINDING, 'strict', BINDING, 2)).toBe('NTLM_BINDINGS');
    expect(await outcome(undefined, 'relaxed', BINDING)).toBeUndefined();
    expect(await outcome(wrong, 'relaxed', BINDING)).toBe('NTLM_BINDINGS');
    expect(await outcome(wrong, 'none', BINDING)).toBeUndefined();
    expect(await outcome(BINDING, 'strict')).toBeUndefined();
  });

  it('with any byte of the last message changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 1, max: 255 }), async (where, flip) => {
        const { acceptor } = server();
        // Maximum lengths (not looked at on receipt) are under the MIC as everything else.
        const changed = login(client(), acceptor, (bytes) => {
          const copy = bytes.slice();
          copy[where % copy.length]! ^= flip;
          return copy;
        });
        await expect(changed).rejects.toThrow(/^NTLM_/);
        expect(acceptor.complete).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('with a changed challenge: the MIC covers all three messages', async () => {
    const initiator = client();
    const { acceptor, checks } = server();
    const challenge = (await acceptor.step(await initiator.step())) as Uint8Array;
    const weaker = challenge.slice();
    weaker[23]! &= 0xdf; // NTLMSSP_NEGOTIATE_128
    expect(await code(acceptor.step(await initiator.step(weaker)))).toBe('NTLM_BAD_MIC');
    expect(checks[0]?.outcome).toBe('mic');
  });

  it('too late, where the server looks at the time', async () => {
    const day = 864_000_000_000n;
    const judged = (maxLifetimeSeconds?: number): Promise<string | undefined> =>
      code(
        login(
          client({ now: () => 5n * day }),
          server({ timestamp: false, now: () => 3n * day, ...(maxLifetimeSeconds && { maxLifetimeSeconds }) }).acceptor,
        ),
      );
    expect([await judged(36 * 3600), await judged(49 * 3600), await judged()]).toEqual(['NTLM_CLOCK', undefined, undefined]);
  });

  it('as nobody, unless that is wanted; then without a name', async () => {
    const nobody = { user: '', domain: '', password: new Secret('') };
    expect(await code(login(client({ credential: nobody }), server().acceptor))).toBe('NTLM_LOGON_FAILURE');
    const { acceptor, checks } = server({ anonymous: true });
    const sent = await login(client({ credential: nobody }), acceptor);
    expect([sent.response, sent.lmResponse.length, checks[0]?.outcome, acceptor.peer?.user]).toEqual(['none', 1, 'anonymous', '']);
    expect(sent.flagNames).toContain('NTLMSSP_NEGOTIATE_ANONYMOUS');
    // A name with an empty password is a login like any other.
    const empty = server({}, new Secret(''));
    expect((await login(client({ credential: { ...ALICE, password: new Secret('') } }), empty.acceptor)).response).toBe('v2');
  });

  it('without an encrypted session key that was agreed; that is no check of the password', async () => {
    const { acceptor, checks } = server();
    const drop = (bytes: Uint8Array): Uint8Array => {
      const { encryptedSessionKey: _, ...rest } = parseNtlmMessage(bytes) as NtlmAuthenticate;
      return writeAuthenticate({ ...rest, mic: new Uint8Array(16) });
    };
    expect(await code(login(client(), acceptor, drop))).toBe('NTLM_BAD_MESSAGE');
    expect(checks).toEqual([]);
  });
});

describe('the client', () => {
  const bare = flagsOf('NTLMSSP_NEGOTIATE_UNICODE', 'NTLMSSP_NEGOTIATE_NTLM', 'NTLMSSP_NEGOTIATE_SIGN', 'NTLMSSP_NEGOTIATE_SEAL');

  it('refuses what is weaker than it was told to accept', async () => {
    const withholding = (flag: NtlmFlag): NtlmAcceptor => server({ withhold: [flag] }).acceptor;
    expect(await code(login(client({ requireEss: true }), withholding(ESS)))).toBe('NTLM_WEAK');
    expect(await code(login(client({ require128: true }), withholding('NTLMSSP_NEGOTIATE_128')))).toBe('NTLM_WEAK');
    expect(await code(login(client({ requireEss: true, require128: true }), server().acceptor))).toBeUndefined();
  });

  it('answers no challenge without the names NTLMv2 needs, but knows what was in it', async () => {
    const initiator = client();
    await initiator.step();
    const challenge = writeChallenge({ flags: bare, targetName: 'X', serverChallenge: new Uint8Array(8) });
    expect(await code(initiator.step(challenge))).toBe('NTLM_TARGET_INFO');
    expect([initiator.challenge?.targetName, initiator.sent, initiator.complete]).toEqual(['X', undefined, false]);
  });

  it.each([
    ['half a challenge', (whole: Uint8Array) => whole.subarray(0, 60)],
    ['another message', () => writeAuthenticate({ flags: bare })],
    ['no message', () => Uint8Array.of(1, 2, 3)],
    ['no character set', () => writeChallenge({ flags: 0, serverChallenge: new Uint8Array(8) })],
    ['nothing', () => undefined],
  ])('refuses %s', async (_, make) => {
    const initiator = client();
    const challenge = (await server().acceptor.step(await initiator.step())) as Uint8Array;
    expect(await code(initiator.step(make(challenge)))).toBe('NTLM_BAD_MESSAGE');
  });

  it('takes a channel binding hash of 16 bytes and no other', () => {
    expect(() => client({ channelBindings: new Uint8Array(20) })).toThrow(RangeError);
  });

  it('takes no token before the first message and none after the last', async () => {
    expect(await code(client().step(new Uint8Array(40)))).toBe('NTLM_BAD_MESSAGE');
    const initiator = client();
    await login(initiator, server().acceptor);
    expect(await code(initiator.step(new Uint8Array(40)))).toBe('NTLM_BAD_MESSAGE');
  });

  it('asks for no extended session security at level 0, and for a key from the LM hash only when it can have one', async () => {
    const asked = async (level: 0 | 1 | 2 | 3, password: Secret): Promise<boolean[]> => {
      const { flagNames } = parseNtlmMessage((await client({ level, credential: { ...ALICE, password } }).step()) as Uint8Array);
      return [flagNames.includes(ESS), flagNames.includes('NTLMSSP_NEGOTIATE_LM_KEY')];
    };
    expect(await asked(0, ASCII)).toEqual([false, true]);
    expect(await asked(1, ASCII)).toEqual([true, true]);
    expect(await asked(1, PASSWORD)).toEqual([true, false]);
    expect(await asked(2, ASCII)).toEqual([true, false]);
    expect(await asked(3, ASCII)).toEqual([true, false]);
  });

  it('signs and does not seal when told so', async () => {
    const initiator = client({ sealing: false });
    const { acceptor } = server();
    await login(initiator, acceptor);
    acceptor.protection.verify(BINDING, initiator.protection.sign(BINDING));
    expect(() => initiator.protection.seal(BINDING)).toThrow(expect.objectContaining({ code: 'NTLM_NOT_READY' }));
    expect(() => acceptor.protection.unseal({ header: BINDING, data: BINDING })).toThrow(
      expect.objectContaining({ code: 'NTLM_NOT_READY' }),
    );
  });

  it('shows neither password nor keys when it is printed', async () => {
    const initiator = client();
    const { acceptor } = server();
    await login(initiator, acceptor);
    const key = Buffer.from(initiator.protection.sessionKey);
    const shown = [initiator, acceptor, initiator.protection]
      .map(
        (it) =>
          inspect(it, { depth: 9, showHidden: true }) + JSON.stringify(it, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
      )
      .join();
    expect(shown).not.toContain('Pässw0rd');
    expect(shown).not.toContain([...key].join(','));
    expect(shown).not.toContain([...key].join(', '));
  });
});

describe('the server', () => {
  it('takes the messages in order and once', async () => {
    const first = (await client().step()) as Uint8Array;
    const { acceptor } = server();
    expect(await code(acceptor.step())).toBe('NTLM_BAD_MESSAGE');
    expect(await code(acceptor.step(writeAuthenticate({ flags: 1 })))).toBe('NTLM_BAD_MESSAGE');
    const challenge = parseNtlmMessage((await acceptor.step(first)) as Uint8Array) as NtlmChallenge;
    expect(challenge.kind).toBe('challenge');
    expect(await code(acceptor.step(first))).toBe('NTLM_BAD_MESSAGE');
    expect(() => acceptor.protection).toThrow(expect.objectContaining({ code: 'NTLM_NOT_READY' }));
  });

  it('makes another challenge each time', async () => {
    const challenges = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const token = (await server().acceptor.step(await client().step())) as Uint8Array;
        return Buffer.from((parseNtlmMessage(token) as NtlmChallenge).serverChallenge).toString('hex');
      }),
    );
    expect(new Set(challenges).size).toBe(20);
  });

  it('judges one message and no second one', async () => {
    const { acceptor, checks } = server();
    const initiator = client({ credential: { ...ALICE, password: new Secret('no') } });
    const authenticate = (await initiator.step(await acceptor.step(await initiator.step()))) as Uint8Array;
    expect(await code(acceptor.step(authenticate))).toBe('NTLM_LOGON_FAILURE');
    expect(await code(acceptor.step(authenticate))).toBe('NTLM_BAD_MESSAGE');
    expect(checks.length).toBe(1);
  });
});
