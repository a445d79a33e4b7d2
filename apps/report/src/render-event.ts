import type { EventObservation } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
export function eventMessage(event: EventObservation, _lang: Language): string {
  return event.message ?? '';
}
export function eventTitle(_event: EventObservation, _lang: Language): string {
  return '';
}
