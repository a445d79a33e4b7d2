/**
 * The diagnosis of a busy host: 100 stops in 100,000 events against all causes, beside the cost of looking at every event once for each
 * stop. An engine that walks all events for each of its questions would be hundreds of times that.
 */
import { loadKnowledge } from '@winmedic/knowledge';
import { diagnose } from '../../core/diagnosis/diagnose.ts';
import { connection, failure, listener, powerOff, timelineOf } from '../../core/diagnosis/test-case.ts';
import { event, plus } from '../../core/timeline/test-events.ts';

const START = '2018-06-02T00:00:00';
const noise = Array.from({ length: 100_000 }, (_, i) => {
  const time = plus(START, i * 40);
  if (i % 4 === 0) return failure(time, { SubStatus: '0xc0000064', TargetUserName: `guess${i % 997}` });
  if (i % 4 === 1) return connection(time, `203.0.113.${i % 250}`);
  return i % 4 === 2 ? listener(time) : event(time, 'Service Control Manager/7034');
});
const stops = Array.from({ length: 100 }, (_, i) => powerOff(plus(START, 10_000 + i * 40_000))).flat();

function best(runs: number, job: () => number): { ms: number; result: number } {
  let least = { ms: Number.POSITIVE_INFINITY, result: 0 };
  for (let run = 0; run < runs; run++) {
    const before = performance.now();
    const result = job();
    const ms = performance.now() - before;
    if (ms < least.ms) least = { ms, result };
  }
  return least;
}

const built = best(3, () => timelineOf({ events: [...noise, ...stops] }).stops.length);
const timeline = timelineOf({ events: [...noise, ...stops] });
const knowledge = loadKnowledge();
const floor = best(5, () => {
  let near = 0;
  for (const stop of timeline.stops) for (const { time } of timeline.events) if (time < stop.time) near++;
  return near;
});
const judged = best(3, () => diagnose(timeline, knowledge, { madeAt: 0n }).incidents.length);
console.log(`timeline of ${timeline.events.length} events: ${built.ms.toFixed(0)} ms, ${built.result} stops`);
console.log(`every event looked at once per stop: ${floor.ms.toFixed(0)} ms`);
console.log(`diagnosis, ${knowledge.causes.length} causes: ${judged.ms.toFixed(0)} ms, ${(judged.ms / floor.ms).toFixed(1)}x of that`);
