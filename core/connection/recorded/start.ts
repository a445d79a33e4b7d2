import { isIP } from 'node:net';
import { bracketed } from '../ladder.ts';
import { AttemptDraft } from './draft.ts';
import { nameUsed } from './host-name.ts';
import type { Surroundings } from './lower-rungs.ts';
import type { Stretch } from './stretches.ts';
import type { RecordedOptions } from './types.ts';

const DEFAULT_PORT = { winrm: { http: 5985, https: 5986 }, dcom: { http: 135, https: 135 }, rdp: { http: 3389, https: 3389 } } as const;

/** A draft of a stretch: its target is the name the client used, or the address its packets went to. */
export function startDraft(
  stretch: Stretch,
  { lookUps }: Surroundings,
  transport: 'http' | 'https',
  { conversation }: RecordedOptions,
): AttemptDraft {
  const used = nameUsed(stretch, lookUps.get(stretch.client) ?? []);
  const host = used?.name ?? stretch.server;
  const plain = stretch.port === DEFAULT_PORT[stretch.via][transport];
  return new AttemptDraft({
    from: 'capture',
    via: stretch.via,
    target: {
      text: plain ? host : `${bracketed(host)}:${stretch.port}`,
      host,
      kind: isIP(host) > 0 ? 'address' : host.includes('.') ? 'fqdn' : 'name',
      port: stretch.port,
      defaultPort: false,
      transport,
      path: '/wsman',
    },
    targetKnown: used !== undefined,
    client: stretch.client,
    servers: [stretch.server],
    startedAt: stretch.from,
    endedAt: stretch.to,
    conversation: conversation ?? true,
  });
}
