/** A text in both languages, as `Localized` of the knowledge base; this room depends on the model only. */
export interface Text {
  readonly en: string;
  readonly ja: string;
}
