import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Secret } from '@winmedic/gss';
import {
  type NtlmAuthenticate,
  type NtlmChallenge,
  type NtlmMessage,
  ntHash,
  ntlmAcceptor,
  ntlmInitiator,
  parseNtlmMessage,
  writeAuthenticate,
  writeChallenge,
} from '@winmedic/ntlm';
import { describe, expect, it } from 'vitest';

/** NTLM messages of Windows, of gss-ntlmssp, and of MS-NLMP section 4.2, as recorded. */
const corpus = process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const winrm = join(corpus, 'winrm');
const captures = join(corpus, '../counterparts/pcap');
const ready = existsSync(join(winrm, 'spec/ms-nlmp-4.2-vectors.json'));
const captured = existsSync(join(captures, 'gss-winrm-kerberos-ntlm-sealed.pcapng'));
if (!ready) console.log(`skipped: no recorded NTLM messages at ${winrm} (set WINMEDIC_CORPUS)`);
if (!captured) console.log(`skipped: no captures at ${captures}`);

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const token = (name: string): NtlmMessage => parseNtlmMessage(Uint8Array.from(readFileSync(join(winrm, 'pyspnego', name))));
/** Flags stand in the file as on the wire. */
const flagsOf = (text: string): number => Buffer.from(text, 'hex').readUInt32LE();

interface Wrap {
  readonly plaintext: string;
  readonly sealed: string;
  readonly signature: string;
}
interface Example {
  readonly flags: string;
  readonly challenge: string;
  readonly authenticate: string;
  readonly encryptedSessionKey: string;
  readonly wrap: Wrap;
}
interface Vectors {
  readonly common: Readonly<
    Record<'user' | 'domain' | 'password' | 'workstation' | 'randomSessionKey' | 'clientChallenge' | 'serverChallenge', string>
  >;
  readonly ntlmv1: Example & Readonly<Record<'ntowfv1' | 'ntResponse' | 'lmResponse', string>>;
  readonly ntlmv1_ess: Pick<Example, 'flags' | 'wrap'> & Readonly<Record<'ntResponse' | 'lmResponse', string>>;
  readonly ntlmv2: Example & Readonly<Record<'temp' | 'ntv2Proof' | 'lmv2Response', string>>;
}

describe.skipIf(!ready)('the examples of MS-NLMP section 4.2, through the client itself', () => {
  const read = (): Vectors => JSON.parse(readFileSync(join(winrm, 'spec/ms-nlmp-4.2-vectors.json'), 'utf8')) as Vectors;

  /** The client's answer to a challenge, with the example's random numbers. */
  async function answer(level: 0 | 1 | 3, challenge: Uint8Array) {
    const { common } = read();
    const initiator = ntlmInitiator({
      credential: { user: common.user, domain: common.domain, password: new Secret(common.password) },
      workstation: common.workstation,
      level,
      now: () => 0n,
      random: (length) => bytes(length === 8 ? common.clientChallenge : common.randomSessionKey),
    });
    await initiator.step();
    const message = parseNtlmMessage((await initiator.step(challenge)) as Uint8Array) as NtlmAuthenticate;
    return { initiator, message };
  }

  it('NTLMv1', async () => {
    const { ntlmv1, common } = read();
    expect(hex(ntHash(new Secret(common.password)))).toBe(ntlmv1.ntowfv1);
    const { initiator, message } = await answer(0, bytes(ntlmv1.challenge));
    expect([hex(message.ntResponse), hex(message.lmResponse), hex(message.encryptedSessionKey)]).toEqual([
      ntlmv1.ntResponse,
      ntlmv1.lmResponse,
      ntlmv1.encryptedSessionKey,
    ]);
    const { header, data } = initiator.protection.seal(bytes(ntlmv1.wrap.plaintext));
    expect(hex(data)).toBe(ntlmv1.wrap.sealed);
    // Bytes 4 to 7 are RandomPad, sent as zero (3.4.4.1).
    expect([hex(header.subarray(0, 4)), hex(header.subarray(8))]).toEqual([
      ntlmv1.wrap.signature.slice(0, 8),
      ntlmv1.wrap.signature.slice(16),
    ]);
  });

  it('NTLMv1 with client challenge', async () => {
    const { ntlmv1_ess, common } = read();
    const challenge = writeChallenge({
      flags: flagsOf(ntlmv1_ess.flags),
      targetName: 'Server',
      serverChallenge: bytes(common.serverChallenge),
    });
    const { initiator, message } = await answer(1, challenge);
    expect([hex(message.ntResponse), hex(message.lmResponse)]).toEqual([ntlmv1_ess.ntResponse, ntlmv1_ess.lmResponse]);
    const { header, data } = initiator.protection.seal(bytes(ntlmv1_ess.wrap.plaintext));
    expect([hex(data), hex(header)]).toEqual([ntlmv1_ess.wrap.sealed, ntlmv1_ess.wrap.signature]);
  });

  it('NTLMv2', async () => {
    const { ntlmv2 } = read();
    const { initiator, message } = await answer(3, bytes(ntlmv2.challenge));
    // The example has no pairs of the client's own: with them temp and proof differ, the session does not.
    expect(message.clientChallenge?.targetInfo.pairs.slice(0, 2)).toEqual(
      (parseNtlmMessage(bytes(ntlmv2.challenge)) as NtlmChallenge).targetInfo?.pairs,
    );
    expect(hex(message.lmResponse)).toBe(ntlmv2.lmv2Response);
    const { header, data } = initiator.protection.seal(bytes(ntlmv2.wrap.plaintext));
    expect([hex(data), hex(header)]).toEqual([ntlmv2.wrap.sealed, ntlmv2.wrap.signature]);
  });

  it('its AUTHENTICATE messages are read and written the same, and the server side accepts them', async () => {
    const { ntlmv1, ntlmv2, common } = read();
    for (const [example, response] of [
      [ntlmv1, 'v1'],
      [ntlmv2, 'v2'],
    ] as const) {
      const message = parseNtlmMessage(bytes(example.authenticate)) as NtlmAuthenticate;
      expect(message).toMatchObject({ user: 'User', domain: 'Domain', workstation: 'COMPUTER', response, hasMic: false, damages: [] });
      expect(hex(writeAuthenticate(message))).toBe(example.authenticate);
      const acceptor = ntlmAcceptor({
        target: { netbiosComputer: 'Server', netbiosDomain: 'Domain' },
        lookUp: () => ({ ntHash: ntHash(new Secret(common.password)) }),
        random: () => bytes(common.serverChallenge),
      });
      const initiator = ntlmInitiator({
        credential: { user: '', domain: '', password: new Secret('') },
        level: response === 'v1' ? 0 : 3,
      });
      await acceptor.step(await initiator.step());
      await acceptor.step(bytes(example.authenticate));
      expect(hex(acceptor.protection.sessionKey)).toBe(common.randomSessionKey);
      const opened = acceptor.protection.unseal({ header: bytes(example.wrap.signature), data: bytes(example.wrap.sealed) });
      expect(hex(opened)).toBe(example.wrap.plaintext);
    }
  });
});

describe.skipIf(!ready)('recorded messages of Windows', () => {
  it('NEGOTIATE of Windows Server 2019', () => {
    expect(token('ntlm_negotiate')).toMatchObject({
      kind: 'negotiate',
      version: { major: 10, build: 17763, revision: 15 },
      domain: '',
      damages: [],
    });
  });

  it('CHALLENGE of a domain controller: names, build, clock', () => {
    expect(token('ntlm_challenge')).toMatchObject({
      targetName: 'DOMAIN',
      version: { build: 14393 },
      targetInfo: {
        netbiosComputer: 'DC01',
        netbiosDomain: 'DOMAIN',
        dnsComputer: 'DC01.domain.local',
        dnsDomain: 'domain.local',
        forest: 'domain.local',
        timestamp: 132_326_883_824_140_792n,
      },
      damages: [],
    });
  });

  it('AUTHENTICATE, with a MIC and without', () => {
    expect(token('ntlm_authenticate')).toMatchObject({ response: 'v2', domain: '', hasMic: false, damages: [] });
    expect(token('ntlm_authenticate_no_sign_seal')).toMatchObject({ response: 'v2', hasMic: true, micOffset: 72, damages: [] });
  });
});

describe.skipIf(!captured)('logins in captures of other programs, their passwords known', () => {
  /** NTLM messages in HTTP headers (raw, base64) and inside SPNEGO tokens, in order. */
  function messages(name: string): { readonly message: NtlmMessage; readonly bytes: Uint8Array }[] {
    const capture = readFileSync(join(captures, name)).toString('latin1');
    return [...capture.matchAll(/(?:Negotiate|NTLM) ([A-Za-z0-9+/]{40,4000}={0,2})/g)].flatMap(([, text = '']) => {
      const decoded = Buffer.from(text, 'base64');
      const at = decoded.indexOf('NTLMSSP\0', 0, 'latin1');
      if (at < 0) return [];
      const raw = Uint8Array.from(decoded.subarray(at));
      return [{ message: parseNtlmMessage(raw), bytes: raw }];
    });
  }

  it.each([
    // Answers of the servers: 200, 200, 401, 500 for a clear body after a good login, 401 for NTLMv1; and 200, 200, 401, 200.
    ['gss-winrm-kerberos-ntlm-sealed.pcapng', ['mic v2', 'mic v2', 'wrong-password v2', 'mic v2', 'level v1']],
    ['omi-wsman-basic-ntlm-spnego-encrypted.pcapng', ['mic v2', 'mic v2', 'wrong-password v2', 'mic v2']],
  ])('%s: each response is judged as its server judged it', async (name, expected) => {
    const password = new Secret('Passw0rd!');
    const outcomes: string[] = [];
    let negotiate: Uint8Array | undefined;
    let serverChallenge: Uint8Array | undefined;
    for (const { message, bytes: raw } of messages(name)) {
      if (message.kind === 'negotiate') negotiate = raw;
      if (message.kind === 'challenge') {
        serverChallenge = message.serverChallenge;
        expect(message).toMatchObject({ damages: [] });
        expect(message.targetInfo?.netbiosComputer).toBeTruthy();
      }
      if (message.kind !== 'authenticate' || negotiate === undefined || serverChallenge === undefined) continue;
      expect(message).toMatchObject({ user: 'wmuser', damages: [] });
      const challenge = serverChallenge;
      // The server's challenge with another message around it: the response can be judged. `mic` then means that the password fits,
      // because the MIC is over the whole challenge of the capture.
      const acceptor = ntlmAcceptor({
        target: { netbiosComputer: 'X', netbiosDomain: 'X' },
        lookUp: () => ({ ntHash: ntHash(password) }),
        random: () => challenge,
        lmCompatibilityLevel: 5,
        onCheck: ({ outcome }) => outcomes.push(`${outcome} ${message.response}`),
      });
      await acceptor.step(negotiate);
      await acceptor.step(raw).catch(() => undefined);
    }
    expect(outcomes).toEqual(expected);
  });
});
