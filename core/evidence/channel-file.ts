import type { EventObservation, FactObservation, InstantNs } from '../model/observation.ts';
import type { DumpObservation, StateExtent } from '../model/state.ts';

/** A CrowdStrike channel file 291 that lies in the evidence. */
export interface ChannelFile {
  readonly path: string;
  /** Modification time in ms since 1970, UTC. */
  readonly modifiedMs: number;
}

const NAME = /(?:^|[\\/])C-00000291[^\\/]*\.sys$/i;
/**
 * The faulty version was released at 04:09 UTC and replaced at 05:27 UTC.
 * @source CrowdStrike, "Technical Details: Falcon Content Update for Windows Hosts" (2024-07-20)
 */
const RELEASED_MS = Date.UTC(2024, 6, 19, 4, 9);
const REPLACED_MS = Date.UTC(2024, 6, 19, 5, 27);

/** Is this the name of a channel file 291? */
export function isChannelFile(path: string): boolean {
  return NAME.test(path);
}

/** Which version a channel file 291 is, by the time it was last written (ms since 1970, UTC). */
export function versionAt(modifiedMs: number): 'older' | 'faulty' | 'fixed' {
  return modifiedMs < RELEASED_MS ? 'older' : modifiedMs < REPLACED_MS ? 'faulty' : 'fixed';
}

/**
 * The faulty channel file as a fact, from its writing to the newest time of anything in the evidence. Only the faulty one is told by its date: a good one
 * looks the same as any file whose date was lost in copying. Among several hosts the file could be of any, and nothing is said.
 */
export function channelFileFacts(
  files: readonly ChannelFile[],
  events: readonly EventObservation[],
  dumps: readonly DumpObservation[],
  extents: readonly StateExtent[],
): FactObservation[] {
  // The short and the full name are one machine.
  const hosts = new Map(events.map(({ host }) => [host.toLowerCase().split('.', 1)[0], host]));
  if (hosts.size > 1) return [];
  const [host] = hosts.values();
  const end = newest([...events.map(({ time }) => time), ...dumps.map(({ time }) => time), ...extents.map(({ until }) => until)]);
  return files
    .filter(({ modifiedMs }) => versionAt(modifiedMs) === 'faulty')
    .map(({ path, modifiedMs }) => {
      const from = BigInt(Math.floor(modifiedMs)) * 1_000_000n;
      return {
        type: 'fact',
        id: '',
        name: 'crowdstrike.channel-file-291',
        value: 'faulty',
        ...(host !== undefined && { host }),
        time: end === undefined || end <= from ? { kind: 'instant', at: from } : { kind: 'span', from, to: end },
        origin: { sourceId: '', path },
        trust: 'record',
      };
    });
}

function newest(times: readonly (InstantNs | undefined)[]): InstantNs | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
}
