export * from './messages.ts';
export { answerNegotiation, type RdpPolicy } from './policy.ts';
export {
  describeRdpAnswer,
  judgeRdpAnswers,
  offersTls,
  type RdpAnswer,
  type RdpAnswers,
  type RdpJudgement,
  type RdpProbe,
  type RdpQuestion,
  type RdpQuestionName,
  type RdpSilence,
  rdpProbe,
} from './probe.ts';
