import { loadKnowledge } from '@winmedic/knowledge';
import { expect, test } from 'vitest';
import { event, plus } from '../timeline/test-events.ts';
import { diagnose } from './diagnose.ts';
import { connection, failure, listener, powerOff, timelineOf } from './test-case.ts';

/** Generous for a busy machine; a walk over all events for each question would take minutes. */
const MAX_MS = 10_000;

test('a hundred thousand events and a hundred stops are judged in seconds', () => {
  const start = '2018-06-02T00:00:00';
  const noise = Array.from({ length: 100_000 }, (_, i) => {
    const time = plus(start, i * 40);
    if (i % 4 === 0) return failure(time, { SubStatus: '0xc0000064', TargetUserName: `guess${i % 997}` });
    if (i % 4 === 1) return connection(time, `203.0.113.${i % 250}`);
    return i % 4 === 2 ? listener(time) : event(time, 'Service Control Manager/7034');
  });
  const stops = Array.from({ length: 100 }, (_, i) => powerOff(plus(start, 10_000 + i * 40_000))).flat();
  const timeline = timelineOf({ events: [...noise, ...stops] });
  expect(timeline.stops).toHaveLength(100);
  const started = performance.now();
  const { incidents } = diagnose(timeline, loadKnowledge(), { madeAt: 0n });
  const took = performance.now() - started;
  expect(incidents).toHaveLength(100);
  expect(took).toBeLessThan(MAX_MS);
  console.log(`judged 100 stops in ${timeline.events.length} events: ${took.toFixed(0)} ms`);
});
