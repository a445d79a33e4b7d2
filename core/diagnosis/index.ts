/** From a timeline and the knowledge base to a diagnosis: causes judged, verdicts, what is missing, what to check next. */
export { type Diagnose, type DiagnoseOptions, diagnose } from './diagnose.ts';
export { type DiagnoseConnectionOptions, diagnoseConnection } from './diagnose-connection.ts';
