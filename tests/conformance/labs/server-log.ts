import type { Lab } from './lab.ts';

/** Object identifiers of mechanisms, as the servers log them. */
export const MECH = { kerberos: '1.2.840.113554.1.2.2', ntlm: '1.3.6.1.4.1.311.2.2.10' } as const;

/** One line of the log of gss_winrm_server.py: one request. */
export interface ServerLine {
  readonly status: number;
  readonly path: string;
  /** Of the Authorization header. */
  readonly scheme: string | null;
  readonly user: string | null;
  readonly mech: string | null;
  /** Messages after the login: was the body sealed? */
  readonly sealed?: boolean;
  readonly action?: string;
  /** SHA-256 of the clear bodies. */
  readonly asked?: string;
  readonly answered?: string;
  /** The ticket had a PAC. */
  readonly pac?: true;
  /** Why it was refused, in the words of the mechanism. */
  readonly why?: string;
}

/** Path of a case: what a server logs is told apart by it. */
export function pathOf(name: string): string {
  return `/${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
}

/** What a server logged for a path. */
export function linesOf(lab: Lab, server: string, path: string): ServerLine[] {
  return lab
    .log(server)
    .split('\n')
    .filter((line) => line.startsWith('{"status"'))
    .map((line) => JSON.parse(line) as ServerLine)
    .filter((line) => line.path === path);
}
