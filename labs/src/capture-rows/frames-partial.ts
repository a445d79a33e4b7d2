import { inOrder, onlyFrom, seenFrom, sliced, type WritePacket } from '../capture-writer/index.ts';
import { text } from '../connection-rows/common.ts';
import type { RowText } from '../connection-rows/types.ts';
import { CAPTURE_CLIENT, CAPTURE_SERVER } from './capture-of.ts';
import { windowsNtlm } from './frames-login.ts';
import { HttpTalk } from './http-talk.ts';
import { loginWithNtlm } from './logins.ts';
import type { CaptureExpectation, CaptureRow } from './types.ts';

async function wrongPassword(): Promise<readonly WritePacket[]> {
  const talk = new HttpTalk();
  await loginWithNtlm(talk, { user: 'alice', domain: 'CORP', password: 'wrong-password' });
  talk.tcp.wait(50).close();
  return talk.packets;
}

/** Bytes kept of each packet by a recorder that wants headers alone. */
const SLICE = 96;
/** Packets before the first message of HTTP: two of DNS, three of the handshake. */
const OPENING = 5;

const HEALTHY: CaptureExpectation = { cause: null, grade: 'confirmed', failed: '' };
const REJECTED: CaptureExpectation = { cause: 'login-rejected', grade: 'likely', failed: 'login' };
const hidden = (why: RowText): CaptureExpectation => ({
  cause: 'not-visible',
  instead: ['login-rejected'],
  why,
  grade: 'likely',
  failed: '',
});

const twoPlaces = async (packets: Promise<readonly WritePacket[]>) => {
  const first = await packets;
  return inOrder(first, seenFrom(first, CAPTURE_CLIENT, { clockOffset: 2_000_000n }));
};

function row(
  number: number,
  id: string,
  how: RowText,
  frames: () => Promise<readonly WritePacket[]>,
  expected: CaptureExpectation,
): CaptureRow {
  return { row: number, id, how, making: { by: 'frames', frames }, expected };
}

/** The same conversations recorded in part, and twice. */
export const PARTIAL_FRAMES: readonly CaptureRow[] = [
  row(
    0,
    'two-places',
    text('a healthy login recorded at both ends in one file', '正常なログオンを両端で記録した 1 つのファイル'),
    () => twoPlaces(windowsNtlm()),
    HEALTHY,
  ),
  row(
    14,
    'two-places-rejected',
    text('a refused login recorded at both ends in one file', '拒否されたログオンを両端で記録した 1 つのファイル'),
    () => twoPlaces(wrongPassword()),
    REJECTED,
  ),
  row(
    0,
    'client-side-only',
    text('what the client sent alone', 'クライアントの送信だけ'),
    async () => onlyFrom(await windowsNtlm(), CAPTURE_CLIENT),
    { ...hidden(text('no answer of the host is recorded', 'ホストの応答が記録されていない')), instead: [] },
  ),
  row(
    0,
    'server-side-only',
    text('what the host sent alone', 'ホストの送信だけ'),
    async () => onlyFrom(await windowsNtlm(), CAPTURE_SERVER),
    { ...hidden(text('no question of the client is recorded', 'クライアントの要求が記録されていない')), instead: [] },
  ),
  row(
    14,
    'server-side-only-rejected',
    text('what the host sent alone: 401 with a challenge, then 401 without', 'ホストの送信だけ: チャレンジ付きの 401、続いて何もない 401'),
    async () => onlyFrom(await wrongPassword(), CAPTURE_SERVER),
    hidden(text('the proof the host refused is not recorded', 'ホストが拒否した応答が記録されていない')),
  ),
  row(
    0,
    'late-start',
    text('the recording begins after the TCP handshake', 'TCP ハンドシェイクの後から記録'),
    async () => (await windowsNtlm()).slice(OPENING),
    HEALTHY,
  ),
  row(
    14,
    'late-start-rejected',
    text('the same with a refused login', '同上、ログオン拒否'),
    async () => (await wrongPassword()).slice(OPENING),
    REJECTED,
  ),
  row(0, 'sliced', text('96 bytes of each packet', '各パケットの先頭 96 バイトだけ'), async () => sliced(await windowsNtlm(), SLICE), {
    ...hidden(text('headers of HTTP are cut off', 'HTTP ヘッダーが切れている')),
    instead: [],
  }),
  row(
    14,
    'sliced-rejected',
    text('96 bytes of each packet of a refused login', '拒否されたログオンの各パケットの先頭 96 バイトだけ'),
    async () => sliced(await wrongPassword(), SLICE),
    hidden(text('the messages of NTLM are cut off', 'NTLM のメッセージが切れている')),
  ),
];
