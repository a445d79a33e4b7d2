/** Traces of the WinRM and WMI-Activity providers for the rows of the diagnosis table of refused connections, with what must be read out of each. */
export { CLIENT_ROWS } from './rows-client.ts';
export { SERVER_ROWS } from './rows-server.ts';
export { WMI_ROWS } from './rows-wmi.ts';
export { type Message, query } from './soap.ts';
export { activityId, eventsOf, winrmTrace, wmiTrace } from './story.ts';
export { TRACE_ROWS } from './trace-rows.ts';
export type { TraceExpectation, TraceRow, TraceSide, TraceStep, TraceStory, TraceText } from './types.ts';
