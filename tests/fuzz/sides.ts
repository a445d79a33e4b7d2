import type { MessageProtection, SecurityContext } from '@winmedic/gss';
import type { Mutated } from './kind.ts';
import type { Random } from './random.ts';
import { type Counts, checkPrototypes, checkSane } from './wire.ts';

/** Messages of one login at most; a real one has nine. */
const MAX_STEPS = 24;

/** Two sides of a login whose messages are changed on their way. */
export interface Sides {
  readonly initiator: SecurityContext;
  readonly acceptor: SecurityContext;
  /** Does the acceptor know another password? Then it must accept nothing. */
  readonly wrongPassword: boolean;
  readonly change: (token: Uint8Array, random: Random) => Mutated;
  readonly isDocumented: (error: unknown) => boolean;
}

/**
 * Lets both sides talk, each message changed with some probability, and both go on being fed after they failed. Only documented errors, an end,
 * no login with a wrong password, and protection that works or refuses.
 */
export async function talkChanged({ initiator, acceptor, wrongPassword, change, isDocumented }: Sides, random: Random): Promise<Counts> {
  const earlier: Uint8Array[] = [];
  let changed = 0;
  let refused = 0;
  const step = async (side: SecurityContext, token?: Uint8Array): Promise<Uint8Array | undefined> => {
    try {
      const next = await side.step(token);
      checkSane(next, token?.length ?? 0);
      if (side.complete) void side.peer;
      return next;
    } catch (error) {
      if (!isDocumented(error)) throw error;
      refused++;
      return undefined;
    }
  };
  let token = await step(initiator);
  let side = acceptor;
  for (let n = 0; n < MAX_STEPS && token !== undefined; n++) {
    earlier.push(token);
    let sent = token;
    if (random.below(3) === 0) {
      changed++;
      sent = random.below(6) === 0 ? random.pick(earlier) : change(token, random).bytes;
      if (random.below(40) === 0) sent = new Uint8Array(0);
    }
    const answer = await step(side, sent);
    // The same side is asked again now and then: with rubbish, or with the right message after a wrong one.
    if (answer === undefined && random.below(2) === 0) await step(side, random.below(2) ? token : change(token, random).bytes);
    side = side === acceptor ? initiator : acceptor;
    token = answer;
  }
  if (wrongPassword && acceptor.complete) throw new Error('a login with a wrong password was accepted');
  let sealed = 0;
  if (initiator.complete && acceptor.complete) sealed = exchange(initiator.protection, acceptor.protection, random, change, isDocumented);
  else
    for (const each of [initiator, acceptor]) {
      try {
        void each.protection;
      } catch (error) {
        if (!isDocumented(error)) throw error;
      }
    }
  checkPrototypes();
  return { changed, refused, completed: Number(initiator.complete && acceptor.complete), sealed };
}

/** Seals and unseals; a changed message must not come out as if it were right. */
function exchange(
  a: MessageProtection,
  b: MessageProtection,
  random: Random,
  change: Sides['change'],
  isDocumented: Sides['isDocumented'],
): number {
  const clear = Buffer.from('a message to be sealed');
  try {
    const { header, data } = a.seal(clear);
    const tamper = random.below(2) === 0;
    const whole = Buffer.concat([header, data]);
    const sent = tamper ? change(whole, random).bytes : whole;
    const at = tamper ? random.below(sent.length + 1) : header.length;
    const got = b.unseal({ header: sent.subarray(0, at), data: sent.subarray(at) });
    if (!clear.equals(got)) throw new Error('a sealed message arrived as another one');
    return 1;
  } catch (error) {
    if (!isDocumented(error)) throw error;
    return 0;
  }
}
