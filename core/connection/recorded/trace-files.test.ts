import { loadKnowledge } from '@winmedic/knowledge';
import { CAPTURE_ROWS } from '@winmedic/labs/capture-rows';
import { type WritePacket, writePcapng } from '@winmedic/labs/capture-writer';
import { TRACE_ROWS, winrmTrace } from '@winmedic/labs/trace-rows';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnoseConnection } from '../../diagnosis/index.ts';
import { collectEvidence } from '../../evidence/index.ts';
import { TestFolder } from '../../evidence/test-inputs.ts';
import { buildTimeline } from '../../timeline/index.ts';
import { recordedAttempts } from './index.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());
const EPOCH = 116_444_736_000_000_000n;

async function packetsOf(id: string): Promise<readonly WritePacket[]> {
  const making = CAPTURE_ROWS.find((row) => row.id === id)?.making;
  if (making?.by !== 'frames') throw new Error(`no frames ${id}`);
  return making.frames();
}

/** Time of the packet that begins with these bytes of an answer. */
function atOf(packets: readonly WritePacket[], text: string): bigint {
  const found = packets.findLast(({ bytes }) => Buffer.from(bytes).includes(text));
  if (found === undefined) throw new Error(text);
  return found.at;
}

describe('a capture and a trace of the host given together', () => {
  it('are one attempt: the trace names the fault that is sealed in the capture', async () => {
    const packets = await packetsOf('windows-sealed-fault');
    const row = TRACE_ROWS.find(({ id }) => id === 'server-no-group');
    if (row === undefined) throw new Error('no row');
    // Both logged in as CORP\alice; the host's clock is four seconds behind.
    const steps = row.story.steps.map((step) =>
      step.id === 1295 ? { ...step, values: { username: 'CORP\\alice', authenticationMechanism: 'Negotiate' } } : step,
    );
    const startTime = atOf(packets, 'HTTP/1.1 500') / 100n + EPOCH - 10_000_000n * 4n;
    const evidence = await collectEvidence([
      folder.file('case.pcapng', writePcapng([{ packets }])),
      folder.file('winrmtrace.etl', winrmTrace({ ...row.story, steps, startTime })),
    ]);
    expect(evidence.problems).toEqual([]);
    const timeline = buildTimeline(evidence);
    const { attempts, notes } = recordedAttempts({ ...evidence, events: timeline.events });
    expect(attempts.map(({ from }) => from)).toEqual(['capture']);
    expect(notes.map(({ kind }) => kind)).toEqual(['clocks']);
    const diagnosis = diagnoseConnection(attempts[0] as (typeof attempts)[number], loadKnowledge(), { timeline });
    expect([diagnosis.verdict.cause?.cause.id, diagnosis.verdict.grade]).toEqual(['not-admin', 'likely']);
    expect(diagnosis.attempt.properties.get('request.fault')?.origin.path).toContain('winrmtrace.etl');
    expect(diagnosis.attempt.properties.get('login.result')?.origin.path).toContain('case.pcapng');
  });
});
