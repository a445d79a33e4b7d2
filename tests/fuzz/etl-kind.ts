import { type Damage, memorySource } from '@winmedic/bytes';
import {
  ETL_DAMAGE_CODES,
  EtlError,
  type EtlEvent,
  type EtlFields,
  type EtlFile,
  type EtlSummary,
  openEtl,
  readEtlPackets,
} from '@winmedic/etl';
import { traceProvider } from '@winmedic/knowledge';
import { packetsOfTrace } from '../../core/evidence/trace-packets.ts';
import { analysed, checkDamage, diagnosed, memoryWatch } from './capture-checks.ts';
import { captureSeeds } from './capture-seeds.ts';
import { changeRecords, changeTrace, writtenTrace } from './etl-mutations.ts';
import { etlSeeds, ODD_TABLE } from './etl-seeds.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';
import { type Counts, checkSane } from './wire.ts';

const CODES: ReadonlySet<string> = new Set(ETL_DAMAGE_CODES);
/** GUIDs of providers whose records hold packets. */
const PACKET_PROVIDERS = [
  '2ed6006e-4729-4609-b423-3ee7bcd678ef',
  '4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac',
  'd84521f7-2235-4237-a7c0-14e3a9676286',
];
const GUID = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$/;

/** Event traces: buffers, records and payloads of every kind in both orders, and the packets in them. */
export async function etlKind(): Promise<Kind> {
  const seeds = etlSeeds(await captureSeeds());
  const look = memoryWatch();
  return {
    name: 'etl',
    seeds: seeds.map(({ name }) => name),
    mutate: (from, random) => {
      const seed = seeds[from]!;
      const records = [...seed.records];
      const names: string[] = [];
      for (let n = random.below(5); n > 0; n--) names.push(changeRecords(records, random));
      let { bytes, name } = writtenTrace(records, seed, random);
      names.push(name);
      for (let n = names.length === 1 ? 1 + random.below(3) : random.below(3); n > 0; n--) {
        ({ bytes, name } = changeTrace(bytes, random));
        names.push(name);
      }
      return { bytes, names };
    },
    read: (bytes, random) => {
      look();
      return read(bytes, random);
    },
    maxMs: 10_000,
    extension: 'etl',
  };
}

function read(bytes: Uint8Array, random: Random): Counts {
  let damages = 0;
  const onDamage = (damage: Damage): void => {
    checkDamage(damage, CODES);
    damages++;
  };
  let file: EtlFile;
  try {
    file = openEtl(memorySource(bytes), {
      onDamage,
      provider: (guid) => (guid === ODD_TABLE.guid ? ODD_TABLE : traceProvider(guid, file?.header.build ?? 0)),
    });
  } catch (error) {
    if (error instanceof EtlError) return { refused: 1 };
    throw error;
  }
  checkSane(file.header, bytes.length);
  const firstOf = new Map<number, bigint>();
  const inFile = visitAll(file, 'file', firstOf, bytes.length);
  const inTime = visitAll(file, 'time', firstOf, bytes.length);
  if (inFile.visited !== inTime.visited) throw new Error(`${inFile.visited} records in the file, ${inTime.visited} by time`);
  const { packets, attempts } = packetsOf(file, inFile.summary, random);
  return { records: inFile.visited, decoded: inFile.decoded, damages, packets, attempts };
}

/** @param firstOf time of the first record of each buffer; filled in the order of the file. */
function visitAll(
  file: EtlFile,
  order: 'file' | 'time',
  firstOf: Map<number, bigint>,
  inputBytes: number,
): { visited: number; decoded: number; summary: EtlSummary } {
  let visited = 0;
  let decoded = 0;
  let offset = -1;
  let ticks: bigint | undefined;
  const summary = file.read(
    (event) => {
      visited++;
      if (order === 'file') {
        if (event.fileOffset < offset) throw new Error(`a record at ${event.fileOffset} behind one at ${offset}`);
        offset = event.fileOffset;
        if (!firstOf.has(event.buffer)) firstOf.set(event.buffer, event.ticks);
      } else {
        // A buffer is looked into when its first record is due: only what is earlier than that may come late.
        const first = firstOf.get(event.buffer);
        if (ticks !== undefined && event.ticks < ticks && !(first !== undefined && event.ticks < first))
          throw new Error(`a record of ${event.ticks} behind one of ${ticks}`);
        ticks = event.ticks;
      }
      if (!(event.fileOffset >= 0 && event.fileOffset < inputBytes)) throw new Error(`a record at ${event.fileOffset}`);
      if (checkEvent(event).known) decoded++;
    },
    { order },
  );
  const told = [...summary.records.values()].reduce((sum, n) => sum + n, 0);
  // A record whose header is broken has a type and is not shown.
  if (told !== summary.total || visited > told || visited + summary.framingErrors < told)
    throw new Error(`${summary.total} records told, ${told} by type, ${visited} visited, ${summary.framingErrors} broken`);
  const named = [...summary.byProvider.values()].reduce((sum, n) => sum + n, 0);
  if (named > summary.total) throw new Error(`${named} records of providers among ${summary.total}`);
  if (summary.first !== undefined && summary.last !== undefined && summary.first > summary.last)
    throw new Error('the end before the beginning');
  if (summary.compressedBuffers > summary.buffers) throw new Error('more compressed buffers than there are');
  return { visited, decoded, summary };
}

/** Every getter gives what it promises, and the payload is decoded within its bounds. */
function checkEvent(event: EtlEvent): EtlFields {
  const { provider, activityId, relatedActivityId, userSid, providerName, name, kind, payload } = event;
  for (const guid of [provider, activityId, relatedActivityId]) if (!GUID.test(guid)) throw new Error(`the GUID "${guid}"`);
  if (userSid !== '' && !userSid.startsWith('S-')) throw new Error(`the SID "${userSid}"`);
  const numbers = [event.pid, event.tid, event.id, event.version, event.channel, event.level, event.opcode, event.task, event.sessionId];
  for (const number of [...numbers, event.processor, event.buffer, event.index])
    if (!Number.isInteger(number)) throw new Error(`a ${kind} record with the number ${number}`);
  for (const number of [event.ticks, event.rawTime, event.keyword, event.processStartKey])
    if (typeof number !== 'bigint') throw new Error(`a ${kind} record with ${number}`);
  const decoded = event.decode();
  if (decoded.restBytes < 0 || decoded.restBytes > payload.length)
    throw new Error(`${decoded.restBytes} of ${payload.length} bytes left over`);
  if (!decoded.known && decoded.fields.size > 0) throw new Error('fields of an event nobody knows');
  checkSane([decoded, providerName, name], payload.length);
  return decoded;
}

function packetsOf(file: EtlFile, { byProvider, total }: EtlSummary, random: Random): { packets: number; attempts: number } {
  if (!PACKET_PROVIDERS.some((guid) => byProvider.has(guid))) return { packets: 0, attempts: 0 };
  let packets = 0;
  const summary = readEtlPackets(file, ({ bytes, originalLength, linkType }) => {
    packets++;
    if (!(originalLength >= 0 && Number.isInteger(linkType))) throw new Error(`a packet of ${bytes.length} out of ${originalLength} bytes`);
  });
  for (const damage of summary.damages) checkDamage(damage, CODES);
  if (summary.packets !== packets) throw new Error(`${summary.packets} packets told, ${packets} seen`);
  if (packets + summary.duplicates > total) throw new Error(`${packets} packets and ${summary.duplicates} repeated of ${total} records`);
  // What is in packets is the matter of the captures.
  if (random.below(4) > 0) return { packets, attempts: 0 };
  const { analysis, conversations } = analysed(packetsOfTrace(file), random);
  return { packets, attempts: random.below(4) === 0 ? diagnosed(analysis, conversations) : 0 };
}
