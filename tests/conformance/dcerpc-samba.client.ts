import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import {
  AUTH_LEVEL,
  DcerpcError,
  listEndpoints,
  mapEndpoint,
  NdrReader,
  NdrWriter,
  type RpcAuth,
  RpcConnection,
  type RpcSyntax,
  type RpcTransport,
  SCM_ACTIVATOR,
  serverAlive2,
} from '@winmedic/dcerpc';
import { Secret, type SecurityContext } from '@winmedic/gss';
import { kerberosInitiator } from '@winmedic/kerberos';
import { ntlmInitiator } from '@winmedic/ntlm';
import { MECHANISM_OID, spnegoInitiator } from '@winmedic/spnego';

/**
 * Client of dcerpc-samba.test.ts, run inside the lab: asks the domain controller one thing and prints the outcome as JSON.
 * Standard input: {@link Question}.
 */
interface Question {
  readonly address: string;
  readonly host: string;
  readonly realm: string;
  readonly what: 'map' | 'list' | 'alive' | 'activator' | 'bind';
  /** Which interface to map and bind; `samr` by default. */
  readonly interface?: 'drsuapi' | 'samr';
  readonly fragmentBytes?: number;
  readonly login?: {
    readonly type: RpcAuth['type'] | 'spnego-ntlm';
    readonly level: RpcAuth['level'];
    readonly user: string;
    readonly password: string;
  };
  /** Calls on the connection of `bind`. */
  readonly calls?: number;
}

/** drsuapi (MS-DRSR 2.2.3). */
const DRSUAPI: RpcSyntax = { uuid: '{e3514235-4b06-11d1-ab04-00c04fc2dcd2}', major: 4, minor: 0 };
/** samr (MS-SAMR 1.9). */
const SAMR: RpcSyntax = { uuid: '{12345778-1234-abcd-ef00-0123456789ac}', major: 1, minor: 0 };
/** NTDSAPI_CLIENT_GUID (MS-DRSR 5.138). */
const CLIENT = '{e24d201a-4fd6-11d1-a3da-0000f875ae0d}';

function dial(address: string, port: number): Promise<RpcTransport> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        send: (bytes) => void socket.write(bytes),
        async receive() {
          const next = await chunks.next();
          return next.done === true ? new Uint8Array(0) : next.value;
        },
        close: () => socket.destroy(),
      }),
    );
  });
}

async function kdc(address: string, message: Uint8Array): Promise<Uint8Array> {
  const transport = await dial(address, 88);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  await transport.send(Buffer.concat([length, message]));
  let answer = Buffer.alloc(0);
  while (answer.length < 4 || answer.length < 4 + answer.readUInt32BE(0)) {
    const part = await transport.receive();
    if (part.length === 0) throw new Error('the KDC closed the connection');
    answer = Buffer.concat([answer, part]);
  }
  transport.close();
  return Uint8Array.from(answer.subarray(4));
}

function context(question: Question, login: NonNullable<Question['login']>): SecurityContext {
  const password = new Secret(login.password);
  const ntlm = (): SecurityContext =>
    ntlmInitiator({ credential: { user: login.user, domain: 'AD', password }, sealing: login.level === 'privacy' });
  const kerberos = (): SecurityContext =>
    kerberosInitiator({
      credential: { kind: 'password', user: login.user, realm: question.realm, password },
      servicePrincipalName: `ldap/${question.host}`,
      serviceRealm: question.realm,
      kdc: (_, message) => kdc(question.address, message),
      dceStyle: true,
      sealing: login.level === 'privacy',
    });
  if (login.type === 'ntlm') return ntlm();
  if (login.type === 'kerberos') return kerberos();
  return login.type === 'spnego'
    ? spnegoInitiator({ mechanisms: [{ oid: MECHANISM_OID.kerberos, context: kerberos }] })
    : spnegoInitiator({ mechanisms: [{ oid: MECHANISM_OID.ntlm, context: ntlm }] });
}

/** IDL_DRSBind (MS-DRSR 4.1.3) with empty extensions, and the answer's return value. */
async function drsBind(connection: RpcConnection): Promise<number> {
  const writer = new NdrWriter();
  const extensions = new Uint8Array(48);
  writer.pointer(true).uuid(CLIENT).pointer(true).u32(extensions.length).u32(extensions.length).raw(extensions);
  const stub = await connection.call(0, writer.finish());
  const reader = new NdrReader(stub.subarray(stub.length - 4));
  return reader.u32('return value');
}

/** SamrConnect (MS-SAMR 3.1.5.1.4) with all rights that are allowed. */
async function samrConnect(connection: RpcConnection): Promise<number> {
  const stub = await connection.call(0, new NdrWriter().pointer(false).u32(0x02000000).finish());
  return new NdrReader(stub.subarray(20)).u32('return value');
}

async function answer(question: Question): Promise<unknown> {
  const open = async (port: number): Promise<RpcConnection> =>
    new RpcConnection(
      await dial(question.address, port),
      question.fragmentBytes === undefined ? {} : { fragmentBytes: question.fragmentBytes },
    );
  const mapper = await open(135);
  const syntax = question.interface === 'drsuapi' ? DRSUAPI : SAMR;
  switch (question.what) {
    case 'map':
      return mapEndpoint(mapper, syntax);
    case 'list':
      return listEndpoints(mapper);
    case 'alive':
      return serverAlive2(mapper);
    case 'activator':
      return mapper.bind(SCM_ACTIVATOR);
    case 'bind': {
      const [tower] = await mapEndpoint(mapper, syntax);
      mapper.close();
      const connection = await open(tower?.port ?? 0);
      const { login } = question;
      const auth: RpcAuth | undefined =
        login === undefined
          ? undefined
          : { context: context(question, login), type: login.type === 'spnego-ntlm' ? 'spnego' : login.type, level: login.level };
      const bound = await connection.bind(syntax, auth);
      const results: number[] = [];
      for (let i = 0; i < (question.calls ?? 1); i++) results.push(await (syntax === DRSUAPI ? drsBind : samrConnect)(connection));
      return { level: AUTH_LEVEL[bound.level ?? 'none'], headerSigning: bound.headerSigning, results };
    }
  }
}

const question = JSON.parse(readFileSync(0, 'utf8')) as Question;
try {
  console.log(JSON.stringify({ value: await answer(question) }));
} catch (error) {
  if (!(error instanceof DcerpcError)) throw error;
  const { cause } = error as { cause?: { code?: string } };
  console.log(JSON.stringify({ code: error.code, status: error.status, cause: cause?.code }));
}
process.exit(0);
