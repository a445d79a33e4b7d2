import type { EventShape } from './event.ts';
import { fields, guid, SYSTEM_SID, str, u32 } from './event.ts';

const CLIENT = { provider: 'Microsoft-Windows-WindowsUpdateClient', providerGuid: '{945A8954-C147-4ACD-923F-40C45405A658}' } as const;
const SCM = {
  provider: 'Service Control Manager',
  providerGuid: '{555908d1-a6d7-4695-8e1e-26931d2012f4}',
  eventSourceName: 'Service Control Manager',
} as const;
/** Windows Update service id of Microsoft Update content. */
const SERVICE_GUID = '{9482F4B4-E343-43B6-B170-9A65BC822C77}';

/** An update as the client names it. */
export interface Update {
  readonly title: string;
  readonly guid: string;
  readonly revision: number;
}

const SHAPES = {
  19: { opcode: 13, keywords: 0x8000000000000018n },
  43: { opcode: 13, keywords: 0x8000000000002008n },
  44: { opcode: 12, keywords: 0x8000000000002004n },
} as const;

/** WindowsUpdateClient 44 (download started), 43 (installation started) or 19 (installed), version 1. */
export function updateStep(eventId: 19 | 43 | 44, update: Update): EventShape {
  return {
    channel: 'System',
    system: {
      ...CLIENT,
      eventId,
      version: 1,
      level: 4,
      task: 1,
      ...SHAPES[eventId],
      processId: 1064,
      threadId: 3552,
      userSid: SYSTEM_SID,
    },
    data: fields(
      ['updateTitle', str(update.title)],
      ['updateGuid', guid(update.guid)],
      ['updateRevisionNumber', u32(update.revision)],
      ...(eventId === 19 ? ([['serviceGuid', guid(SERVICE_GUID)]] as const) : []),
    ),
  };
}

/** Service Control Manager 7036: a service entered a state (localised). Binary: `name/state` as the service manager stores it. */
export function serviceState(display: string, name: string, state: string, code: 1 | 4): EventShape {
  const text = `${name}/${code}\0`;
  const binary = new Uint8Array(text.length * 2);
  const view = new DataView(binary.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
  return {
    channel: 'System',
    system: {
      ...SCM,
      eventId: 7036,
      qualifiers: 0x4000,
      version: 0,
      level: 4,
      task: 0,
      opcode: 0,
      keywords: 0x8080000000000000n,
      processId: 560,
      threadId: 748,
    },
    data: {
      kind: 'eventData',
      items: [
        { name: 'param1', value: str(display) },
        { name: 'param2', value: str(state) },
      ],
      binary,
    },
  };
}
