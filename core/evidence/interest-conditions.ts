import { EvtxError, type FieldCondition, fieldTest, sigmaCondition } from '@winmedic/evtx';
import type { EventPattern } from '@winmedic/knowledge/model';

/** Conditions of a pattern for the reader; one the reader refuses is left to the diagnosis, which says so. */
export function conditionsOf(where: NonNullable<EventPattern['where']>): FieldCondition[] {
  return Object.entries(where).flatMap(([key, value]) => {
    try {
      const condition = sigmaCondition(key, value);
      fieldTest(condition);
      return [condition];
    } catch (error) {
      if (error instanceof EvtxError) return [];
      throw error;
    }
  });
}
