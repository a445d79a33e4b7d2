import { isIP } from 'node:net';
import type { Talk } from './place.ts';
import type { Stretch } from './stretches.ts';

/** What the client called the host by. */
export interface NameUsed {
  readonly name: string;
  readonly from: 'http' | 'tls' | 'ntlm' | 'dns';
}

/** Minutes before an attempt in which a look-up may have served it: Windows keeps answers for their time to live, often longer. */
const LOOK_UP_NS = 600_000_000_000n;

/** The name or address a client used for the host, as the wire shows it: Host header, SNI, target name of NTLM, an answer of a name server. */
export function nameUsed(stretch: Stretch, lookUps: readonly Talk[]): NameUsed | undefined {
  for (const { conversation } of stretch.talks)
    for (const message of conversation.messages) {
      if (message.layer === 'http' && message.kind === 'request') {
        const name = hostOf(message.method === 'CONNECT' ? message.target : message.host);
        if (name !== undefined) return { name, from: 'http' };
      }
      if (message.layer === 'tls' && message.kind === 'client-hello') {
        const name = hostOf(message.serverName);
        if (name !== undefined) return { name, from: 'tls' };
      }
    }
  for (const { conversation } of stretch.talks)
    for (const message of conversation.messages) {
      const token =
        message.layer === 'rpc' && message.kind !== 'not-this'
          ? message.auth?.token
          : message.layer === 'http' && message.kind === 'request'
            ? message.authorization?.token
            : undefined;
      const ntlm = token?.ntlm;
      if (ntlm?.kind !== 'authenticate') continue;
      // MsvAvTargetName is the service principal name the client was given: service/host.
      const name = hostOf(ntlm.clientChallenge?.targetInfo.targetName?.split('/')[1] ?? '');
      if (name !== undefined) return { name, from: 'ntlm' };
    }
  const looked = lookedUp(stretch, lookUps);
  return looked === undefined ? undefined : { name: looked, from: 'dns' };
}

function lookedUp({ server, from, to }: Stretch, lookUps: readonly Talk[]): string | undefined {
  let name: string | undefined;
  for (const { conversation } of lookUps) {
    if (conversation.first > to || conversation.last < from - LOOK_UP_NS) continue;
    for (const message of conversation.messages)
      if (message.layer === 'dns' && message.kind === 'answer' && (message.answers ?? []).some(({ value }) => value === server))
        name = hostOf(message.name) ?? name;
  }
  return name;
}

/** A host out of `host`, `host:port`, `[v6]:port`; undefined for what is none. Whoever made the capture wrote it: it goes into texts and file names. */
export function hostOf(text: string): string | undefined {
  const bracketed = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?$/i.exec(text);
  if (bracketed !== null) return isIP(bracketed[1] as string) === 6 ? bracketed[1] : undefined;
  if (isIP(text) > 0) return text;
  const name = text.replace(/:\d{1,5}$/, '').replace(/\.$/, '');
  return name.length <= 255 && /^[\p{L}\p{N}._-]+$/u.test(name) ? name : undefined;
}
