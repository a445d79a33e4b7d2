/** Parsers of Kerberos messages and tokens without any secret value: for captures, explainers and browsers. */
export type * from './message-types.ts';
