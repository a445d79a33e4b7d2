import { Secret } from '@winmedic/gss';
import { NtlmError, ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';
import {
  cimIntervalNs,
  elementMarkup,
  faultClass,
  formatDuration,
  instantOf,
  isTime,
  parseDurationMs,
  parseEnvelope,
  parseRequest,
  parseXml,
  readCommandId,
  readCreated,
  readEnumerationPage,
  readEventPage,
  readFault,
  readIdentity,
  readInstance,
  readInstanceAnswer,
  readShellOutput,
  readSubscribed,
  sealBody,
  unsealBody,
  WsmanError,
  writeInstance,
  XmlWriter,
} from '@winmedic/wsman';
import type { Kind, Mutated } from './kind.ts';
import { mutateBinary } from './ntlm-kind.ts';
import type { Random } from './random.ts';
import { mutateText } from './text-mutations.ts';
import { type Counts, checkSane, corpusFiles, randomBytes, run, survives, type WireSeed, wireKind } from './wire.ts';
import { clientRun, sessionRun } from './wsman-runs.ts';
import { ANSWERS, REQUESTS } from './wsman-seeds.ts';

/** WS-Management: XML, envelopes, faults, sealed bodies, requests as a service reads them, sessions and clients of a hostile service. */
export function wsmanKind(): Kind {
  const envelope = (name: string, bytes: Uint8Array, read: WireSeed['read']): WireSeed => ({ name, bytes, change: changeXml, read });
  const corpus = [...corpusFiles('zenoss', (name) => name.endsWith('.xml')), ...corpusFiles('winrb', (name) => name.endsWith('.xml'))];
  return wireKind(
    'wsman',
    [
      ...Object.entries(ANSWERS).map(([name, text]) => envelope(name, Buffer.from(text), readAnswer)),
      ...Object.entries(REQUESTS).map(([name, text]) => envelope(name, Buffer.from(text), readRequest)),
      ...corpus.slice(0, 60).map(({ name, bytes }) => envelope(name, bytes, readAnswer)),
      {
        name: 'sealed body',
        bytes: new Uint8Array(),
        change: (bytes) => ({ bytes, names: ['sealed'] }),
        read: (_, random) => readSealed(random),
      },
      {
        name: 'sealed body, again',
        bytes: new Uint8Array(),
        change: (bytes) => ({ bytes, names: ['sealed'] }),
        read: (_, random) => readSealed(random),
      },
      { name: 'durations and times', bytes: Buffer.from('P1Y2M3DT4H5M6.789S'), change: mutateText, read: readTimes },
      ...['a', 'b', 'c', 'd'].map((which) => run(`session of a hostile service ${which}`, sessionRun)),
      ...['a', 'b', 'c', 'd'].map((which) => run(`client of a hostile service ${which}`, clientRun)),
    ],
    { extension: 'xml' },
  );
}

/** Changes XML as text; now and then in another encoding. */
export function changeXml(bytes: Uint8Array, random: Random): Mutated {
  const mutated = mutateText(bytes, random);
  const how = random.below(12);
  if (how > 1) return mutated;
  const text = Buffer.from(mutated.bytes).toString();
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
  return { bytes: how === 0 ? utf16 : utf16.swap16(), names: [...mutated.names, 'UTF-16'] };
}

const READERS = [
  readIdentity,
  readEnumerationPage,
  readInstanceAnswer,
  readCreated,
  readCommandId,
  readShellOutput,
  readSubscribed,
  readEventPage,
  readFault,
];

function readAnswer(bytes: Uint8Array): Counts {
  survives(() => parseXml(bytes).name, bytes.length, WsmanError);
  return survives(
    () => {
      const envelope = parseEnvelope(bytes);
      for (const read of READERS) survives(() => strip(read(envelope)), bytes.length, WsmanError);
      const fault = readFault(envelope);
      if (fault !== undefined) faultClass(fault);
      const { content } = envelope;
      if (content === undefined) return undefined;
      survives(() => strip(parseXml(elementMarkup(content)).name), bytes.length * 8, WsmanError);
      survives(() => again(readInstance(content)), bytes.length, WsmanError);
      return undefined;
    },
    bytes.length,
    WsmanError,
  );
}

/** An element knows its parents and namespaces: only what is not an element is looked at. */
function strip(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each) =>
      each instanceof Map ? [...each] : typeof each === 'bigint' ? each.toString() : each instanceof Uint8Array ? [...each] : each,
    ) ?? 'null',
  );
}

/** An instance that was read can be written. */
function again(instance: ReturnType<typeof readInstance>): unknown {
  for (const value of instance.properties.values()) if (isTime(value)) instantOf(value);
  const writer = new XmlWriter();
  writeInstance(writer, { resourceUri: 'urn:x', class: 'X', ...instance });
  return instance;
}

function readRequest(bytes: Uint8Array): Counts {
  return survives(
    () => {
      const { body, operation, ...request } = parseRequest(bytes);
      return [strip(request), operation.kind, body?.name];
    },
    bytes.length,
    WsmanError,
  );
}

function readTimes(bytes: Uint8Array): Counts {
  const text = Buffer.from(bytes).toString();
  return survives(
    () => {
      const ms = parseDurationMs(text);
      if (ms !== undefined && Number.isFinite(ms) && ms >= 0) formatDuration(ms);
      return [ms, cimIntervalNs(text), instantOf(text)];
    },
    bytes.length,
    WsmanError,
  );
}

const CREDENTIAL = { user: 'alice', domain: 'CORP', password: new Secret('Pass-w0rd!') };

/** A sealed body whose frame or seal was changed gives what was sealed, or a documented error. */
async function readSealed(random: Random): Promise<Counts> {
  const bytes = randomBytes(random);
  const a = ntlmInitiator({ credential: CREDENTIAL, random: bytes });
  const b = ntlmAcceptor({
    target: { netbiosComputer: 'HV01', netbiosDomain: 'CORP' },
    lookUp: () => ({ ntHash: ntHash(CREDENTIAL.password) }),
    random: bytes,
  });
  await b.step(await a.step(await b.step(await a.step())));
  const scheme = random.pick(['Negotiate', 'Kerberos', 'NTLM', 'CredSSP'] as const);
  const clear = Buffer.alloc(random.pick([0, 1, 500, 40_000]), 'x');
  const { contentType, body } = sealBody(a.protection, scheme, clear);
  const changed = random.below(2) ? mutateText(body, random).bytes : mutateBinary(body, random).bytes;
  const type = random.below(3) ? contentType : Buffer.from(mutateText(Buffer.from(contentType), random).bytes).toString();
  return survives(
    () => {
      const got = unsealBody(type, changed, b.protection);
      if (!clear.equals(got)) throw new Error('a changed body was unsealed as another one');
      checkSane(got, changed.length);
      return undefined;
    },
    changed.length,
    WsmanError,
    NtlmError,
  );
}
