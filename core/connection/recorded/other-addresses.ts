import { isIP } from 'node:net';
import type { Talk } from './place.ts';
import type { Stretch } from './stretches.ts';

/** A client that gets no answer goes on to the next address of the name: at once, after 21 s of SYNs, or when the program asks again. */
const NEXT_NS = 30_000_000_000n;
/** Several addresses are tried almost together (RFC 8305 section 5: the second after 250 ms), in either order. */
const TOGETHER_NS = 2_000_000_000n;

/** Addresses of one name: a host has a few; a name of more is that of a service of many hosts, or made up. */
const MAX_ADDRESSES = 32;

/**
 * A name may have several addresses (IPv6 and IPv4, two cards): that one of them did not accept is no failed attempt where the client got through by another
 * one. It is noted with that one.
 */
export function withOtherAddresses(stretches: readonly Stretch[], talks: readonly Talk[]): Stretch[] {
  const failed = stretches.filter(({ mark }) => mark.opened === false);
  if (failed.length === 0) return [...stretches];
  const siblings = siblingsOf(talks);
  const others = new Map<Stretch, Stretch[]>();
  const gone = new Set<Stretch>();
  const open = Map.groupBy(
    stretches.filter(({ mark }) => mark.opened === true),
    ({ server }) => server,
  );
  for (const stretch of failed) {
    const reached = [...(siblings.get(stretch.server) ?? [])]
      .flatMap((address) => open.get(address) ?? [])
      .find((other) => isNext(stretch, other));
    if (reached === undefined) continue;
    gone.add(stretch);
    others.set(reached, [...(others.get(reached) ?? []), stretch]);
  }
  return stretches.flatMap((stretch) => {
    const before = others.get(stretch);
    return gone.has(stretch) ? [] : before === undefined ? [stretch] : [{ ...stretch, before }];
  });
}

/** Did the same client go on to this one? It has an address of its own in each family. */
function isNext(stretch: Stretch, other: Stretch): boolean {
  const sameClient = stretch.client === other.client || isIP(stretch.client) !== isIP(other.client);
  const inTime = other.from >= stretch.from - TOGETHER_NS && other.from <= stretch.to + NEXT_NS;
  return sameClient && inTime && stretch.via === other.via && stretch.port === other.port && stretch.server !== other.server;
}

/** By address: all addresses of the names that have it. */
function siblingsOf(talks: readonly Talk[]): Map<string, ReadonlySet<string>> {
  const byName = new Map<string, Set<string>>();
  for (const { conversation } of talks)
    for (const message of conversation.messages) {
      if (message.layer !== 'dns' || message.kind !== 'answer') continue;
      const name = message.name.replace(/\.$/, '').toLowerCase();
      const known = byName.get(name) ?? new Set();
      for (const { value } of message.answers ?? []) if (isIP(value) > 0) known.add(value);
      byName.set(name, known);
    }
  const out = new Map<string, Set<string>>();
  for (const addresses of byName.values()) {
    if (addresses.size > MAX_ADDRESSES) continue;
    for (const address of addresses) {
      const known = out.get(address);
      // Hundreds of names may lead to one address; a few of them are enough.
      if (known === undefined) out.set(address, new Set(addresses));
      else if (known.size <= MAX_ADDRESSES) for (const each of addresses) known.add(each);
    }
  }
  return out;
}
