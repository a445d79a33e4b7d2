/** Entry of the command. `--version` answers before anything else is loaded. */
const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`winmedic ${process.env.WINMEDIC_VERSION ?? 'source'}\n`);
} else {
  const { runProgram } = await import('./program.ts');
  process.exitCode = await runProgram(argv);
}

export {};
