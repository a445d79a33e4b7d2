import type { Lines } from './lines.ts';
import { withoutUserInfo } from './secret.ts';
import type { Sink } from './sink.ts';

/** Package of the tool's classes; stands in every line that is read. */
const MARK = 'com.ibm.license.mgmt.vmmanager.';
const URL = String.raw`(https?:\/\/[^\s,;'"<>]{0,2000}[^\s,;:'"<>])`;
/** The spelling is the tool's own. */
const SEND = new RegExp(String.raw`HttpConnector::send::.{0,200}?\srequest to ${URL}`);
const SEND_CAUSE = /HttpConnector::send:\s?((?:[a-z]\w{0,60}\.){1,8}[A-Z]\w{1,80})(?::\s?(.{0,400}))?/;
const CODE = /HttpConnector::retrieve::.{0,200}?\sResponse Code is:\s?(\d{3})\b/;
const CODE_OF = new RegExp(String.raw`HttpConnector::retrieve::.{0,300}?\s${URL}:?\s.{0,40}?responseCode = (\d{3})\b`);

/** Provider of the events made from these lines; the tool numbers its messages not, so the numbers are ours: 1 request failed, 2 answer of the server. */
export const VMM_PROVIDER = 'ibm-vmmanager';

/** Does a log of the VM Manager tool begin here? */
export function isVmmLog(lines: Lines): boolean {
  return (lines.trimmed() ?? '').includes(MARK);
}

interface Failed {
  readonly url: string | undefined;
  readonly time: bigint;
  readonly line: number;
  cause?: string;
}

/** Lines between a failed request and the exception that belongs to it. */
const MAX_APART = 5;

/** Reads a log to its end; lines of other parts of the tool are passed over. */
export function readVmmLog(lines: Lines, sink: Sink): void {
  sink.section('vmm-log');
  let failed: Failed | undefined;
  const flush = (): void => {
    if (failed === undefined) return;
    add(sink, 1, failed.time, failed.line, [
      ['url', failed.url],
      ['cause', failed.cause],
    ]);
    failed = undefined;
  };
  for (let text = lines.trimmed(); text !== undefined; text = lines.trimmed()) {
    const line = lines.number;
    lines.next();
    if (failed !== undefined && line - failed.line > MAX_APART) flush();
    const at = text.indexOf(MARK);
    if (at < 0) continue;
    const message = text.slice(at, at + 4000);
    const time = (): bigint => timeOf(text.slice(0, Math.min(at, 200)), line, sink);
    const sent = SEND.exec(message);
    const cause = SEND_CAUSE.exec(message);
    const answer = CODE_OF.exec(message) ?? CODE.exec(message);
    if (sent !== null) {
      flush();
      failed = { url: withoutUserInfo(sent[1] as string), time: time(), line };
    } else if (cause !== null) {
      failed ??= { url: undefined, time: time(), line };
      failed.cause = [cause[1], cause[2]?.trim()].filter((part) => part !== undefined && part !== '').join(': ');
      flush();
    } else if (answer !== null) {
      flush();
      const url = answer.length > 2 ? withoutUserInfo(answer[1] as string) : undefined;
      add(sink, 2, time(), line, [
        ['url', url],
        ['responseCode', answer.at(-1)],
      ]);
    }
  }
  flush();
}

/** Time before the class name; one that does not begin with the year is not guessed at. */
function timeOf(head: string, line: number, sink: Sink): bigint {
  const time = sink.clock.yearFirst(head);
  if (time === undefined) sink.problem('EXPORT_NO_TIME', 'partial', line);
  return time ?? 0n;
}

function add(sink: Sink, eventId: number, time: bigint, line: number, pairs: readonly (readonly [string, string | undefined])[]): void {
  const fields = new Map(pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
  const failed = eventId === 1 || Number(fields.get('responseCode')) >= 400;
  sink.event(
    { time, host: '', channel: 'VM Manager', provider: VMM_PROVIDER, eventId, version: 0, level: failed ? 2 : 4, recordId: '', fields },
    line,
  );
}
