import { encodePayload, type WriteRecord, writeEtl } from '../etl-writer/index.ts';
import { type EventTemplate, WINRM_EVENTS, WINRM_EVENTS_7600, WMI_EVENTS } from './templates.ts';
import type { TraceStory } from './types.ts';

const WINRM = 'a7975c8f-ac13-49f1-87da-5a984a4ab417';
const WMI_ACTIVITY = '1418ef04-b0b4-4623-bf7e-d74ab47bbdaa';
/** 2026-04-01T00:00:00Z in FILETIME ticks. */
const START = 134_195_136_000_000_000n;
const TICKS_PER_MS = 10_000n;
/** svchost of WinRM or WMI on a host, a PowerShell on a client: any number will do. */
const PROCESS = { server: 2044, client: 7316, wmi: 1288 } as const;

/** Activity id of an operation of a story. */
export function activityId(operation: number): string {
  return `5f0a0000-0000-0000-${operation.toString(16).padStart(4, '0')}-a0b1c2d3e4f5`;
}

/** Which events the build of a story has. */
export function eventsOf({ side, build = 20348 }: TraceStory): ReadonlyMap<number, EventTemplate> {
  if (side === 'wmi') return WMI_EVENTS;
  return build < 9200 ? WINRM_EVENTS_7600 : WINRM_EVENTS;
}

function records(story: TraceStory): WriteRecord[] {
  const templates = eventsOf(story);
  let at = story.startTime ?? START;
  return story.steps.map(({ id, values = {}, activity, related, afterMs = 2 }, index): WriteRecord => {
    const template = templates.get(id);
    if (!template) throw new RangeError(`event ${id} is not one of build ${story.build}`);
    if (index > 0) at += BigInt(afterMs) * TICKS_PER_MS;
    return {
      kind: 'event',
      at,
      provider: story.side === 'wmi' ? WMI_ACTIVITY : WINRM,
      id,
      channel: template.channel,
      level: template.level,
      opcode: template.opcode,
      keyword: template.keyword,
      pid: PROCESS[story.side],
      // Requests are served by threads of a pool.
      tid: 4000 + 4 * (activity ?? 0),
      processor: (activity ?? 0) % 2,
      ...(activity === undefined ? {} : { activityId: activityId(activity) }),
      ...(related === undefined ? {} : { relatedActivityId: activityId(related) }),
      payload: encodePayload(template.fields, values),
    };
  });
}

/**
 * The file `logman start <name> -p Microsoft-Windows-WinRM -ets` would leave of a story, as far as its events are known: ids, fields and keywords from the manifests,
 * the order of the events and how they share activities as the names of the events suggest (no recording was at hand).
 */
export function winrmTrace(story: TraceStory): Uint8Array {
  return writeEtl({ build: story.build ?? 20348, loggerName: 'winrmtrace', processors: 2, bufferBytes: 65_536 }, records(story));
}

/** The same of Microsoft-Windows-WMI-Activity. */
export function wmiTrace(story: TraceStory): Uint8Array {
  return writeEtl({ build: story.build ?? 20348, loggerName: 'wmitrace', processors: 2, bufferBytes: 65_536 }, records(story));
}
