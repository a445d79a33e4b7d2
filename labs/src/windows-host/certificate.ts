import type { KeyObject } from 'node:crypto';
import { issueCertificate, makeKey } from '../certificates/index.ts';
import type { ResolvedSpec } from './resolved.ts';

/** Key and certificate of a listener. */
export interface HostCertificate {
  readonly key: string;
  readonly cert: string;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** Hosts of a process share one key: making one takes longer than everything else at start. */
let sharedKey: KeyObject | undefined;
const made = new WeakMap<ResolvedSpec, HostCertificate>();

/** The host's self-signed certificate for its names and its address, made when it is first needed. */
export function hostCertificate(spec: ResolvedSpec): HostCertificate {
  const known = made.get(spec);
  if (known !== undefined) return known;
  sharedKey ??= makeKey('rsa');
  const names = [...new Set([spec.dnsName, spec.name.toLowerCase(), 'localhost', spec.address])];
  const certificate = issueCertificate({ commonName: spec.dnsName, names, key: sharedKey });
  made.set(spec, certificate);
  return certificate;
}
