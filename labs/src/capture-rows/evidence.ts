import { DAY } from '../connection-rows/common.ts';
import { type EvidenceFile, evidenceFiles } from '../connection-rows/evidence.ts';
import type { RowEvidence } from '../connection-rows/types.ts';

/**
 * What is given beside a capture, as files. Settings are stated for the days around the recording: a setting of today says nothing about an attempt
 * of then.
 * @param logons what the host double saw.
 * @param at the moment of the attempt on the clock of the host, milliseconds since 1970.
 */
export function captureEvidenceFiles(evidence: RowEvidence, logons: Parameters<typeof evidenceFiles>[1], at: number): EvidenceFile[] {
  const { facts, ...logs } = evidence;
  const files = [...evidenceFiles(logs, logons, at)];
  if (facts !== undefined) {
    const day = (offset: number) => new Date(at + offset * DAY).toISOString().slice(0, 10);
    const stated = facts.map((text) => {
      const [fact, value] = text.split('=');
      return { fact, value, from: day(-1), to: day(1) };
    });
    files.push({ name: 'facts.json', bytes: Buffer.from(JSON.stringify(stated)) });
  }
  return files;
}
