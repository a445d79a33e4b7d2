import { ACTION, type FaultToWrite, RESOURCE, wmi, writeFault } from '@winmedic/wsman';
import type { WritePacket } from '../capture-writer/index.ts';
import { text, winrmEvent } from '../connection-rows/common.ts';
import { enumerateEnvelope, HttpTalk, JAVA_CLIENT, OS_REQUEST, SOAP } from './http-talk.ts';
import { loginWithNtlm } from './logins.ts';
import type { CaptureRow } from './types.ts';

/** A client of a host with AllowUnencrypted=true: the message and its fault are to be read. */
async function clearFault(resourceUri: string, fault: Omit<FaultToWrite, 'machine'>): Promise<readonly WritePacket[]> {
  const talk = new HttpTalk({ userAgent: JAVA_CLIENT });
  await loginWithNtlm(talk, { user: 'alice', domain: 'CORP', bare: true });
  talk.ask({ type: SOAP, body: enumerateEnvelope(resourceUri) });
  const envelope = writeFault(
    { request: { ...OS_REQUEST, action: ACTION.enumerate, resourceUri }, messageId: 'uuid:00000000-0000-4000-8000-000000000002' },
    { machine: 'hv01.corp.example', ...fault },
  );
  talk.answer(500, { type: SOAP, body: envelope });
  talk.tcp.wait(50).close();
  return talk.packets;
}

const OS = OS_REQUEST.resourceUri;
const shellGone = () =>
  clearFault(RESOURCE.commandShell, {
    shape: 'wsman',
    soapCode: 'Sender',
    subcode: ['w', 'InvalidSelectors'],
    code: 0x8033805b,
    text: 'The request for the Windows Remote Shell failed because the shell was not found on the server. ',
  });

/** Faults that only other clients than the doctor meet, in the clear. The others are made by the doctor, see the relays. */
export const SOAP_FRAMES: readonly CaptureRow[] = [
  {
    row: 17,
    id: 'clear-remote-access-disabled',
    liveRow: 'remote-access-disabled',
    how: text('fault 0x803381dd in the clear', '平文のフォールト 0x803381dd'),
    making: {
      by: 'frames',
      frames: () =>
        clearFault(OS, {
          shape: 'wsman',
          soapCode: 'Sender',
          subcode: ['w', 'AccessDenied'],
          code: 0x803381dd,
          text: 'Remote access is not allowed to the Windows Remote Shell. ',
        }),
    },
    expected: { cause: 'winrm-remote-access-disabled', grade: 'confirmed', failed: 'rights' },
  },
  {
    row: 19,
    id: 'clear-cluster-namespace-missing',
    liveRow: 'cluster-namespace-missing',
    how: text('root/MSCluster is asked for on a host without it: 0x8004100e', 'root/MSCluster がないホストへの問い合わせ: 0x8004100e'),
    making: {
      by: 'frames',
      frames: () =>
        clearFault(wmi('root/MSCluster', 'MSCluster_Cluster'), {
          shape: 'wmi',
          soapCode: 'Receiver',
          subcode: ['w', 'InternalError'],
          code: 0x8004100e,
          text: 'Invalid namespace ',
        }),
    },
    expected: { cause: 'namespace-missing', grade: 'confirmed', failed: '' },
  },
  {
    row: 33,
    id: 'clear-operation-timeout',
    liveRow: 'operation-timeout',
    how: text('fault 0x80338029 in the clear and nothing else', '平文のフォールトは 0x80338029 だけ'),
    making: {
      by: 'frames',
      frames: () =>
        clearFault(OS, {
          shape: 'wsman',
          soapCode: 'Receiver',
          subcode: ['w', 'TimedOut'],
          code: 0x80338029,
          text: 'The WS-Management service cannot complete the operation within the time specified in OperationTimeout. ',
        }),
    },
    expected: { cause: 'operation-timeout', grade: 'confirmed', failed: '' },
  },
  {
    row: 34,
    id: 'clear-shell-gone',
    liveRow: 'shell-gone',
    how: text('fault 0x8033805b in the clear', '平文のフォールト 0x8033805b'),
    making: { by: 'frames', frames: shellGone },
    expected: { cause: 'shell-gone', grade: 'likely', failed: 'rights' },
  },
  {
    row: 34,
    id: 'clear-shell-gone-restart',
    liveRow: 'shell-gone-restart',
    how: text('the same, with event 10149 of the service', '同上。サービスのイベント 10149 を添付'),
    making: { by: 'frames', frames: shellGone },
    evidence: { events: [winrmEvent(10149, [], 600)] },
    expected: { cause: 'shell-gone', grade: 'confirmed', failed: 'rights' },
  },
];
