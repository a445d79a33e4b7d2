import { type WriteRecord, writeEvtx } from '../evtx-writer/index.ts';
import { fields, hex32, hex64, NOBODY_SID, pointer, sid, str, u32 } from '../scenarios/event.ts';
import type { LogonRecord } from '../windows-host/index.ts';
import type { RowEvidence } from './types.ts';

/** A file to give beside an attempt. */
export interface EvidenceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const COMPUTER = 'hv01.corp.example';
const AUDITING = { provider: 'Microsoft-Windows-Security-Auditing', providerGuid: '{54849625-5478-4994-A5BA-3E3B0328C30D}' } as const;
const FAILURE = 0x8010000000000000n;
const LOGON_TASK = 12544;
const TICKS_1601_TO_1970 = 116_444_736_000_000_000n;
/** STATUS_LOGON_FAILURE, STATUS_ACCOUNT_RESTRICTION: the Status of a 4625 whose SubStatus says more (documentation of event 4625). */
const STATUS_OF: ReadonlyMap<number, number> = new Map([
  [0xc000_0064, 0xc000_006d],
  [0xc000_006a, 0xc000_006d],
  [0xc000_0072, 0xc000_006e],
]);

/**
 * The files of the evidence: one log per channel, and the settings.
 * @param logons what the host saw.
 * @param at the moment of the attempt by the host's clock, milliseconds since 1970.
 */
export function evidenceFiles(evidence: RowEvidence, logons: readonly LogonRecord[], at: number): EvidenceFile[] {
  const ticks = (secondsBefore: number) => BigInt(Math.round(at - secondsBefore * 1000)) * 10_000n + TICKS_1601_TO_1970;
  const files: EvidenceFile[] = [];
  const channels = new Map<string, WriteRecord[]>();
  const put = (channel: string, record: WriteRecord) => channels.set(channel, [...(channels.get(channel) ?? []), record]);
  if (evidence.securityLog)
    for (const logon of logons) if (logon.id === 4625) put('Security', { timeTicks: ticks(0), ...failedLogon(logon) });
  for (const { channel, provider, id, data, secondsBefore = 0 } of evidence.events ?? [])
    put(channel, {
      timeTicks: ticks(secondsBefore),
      system: { provider, eventId: id, version: 0, level: 2, task: 0, opcode: 0, keywords: 0n, channel, computer: COMPUTER },
      data: fields(...data),
    });
  for (const [channel, records] of channels)
    files.push({
      name: `${channel.replaceAll('/', '%4')}.evtx`,
      bytes: writeEvtx([...records].sort((a, b) => (a.timeTicks < b.timeTicks ? -1 : 1))),
    });
  if (evidence.facts !== undefined) {
    const stated = evidence.facts.map((text) => {
      const [fact, value] = text.split('=');
      return { fact, value };
    });
    files.push({ name: 'facts.json', bytes: Buffer.from(JSON.stringify(stated)) });
  }
  return files;
}

/** Security 4625 version 0 of a network logon. */
function failedLogon({ user, domain, scheme, status }: LogonRecord): Pick<WriteRecord, 'system' | 'data'> {
  const outer = STATUS_OF.get(status) ?? status;
  const kerberos = scheme === 'Kerberos';
  return {
    system: {
      ...AUDITING,
      eventId: 4625,
      version: 0,
      level: 0,
      task: LOGON_TASK,
      opcode: 0,
      keywords: FAILURE,
      channel: 'Security',
      computer: COMPUTER,
    },
    data: fields(
      ['SubjectUserSid', sid(NOBODY_SID)],
      ['SubjectUserName', str('-')],
      ['SubjectDomainName', str('-')],
      ['SubjectLogonId', hex64(0n)],
      ['TargetUserSid', sid(NOBODY_SID)],
      ['TargetUserName', str(user)],
      ['TargetDomainName', str(domain)],
      ['Status', hex32(outer)],
      ['FailureReason', str('%%2304')],
      ['SubStatus', hex32(outer === status ? 0 : status)],
      ['LogonType', u32(3)],
      ['LogonProcessName', str(kerberos ? 'Kerberos' : 'NtLmSsp ')],
      ['AuthenticationPackageName', str(kerberos ? 'Kerberos' : 'NTLM')],
      ['WorkstationName', str('-')],
      ['TransmittedServices', str('-')],
      ['LmPackageName', str('-')],
      ['KeyLength', u32(0)],
      ['ProcessId', pointer(0n)],
      ['ProcessName', str('-')],
      ['IpAddress', str('192.0.2.20')],
      ['IpPort', str('50123')],
    ),
  };
}
