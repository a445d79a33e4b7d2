/** Milliseconds of an XML Schema duration of days, hours, minutes and seconds; `undefined` for years and months (their length varies) or no duration. */
export function parseDurationMs(text: string): number | undefined {
  if (text.length > 64) return undefined;
  const match = /^P(?:0+Y)?(?:0+M)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(\.\d{1,9})?S)?)?$/.exec(text.trim());
  if (match === null || /[PT]$/.test(match[0])) return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = match;
  const whole = Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return whole * 1000 + Math.round(Number(`0${fraction}`) * 1000);
}

/** XML Schema duration in seconds (`PT20S`, `PT0.5S`). */
export function formatDuration(ms: number): string {
  return `PT${ms / 1000}S`;
}
