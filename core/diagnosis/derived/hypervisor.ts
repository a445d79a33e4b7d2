import type { EventObservation } from '../../model/observation.ts';
import type { Case } from '../case.ts';
import { type Judged, judgeChannel } from '../coverage.ts';
import { say } from '../text.ts';
import type { Looked } from '../window.ts';
import { type OccurrenceKind, single } from './occurrence.ts';

const WORKER = 'Microsoft-Windows-Hyper-V-Worker';
const WORKER_CHANNEL = 'Microsoft-Windows-Hyper-V-Worker-Admin';

const CRASH_IDS = [18590, ...Array.from({ length: 22 }, (_, i) => 18539 + i)];

/** Seconds around a stop in which a host record belongs to it, by derived name; used where an expression gives no window. */
export const HYPERVISOR_WINDOWS = {
  'hypervisor-clean-request': '60s',
  'hypervisor-hard-stop': '120s',
  'hypervisor-guest-crash': '120s',
} as const;

/** The Hyper-V host shut the guest down through the integration service (18504). 18508 is the guest's own shutdown and does not count. */
export const hypervisorCleanRequest = guestRecords(
  [18504],
  say('shutdown of the guest by the Hyper-V host', 'Hyper-V ホストからのゲストのシャットダウン'),
);
/** The Hyper-V host turned the guest off (18502) or reset it (18512). */
export const hypervisorHardStop = guestRecords(
  [18502, 18512],
  say('guest turned off or reset by the Hyper-V host', 'Hyper-V ホストからのゲストの電源オフ・リセット'),
);
/** The Hyper-V host saw the guest crash (18590, 18539 to 18560). */
export const hypervisorGuestCrash = guestRecords(
  CRASH_IDS,
  say('guest crash seen by the Hyper-V host', 'Hyper-V ホストが検知したゲストのクラッシュ'),
);

/** Host records name the guest by its machine name, which is matched with the names of the stopped host. */
function guestRecords(ids: readonly number[], title: OccurrenceKind['title']): OccurrenceKind {
  return {
    form: 'occurrences',
    title,
    find: (theCase, host) =>
      single(
        ids
          .flatMap((id) => theCase.index.anywhere(WORKER, id))
          .filter((e) => speaksOf(theCase, e, host))
          .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
      ),
    judge: judgeWorker,
    covered: () => [],
  };
}

function speaksOf(theCase: Case, e: EventObservation, guest: string): boolean {
  const name = (e.fields.get('VmName') ?? '').trim().toLowerCase();
  return name !== '' && e.host !== guest && theCase.namesOf(guest).has(name);
}

/** "The host did nothing" needs the log of the very host on which the guest runs: one that has spoken of it. */
function judgeWorker(theCase: Case, guest: string, looked: Looked): Judged {
  const hosts = new Set<string>();
  for (const id of [18500, 18502, 18504, 18508, 18510, 18512, 18514, 18516, 18601])
    for (const e of theCase.index.anywhere(WORKER, id)) if (speaksOf(theCase, e, guest)) hosts.add(e.host);
  const judged = [...hosts].map((host) => judgeChannel(theCase, host, WORKER_CHANNEL, looked));
  const good = judged.find((j) => j.covered);
  if (good !== undefined && judged.every((j) => j.covered)) return good;
  const open = judged.find((j) => !j.covered);
  if (open !== undefined) return open;
  return {
    covered: false,
    because: say(`no log of the Hyper-V host of ${guest} was given`, `${guest} の Hyper-V ホストのログが証拠にありません`),
    missing: [
      {
        kind: 'channel',
        name: WORKER_CHANNEL,
        text: say(`${WORKER_CHANNEL} log of the Hyper-V host of ${guest}`, `${guest} が動く Hyper-V ホストの ${WORKER_CHANNEL} ログ`),
        command: `wevtutil epl "${WORKER_CHANNEL}" Hyper-V-Worker-Admin.evtx`,
      },
    ],
  };
}
