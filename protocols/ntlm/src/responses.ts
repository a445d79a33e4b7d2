import { joinBytes } from '@winmedic/bytes';
import { md4 } from '@winmedic/ciphers';
import { writeAvPairs } from './av-pairs.ts';
import { hasFlag } from './flags.ts';
import { desl, hmacMd5, md5 } from './hashes.ts';
import type { AvPair } from './types.ts';

/** ComputeResponse's results (MS-NLMP 3.3): responses for the wire and the SessionBaseKey. */
export interface Responses {
  readonly lm: Uint8Array;
  readonly nt: Uint8Array;
  readonly sessionBaseKey: Uint8Array;
}

/** What NTLMv1 responses are made of. */
export interface V1Input {
  readonly flags: number;
  readonly ntHash: Uint8Array;
  /** LMOWFv1; absent: the NT response stands in the LM field as well (NoLMResponseNTLMv1). */
  readonly lmHash?: Uint8Array;
  readonly serverChallenge: Uint8Array;
  /** 8 bytes, used with extended session security. */
  readonly clientChallenge: Uint8Array;
}

/** NTLMv1, with or without extended session security (MS-NLMP 3.3.1). */
export function computeV1({ flags, ntHash, lmHash, serverChallenge, clientChallenge }: V1Input): Responses {
  const sessionBaseKey = md4(ntHash);
  if (hasFlag(flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY')) {
    const nt = desl(ntHash, md5(serverChallenge, clientChallenge).subarray(0, 8));
    return { lm: joinBytes(clientChallenge, new Uint8Array(16)), nt, sessionBaseKey };
  }
  const nt = desl(ntHash, serverChallenge);
  return { lm: lmHash === undefined ? nt : desl(lmHash, serverChallenge), nt, sessionBaseKey };
}

/** What NTLMv2 responses are made of. */
export interface V2Input {
  /** NTOWFv2. */
  readonly responseKey: Uint8Array;
  readonly serverChallenge: Uint8Array;
  readonly clientChallenge: Uint8Array;
  /** FILETIME ticks. */
  readonly time: bigint;
  readonly targetInfo: readonly AvPair[];
}

/** NTLMv2 (MS-NLMP 3.3.2). */
export function computeV2({ responseKey, serverChallenge, clientChallenge, time, targetInfo }: V2Input): Responses {
  const head = new Uint8Array(28);
  const view = new DataView(head.buffer);
  head.set([1, 1]);
  view.setBigUint64(8, time, true);
  head.set(clientChallenge, 16);
  const temp = joinBytes(head, writeAvPairs(targetInfo), new Uint8Array(4));
  const proof = v2Proof(responseKey, serverChallenge, temp);
  return {
    lm: lmV2(responseKey, serverChallenge, clientChallenge),
    nt: joinBytes(proof, temp),
    sessionBaseKey: hmacMd5(responseKey, proof),
  };
}

/** NTProofStr over the client's part of the response. */
export function v2Proof(responseKey: Uint8Array, serverChallenge: Uint8Array, temp: Uint8Array): Uint8Array {
  return hmacMd5(responseKey, serverChallenge, temp);
}

/** LMv2 response: proof and client challenge, 24 bytes. */
function lmV2(responseKey: Uint8Array, serverChallenge: Uint8Array, clientChallenge: Uint8Array): Uint8Array {
  return joinBytes(hmacMd5(responseKey, serverChallenge, clientChallenge), clientChallenge);
}
