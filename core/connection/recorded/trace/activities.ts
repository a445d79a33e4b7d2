import type { EventObservation } from '../../../model/observation.ts';
import type { WinrmRecord } from './records.ts';

/** Events with which an activity hands its work over to another. */
const TRANSFERS: ReadonlySet<number> = new Set([254, 255]);

/** Activities of a trace, those that go on as one another joined. */
export class Activities {
  readonly #parent = new Map<string, string>();

  constructor(records: readonly WinrmRecord[]) {
    for (const { event, id } of records) {
      const related = event.fields.get('RelatedActivityID');
      if (related !== undefined && event.activityId !== undefined && TRANSFERS.has(id)) this.#join(event.activityId, related.toUpperCase());
    }
  }

  /** Name of the activity a record belongs to; empty for a record without one. */
  rootOf({ activityId }: EventObservation): string {
    return activityId === undefined ? '' : this.#root(activityId);
  }

  #root(activity: string): string {
    let at = activity;
    for (let next = this.#parent.get(at); next !== undefined; next = this.#parent.get(at)) at = next;
    return at;
  }

  #join(a: string, b: string): void {
    const [one, other] = [this.#root(a), this.#root(b)];
    if (one !== other) this.#parent.set(other, one);
  }
}
