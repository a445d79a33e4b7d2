import {
  AUTH_TYPE,
  CLSID_WBEM_LEVEL1_LOGIN,
  DcerpcError,
  ENDPOINT_MAPPER,
  IID_WBEM_LEVEL1_LOGIN,
  mapEndpoint,
  REM_UNKNOWN2,
  RpcAcceptor,
  type RpcAcceptorOptions,
  type RpcAuth,
  RpcConnection,
  remoteCreateInstance,
} from '@winmedic/dcerpc';
import { failedOpening, inOrder, SYN_REPEATS, TcpConversation, type WritePacket } from '../capture-writer/index.ts';
import { ACCOUNTS, ROW_HOST, ROW_PASSWORD, text } from '../connection-rows/common.ts';
import { objectServices, resolverServices } from '../dcom-host/services.ts';
import type { DcomHostSpec } from '../dcom-host/types.ts';
import { hex32, str } from '../scenarios/event.ts';
import { CAPTURE_CLIENT, CAPTURE_SERVER, nameExchange } from './capture-of.ts';
import { refusedPort, silentSyns } from './frames-network.ts';
import { CAPTURE_START } from './http-talk.ts';
import { clientNtlm, hostNtlm } from './logins.ts';
import type { CaptureExpectation, CaptureRow } from './types.ts';

/** Port of activated objects, out of the range Windows takes them from (49152 to 65535). */
const DYNAMIC = 49_670;

/** Reason of a bind_nak (C706 section 12.6.3.1: reason_not_specified). */
const REASON_NOT_SPECIFIED = 0;

/** What a client of WMI over DCOM does, and what it meets. */
interface DcomStory {
  readonly host?: DcomHostSpec;
  readonly user?: string;
  readonly domain?: string;
  readonly password?: string;
  /** Protection of the activation; Windows of today `integrity`, whose bodies can be read. Default `integrity`. */
  readonly level?: RpcAuth['level'];
  /** What the dynamic port does; default: it answers. */
  readonly dynamic?: 'silent' | 'refused';
}

/** One RPC connection, both ends in this process, every unit written as packets. */
function rpcTalk(port: number, clientPort: number, start: bigint, options: RpcAcceptorOptions) {
  const tcp = new TcpConversation({
    client: { address: CAPTURE_CLIENT, port: clientPort },
    server: { address: CAPTURE_SERVER, port },
    start,
    ttl: { client: 128, server: 128 },
  }).open();
  const acceptor = new RpcAcceptor(options);
  const waiting: Uint8Array[] = [];
  const connection = new RpcConnection({
    send: async (bytes) => {
      tcp.wait(1).send('client', bytes);
      for (const unit of await acceptor.push(bytes)) {
        tcp.wait(1).send('server', unit);
        waiting.push(unit);
      }
    },
    receive: async () => waiting.shift() ?? new Uint8Array(),
    close: () => {
      tcp.wait(5).close();
    },
  });
  return { tcp, connection };
}

/** Runs a client; refusals of the host are what is to be recorded. */
async function refusable(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof DcerpcError) return false;
    throw error;
  }
}

async function dcom(story: DcomStory = {}): Promise<readonly WritePacket[]> {
  const { user = 'alice', domain = 'CORP', password = ROW_PASSWORD, level = 'integrity', dynamic } = story;
  const spec: DcomHostSpec = { accounts: ACCOUNTS, address: CAPTURE_SERVER, ...story.host };
  const { nakReason } = spec.refusals ?? {};
  const place = { port: 135, dynamicPort: DYNAMIC, clientAddress: CAPTURE_CLIENT };
  // The whole takes less than a second: one clock for all of it.
  const end = { now: () => CAPTURE_START, seed: `${user} ${domain} ${password}` };
  const login: NonNullable<RpcAcceptorOptions['login']> = (type) => (type === AUTH_TYPE.ntlm ? hostNtlm(end) : undefined);
  const acceptor: RpcAcceptorOptions = {
    services: resolverServices(spec, place),
    secondaryAddress: '135',
    login,
    ...(nakReason === undefined ? {} : { nakReason }),
  };
  const auth = (): RpcAuth => ({
    context: clientNtlm({ ...end, user, domain, password, service: 'RPCSS', sealing: level === 'privacy' }),
    type: 'ntlm',
    level,
  });
  const mapper = rpcTalk(135, 50_500, CAPTURE_START, acceptor);
  const parts: (readonly WritePacket[])[] = [nameExchange(CAPTURE_START - 3_000_000n)];
  const mapped = await refusable(() => mapEndpoint(mapper.connection, ENDPOINT_MAPPER));
  mapper.connection.close();
  parts.push(mapper.tcp.packets);
  if (!mapped) return inOrder(...parts);
  const activation = rpcTalk(135, 50_501, mapper.tcp.now, acceptor);
  let made = 1;
  await refusable(async () => {
    const reply = await remoteCreateInstance(activation.connection, {
      clsid: CLSID_WBEM_LEVEL1_LOGIN,
      iids: [IID_WBEM_LEVEL1_LOGIN],
      auth: auth(),
      serverName: ROW_HOST,
    });
    made = reply.hresult;
  });
  activation.connection.close();
  parts.push(activation.tcp.packets);
  if (made !== 0) return inOrder(...parts);
  const after = activation.tcp.now + 1_000_000n;
  if (dynamic === 'silent') parts.push(silentSyns(DYNAMIC, 50_502, after));
  else if (dynamic === 'refused') parts.push(refusedPort(DYNAMIC, 50_502, after));
  else {
    const object = rpcTalk(DYNAMIC, 50_502, after, {
      services: objectServices(),
      secondaryAddress: String(DYNAMIC),
      login,
    });
    await object.connection.bind(REM_UNKNOWN2, auth());
    object.connection.close();
    parts.push(object.tcp.packets);
  }
  return inOrder(...parts);
}

function row(
  id: string,
  liveRow: string | undefined,
  how: CaptureRow['how'],
  frames: () => readonly WritePacket[] | Promise<readonly WritePacket[]>,
  expected: CaptureExpectation,
  more: Pick<CaptureRow, 'evidence'> = {},
): CaptureRow {
  return { row: 32, id, ...(liveRow === undefined ? {} : { liveRow }), how, making: { by: 'frames', frames }, ...more, expected };
}

const denied: DcomStory = { host: { activation: 'access-denied' } };
const hardened: DcomStory = { host: { hardening: true }, level: 'connect' };

/** Row 32: WMI over DCOM as a Windows client does it, bodies signed and to be read. */
export const DCOM_FRAMES: readonly CaptureRow[] = [
  {
    ...row('dcom-healthy', undefined, text('activation and object answer', 'アクティブ化もオブジェクトも応答'), () => dcom(), {
      cause: null,
      grade: 'confirmed',
      failed: '',
    }),
    row: 0,
  },
  row(
    'dcom-dynamic-silent',
    'dcom-dynamic-port',
    text('activation S_OK; SYNs to the dynamic port without an answer', 'アクティブ化は S_OK。動的ポート宛ての SYN に応答なし'),
    () => dcom({ dynamic: 'silent' }),
    {
      cause: 'dcom-rpc-blocked',
      grade: 'likely',
      failed: 'namespace',
    },
  ),
  row(
    'dcom-dynamic-refused',
    'dcom-dynamic-port',
    text('activation S_OK; the dynamic port refuses', 'アクティブ化は S_OK。動的ポートは拒否'),
    () => dcom({ dynamic: 'refused' }),
    {
      cause: 'dcom-rpc-blocked',
      grade: 'likely',
      failed: 'namespace',
    },
  ),
  row(
    'dcom-dynamic-rule-off',
    'dcom-rule-off',
    text(
      'SYNs to the dynamic port without an answer; the WMI rule of the host is off',
      '動的ポート宛ての SYN に応答なし。ホストの WMI の規則は無効',
    ),
    () => dcom({ dynamic: 'silent' }),
    { cause: 'dcom-rpc-blocked', grade: 'confirmed', failed: 'namespace' },
    { evidence: { facts: ['firewall.wmi-rule=off'] } },
  ),
  row('dcom-mapper-refused', 'dcom-closed', text('port 135 refuses', 'ポート 135 が接続を拒否'), () => refusedPort(135), {
    cause: 'dcom-rpc-blocked',
    grade: 'likely',
    failed: 'tcp',
  }),
  row(
    'dcom-mapper-silent',
    'dcom-closed',
    text('SYNs to port 135 without an answer', 'ポート 135 宛ての SYN に応答なし'),
    () =>
      failedOpening({
        client: { address: CAPTURE_CLIENT, port: 50_510 },
        server: { address: CAPTURE_SERVER, port: 135 },
        start: CAPTURE_START,
        repeats: SYN_REPEATS,
      }),
    { cause: 'dcom-rpc-blocked', grade: 'likely', failed: 'tcp' },
  ),
  row(
    'dcom-activation-denied',
    'dcom-denied',
    text('RemoteCreateInstance answers 0x80070005', 'RemoteCreateInstance が 0x80070005 を返す'),
    () => dcom(denied),
    {
      cause: 'dcom-access-denied',
      grade: 'likely',
      failed: 'rights',
    },
  ),
  row(
    'dcom-activation-denied-stated',
    'dcom-denied-stated',
    text('the same, and the account has no Remote Activation right', '同上。アカウントにリモートからのアクティブ化の権限がない'),
    () => dcom(denied),
    { cause: 'dcom-access-denied', grade: 'confirmed', failed: 'rights' },
    { evidence: { facts: ['dcom.remote-activation=no'] } },
  ),
  row(
    'dcom-activation-sealed',
    'dcom-denied',
    text('the same with packet privacy: the answer is sealed', '同上、パケット プライバシー: 応答は暗号化'),
    () => dcom({ ...denied, level: 'privacy' }),
    {
      cause: 'not-visible',
      instead: [],
      why: text('the HRESULT stands in a body that is sealed', 'HRESULT は暗号化された本文の中にある'),
      grade: 'inconclusive',
      failed: '',
    },
  ),
  row(
    'dcom-hardening-hresult',
    'dcom-hardening',
    text('activation at level connect answered with 0x80070005', 'レベル connect のアクティブ化に 0x80070005'),
    () => dcom(hardened),
    {
      cause: 'dcom-hardening',
      grade: 'likely',
      failed: 'rights',
    },
  ),
  row(
    'dcom-hardening-10036',
    'dcom-hardening-event',
    text('the same, with event 10036 of the host', '同上。ホストのイベント 10036 を添付'),
    () => dcom(hardened),
    { cause: 'dcom-hardening', grade: 'confirmed', failed: 'rights' },
    {
      evidence: {
        events: [
          {
            channel: 'System',
            provider: 'Microsoft-Windows-DistributedCOM',
            id: 10036,
            data: [
              ['param1', str('CORP')],
              ['param2', str('alice')],
              ['param3', str(CAPTURE_CLIENT)],
              ['param4', hex32(2)],
            ],
          },
        ],
      },
    },
  ),
  row(
    'dcom-connect-accepted',
    undefined,
    text('activation at level connect, accepted', 'レベル connect のアクティブ化、成功'),
    () => dcom({ level: 'connect' }),
    {
      cause: null,
      grade: 'confirmed',
      failed: '',
    },
  ),
  row(
    'dcom-login-refused',
    undefined,
    text('a wrong password: fault 5 to the first call', '誤ったパスワード: 最初の呼び出しにフォールト 5'),
    () => dcom({ password: 'wrong-password' }),
    {
      cause: 'login-rejected',
      grade: 'likely',
      failed: 'login',
    },
  ),
  row(
    'dcom-no-activation',
    'dcom-absent',
    text(
      'the bind of the activation is rejected: abstract syntax not supported',
      'アクティブ化のバインドを拒否: abstract syntax not supported',
    ),
    () => dcom({ host: { refusals: { withoutActivation: true } } }),
    {
      cause: 'dcom-not-offered',
      grade: 'likely',
      failed: 'login',
    },
  ),
  row(
    'dcom-bind-nak',
    undefined,
    text('every bind gets bind_nak', 'すべてのバインドに bind_nak'),
    () => dcom({ host: { refusals: { nakReason: REASON_NOT_SPECIFIED } } }),
    {
      cause: null,
      grade: 'inconclusive',
      failed: 'tcp',
    },
  ),
];
