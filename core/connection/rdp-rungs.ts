import type { Localized } from '@winmedic/knowledge/model';
import { describeRdpAnswer, type RdpJudgement, rdpFailureName } from '@winmedic/rdp';
import type { Ladder } from './ladder.ts';
import type { ConnectOptions, ConnectTimes } from './options.ts';
import { askRdp, type RdpPicture } from './rdp-questions.ts';
import type { OpenPort } from './tcp-rung.ts';
import { say } from './text.ts';
import { certificateFields, certificateWords } from './tls-rung.ts';
import { systemCertificates } from './way.ts';

const NLA_JA = { required: '必須', optional: '任意', off: '無効', unknown: '不明' } as const;

/** Rungs `tls` and `schemes` of `--via rdp`: how the port negotiates; no logon is attempted. */
export async function rdpRungs(ladder: Ladder, open: OpenPort, options: ConnectOptions, times: ConnectTimes): Promise<void> {
  let picture: RdpPicture | undefined;
  await ladder.climb('tls', async () => {
    picture = await ask(ladder, open.address, ladder.port, options, times, open);
    const { result } = picture.judgement;
    const tried = say('RDP negotiation, at most three connections', 'RDP のネゴシエーション (最大 3 接続)');
    if (result !== 'answered')
      return {
        verdict: 'failed',
        tried,
        observed: say(`no RDP answer: ${result}`, `RDP の応答なし: ${result}`),
        expected: say('a Connection Confirm', 'Connection Confirm'),
      };
    if (picture.certificate === undefined)
      return { verdict: 'passed', tried, observed: say('answered; no certificate seen', '応答あり。証明書は未確認') };
    const words = certificateWords(picture.certificate);
    return { verdict: 'passed', tried, observed: words };
  });
  if (picture?.judgement.result !== 'answered') return;
  const { judgement } = picture;
  await ladder.climb('schemes', () => {
    const screen = judgement.logonScreen === true;
    return {
      verdict: screen ? 'warned' : 'passed',
      tried: say('which security the port accepts', 'ポートが受け付けるセキュリティ'),
      observed: rdpSecurityWords(judgement),
    };
  });
}

/** What a port accepts, in words. */
export function rdpSecurityWords({ security, nla, logonScreen, failure }: RdpJudgement): Localized {
  const list = security.join(', ');
  const refused =
    security.length > 0 || failure === undefined
      ? say('', '')
      : say(`; refused with ${rdpFailureName(failure)}`, `。${rdpFailureName(failure)} で拒否`);
  const screen = logonScreen === true ? say('; shows a logon screen before authentication', '。認証前にログオン画面を表示') : say('', '');
  return say(
    `accepts ${list === '' ? 'nothing asked for' : list}; NLA ${nla ?? 'not known'}${refused.en}${screen.en}`,
    `受け付け: ${list === '' ? 'なし' : list}。NLA ${NLA_JA[nla ?? 'unknown']}${refused.ja}${screen.ja}`,
  );
}

/** Asks the RDP port beside another way; no rung of it. */
export async function besideRdp(ladder: Ladder, address: string, options: ConnectOptions, times: ConnectTimes): Promise<void> {
  const port = typeof options.rdp === 'object' ? options.rdp.port : 3389;
  await ask(ladder, address, port, options, times);
}

async function ask(
  ladder: Ladder,
  address: string,
  port: number,
  options: ConnectOptions,
  times: ConnectTimes,
  open?: OpenPort,
): Promise<RdpPicture> {
  const picture = await askRdp({
    address,
    port,
    host: ladder.target.host,
    connectMs: times.connectMs,
    answerMs: times.answerMs,
    ca: [...systemCertificates(), ...(options.ca ?? [])],
    ...(open === undefined ? {} : { socket: open.socket }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const { judgement, certificate } = picture;
  for (const { name, request, bytes, answer } of picture.asked) {
    ladder.say({
      direction: 'sent',
      layer: 'rdp',
      text: say(`port ${port}: asks for ${name}`, `ポート ${port}: ${name} を要求`),
      fields: [['requested', name]],
      bytes: request,
    });
    const words = describeRdpAnswer(answer);
    ladder.say({
      direction: 'received',
      layer: 'rdp',
      text: say(words, words),
      fields: [['answer', words]],
      ...(bytes === undefined ? {} : { bytes }),
    });
  }
  if (certificate !== undefined)
    ladder.say({ direction: 'received', layer: 'tls', text: certificateWords(certificate), fields: certificateFields(certificate) });
  ladder.set('rdp.result', judgement.result);
  if (judgement.nla !== undefined) ladder.set('rdp.nla', judgement.nla);
  if (judgement.logonScreen !== undefined) ladder.set('rdp.logonScreen', judgement.logonScreen);
  if (judgement.result === 'answered') ladder.set('rdp.security', judgement.security);
  if (judgement.failure !== undefined) ladder.set('rdp.failure', judgement.failure);
  if (judgement.nla !== undefined)
    ladder.portrait.rdp = { port, nla: judgement.nla, ...(certificate === undefined ? {} : { certificate }) };
  return picture;
}
