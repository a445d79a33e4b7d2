import { type Damage, memorySource } from '@winmedic/bytes';
import { openEtl } from './open.ts';
import type { EtlEvent, EtlField, EtlFields, EtlOptions, EtlReadOptions, EtlSummary, EtlTemplate } from './types.ts';

/** What tests look at of a record. */
export interface SeenRecord {
  readonly kind: string;
  readonly id: number;
  readonly ticks: bigint;
  readonly provider: string;
  readonly payload: number[];
}

/** A whole trace read into memory, with the damages told. The header record is left out. */
export function readTrace(
  bytes: Uint8Array,
  options: EtlReadOptions = {},
): { records: SeenRecord[]; summary: EtlSummary; damages: Damage[] } {
  const damages: Damage[] = [];
  const file = openEtl(memorySource(bytes), { onDamage: (damage) => damages.push(damage) });
  const records: SeenRecord[] = [];
  const summary = file.read((event) => {
    if (event.kind !== 'system' || event.id !== 0) records.push(seen(event));
  }, options);
  return { records, summary, damages };
}

function seen({ kind, id, ticks, provider, payload }: EtlEvent): SeenRecord {
  return { kind, id, ticks, provider, payload: [...payload] };
}

/** What every getter and the decoder give, so that a test of hostile input runs all of them. */
export function touch(event: EtlEvent): number {
  const texts = [event.provider, event.activityId, event.relatedActivityId, event.userSid, event.providerName, event.name, event.kind];
  const numbers = [event.pid, event.tid, event.id, event.version, event.channel, event.level, event.opcode, event.task, event.sessionId];
  const wide = [event.ticks, event.rawTime, event.keyword, event.processStartKey];
  const decoded = event.decode();
  return texts.join('').length + numbers.length + wide.length + decoded.fields.size + event.payload.length + event.fileOffset;
}

/** GUID of the provider of tests. */
export const PROVIDER = '11111111-2222-3333-4444-555555555555';

/** Options that hand in the given templates for {@link PROVIDER}. */
export function templates(...list: readonly EtlTemplate[]): EtlOptions {
  return { provider: (guid) => (guid === PROVIDER ? { guid, name: 'Tests', templates: list } : undefined) };
}

/** Options with one template: id 1, version 0. */
export function template(...fields: readonly EtlField[]): EtlOptions {
  return templates({ id: 1, version: 0, fields });
}

/** The decoded payload of the first record that is no header. */
export function decodeFirst(bytes: Uint8Array, options: EtlOptions = {}): EtlFields {
  let found: EtlFields | undefined;
  openEtl(memorySource(bytes), options).read((event) => {
    if (event.kind === 'system' && event.id === 0) return true;
    found = event.decode();
    return false;
  });
  if (found === undefined) throw new Error('no record');
  return found;
}
